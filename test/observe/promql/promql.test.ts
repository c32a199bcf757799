import { describe, expect, it } from 'vitest';
import { evaluate, type Scrapes } from './evaluate.js';

const scrape = (ok: number, failed: number, buckets: readonly number[]) =>
  [
    '# TYPE calls_total counter',
    `calls_total{endpoint="a",outcome="ok"} ${ok}`,
    `calls_total{endpoint="a",outcome="reset"} ${failed}`,
    `calls_total{endpoint="b",outcome="ok"} ${ok * 2}`,
    '# TYPE seconds histogram',
    ...['1', '2', '+Inf'].map((le, index) => `seconds_bucket{endpoint="a",le="${le}"} ${buckets[index]}`),
    '# TYPE open gauge',
    'open{endpoint="a"} 1',
    'open{endpoint="b"} 0',
    '',
  ].join('\n');
const scrapes: Scrapes = {
  before: scrape(10, 0, [0, 0, 0]),
  after: scrape(40, 10, [5, 10, 10]),
  seconds: 10,
  isStrict: true,
};
const valuesOf = (query: string) =>
  evaluate(query, scrapes).map(({ labels, value }) => [Object.values(labels).join(' '), value]);

describe('the evaluator of queries', () => {
  it.each<[string, [string, number][]]>([
    [
      'sum by (endpoint) (rate(calls_total[5m]))',
      [
        ['a', 4],
        ['b', 6],
      ],
    ],
    ['sum(rate(calls_total{outcome="ok"}[5m])) * 3600', [['', 32_400]]],
    ['sum by (endpoint) (increase(calls_total{outcome!~"ok|cancelled"}[5m]))', [['a', 10]]],
    [
      'sum by (endpoint) (rate(calls_total{outcome!="ok"}[5m])) / sum by (endpoint) (rate(calls_total[5m]))',
      [['a', 0.25]],
    ],
    ['histogram_quantile(0.5, sum by (le, endpoint) (rate(seconds_bucket[5m])))', [['a', 1]]],
    ['histogram_quantile(0.75, sum by (le) (rate(seconds_bucket[5m])))', [['', 1.5]]],
    ['max by (endpoint) (open) == 1', [['a', 1]]],
    ['sum(open) > 1', []],
    ['2 * sum(open) + 1', [['', 3]]],
    ['count(open) - 1 - 1', [['', 0]]],
    ['topk(1, sum by (endpoint) (rate(calls_total[5m])))', [['b', 6]]],
    [
      'open{endpoint="b"} or open',
      [
        ['b', 0],
        ['a', 1],
      ],
    ],
    ['absent(open)', []],
    ['absent(open{endpoint="c"})', [['', 1]]],
  ])('%s', (query, expected) => {
    expect(valuesOf(query)).toEqual(expected);
  });

  it.each([
    ['a misspelt metric', 'sum(rate(call_total[5m]))', 'call_total is not exposed'],
    ['a misspelt label', 'sum(rate(calls_total{outcom="ok"}[5m]))', 'calls_total has no label outcom'],
    ['a misspelt label of a group', 'sum by (endpont) (open)', 'by (endpont) has no label endpont'],
    ['a rate of a gauge', 'rate(open[5m])', 'open is no counter'],
    ['a rate of no range', 'rate(calls_total)', 'rate has a parameter of another kind'],
    ['a range without a function', 'calls_total[5m]', 'calls_total[…] stands outside of a function'],
    [
      'a quantile without buckets',
      'histogram_quantile(0.9, sum by (endpoint) (rate(seconds_bucket[5m])))',
      'needs buckets',
    ],
    ['an open parenthesis', 'sum(open', 'expected ), got the end'],
    ['one too many', 'sum(open))', 'unexpected )'],
    ['an unknown character', 'open ? 1', 'unreadable at  ? 1'],
    ['a missing parameter', 'histogram_quantile(sum(open))', 'takes 2 parameters'],
  ])('refuses %s', (_, query, message) => {
    expect(() => evaluate(query, scrapes)).toThrow(message);
  });
});
