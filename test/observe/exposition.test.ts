import { expect, it } from 'vitest';
import { Exposition } from '../../src/observe/exposition.js';
import { Histogram } from '../../src/observe/histogram.js';

it('a histogram is written with cumulative buckets, sum and count', () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 3]) histogram.record(value);
  const text = new Exposition();
  text.family('call_seconds', 'histogram', 'Calls.').histogram(histogram, { 'server.address': 'a' });
  expect(text.toString()).toBe(
    [
      '# HELP call_seconds Calls.',
      '# TYPE call_seconds histogram',
      'call_seconds_bucket{server_address="a",le="0.1"} 2',
      'call_seconds_bucket{server_address="a",le="1"} 3',
      'call_seconds_bucket{server_address="a",le="+Inf"} 4',
      'call_seconds_sum{server_address="a"} 3.65',
      'call_seconds_count{server_address="a"} 4',
      '',
    ].join('\n'),
  );
});

it('backslashes, quotes and line breaks in label values are escaped', () => {
  const text = new Exposition();
  text.family('a_total', 'counter', 'One\nline.').sample(1, { name: 'a\\b"c\nd' });
  expect(text.toString()).toBe(
    '# HELP a_total One\\nline.\n# TYPE a_total counter\na_total{name="a\\\\b\\"c\\nd"} 1\n',
  );
});

it('a family without samples is not written', () => {
  const text = new Exposition();
  text.family('a_total', 'counter', 'Never.');
  text.family('b', 'gauge', 'Once.').sample(2);
  expect(text.toString()).toBe('# HELP b Once.\n# TYPE b gauge\nb 2\n');
});
