import { describe, expect, it } from 'vitest';
import { compact, duration, escapeText, percent, scaleTop, usd } from '../../src/status-page/markup.js';
import { bars } from '../../src/status-page/pictures/bars.js';
import { latencyBand } from '../../src/status-page/pictures/latency-band.js';
import { meter } from '../../src/status-page/pictures/meter.js';
import { readinessStrip } from '../../src/status-page/pictures/readiness-strip.js';
import { ribbons } from '../../src/status-page/pictures/ribbons.js';
import { ring } from '../../src/status-page/pictures/ring.js';
import { Ring } from '../../src/status-page/ring.js';

const NONE = Number.NaN;

describe('a ring', () => {
  it('holds the latest values, oldest first', () => {
    const values = new Ring(3);
    expect(values.toArray()).toEqual([NONE, NONE, NONE]);
    for (const value of [1, 2, 3, 4]) values.push(value);
    expect(values.toArray()).toEqual([2, 3, 4]);
  });
});

describe('texts', () => {
  it.each([
    [compact(950), '950'],
    [compact(1_234), '1,234'],
    [compact(12_345), '12.3 k'],
    [compact(2_500_000), '2.5 M'],
    [usd(0), '$0'],
    [usd(0.000_01), '< $0.0001'],
    [usd(0.012_3), '$0.0123'],
    [usd(12.345), '$12.35'],
    [duration(0.09), '90 ms'],
    [duration(1.25), '1.3 s'],
    [duration(900), '15 min'],
    [duration(7_200 * 2), '4 h'],
    [duration(86_400 * 3), '3 d'],
    [percent(0), '0 %'],
    [percent(0.996), '99.6 %'],
    [percent(1), '100 %'],
    [String(scaleTop(0)), '1'],
    [String(scaleTop(0.13)), '0.2'],
    [String(scaleTop(21)), '50'],
    [escapeText(`<b title="x" id='y'>&`), '&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;'],
  ])('%s', (said, expected) => {
    expect(said).toBe(expected);
  });
});

describe('the latency band', () => {
  it('reaches from p50 to p90, with a gap where nothing was measured', () => {
    const { top, svg } = latencyBand([NONE, 0.5, 1], [NONE, 1, 2]);
    expect(top).toBe(2);
    expect(svg).toContain('viewBox="0 0 3 64"');
    expect(svg).toContain('<path class="p90" d="M1 33h1V49.5h-1zM2 2h1V34h-1z"/>');
    expect(svg).toContain('<path class="p50" d="M1 48.5h1V33h1"/>');
    expect(svg).toContain(
      'aria-label="Time to first token: half of the responses within 1 s, nine of ten within 2 s."',
    );
  });

  it('joins the levels of neighbours to one line, and keeps the gap between others', () => {
    const { svg } = latencyBand([1, NONE, 1, 0.5], [2, NONE, 2, 2]);
    expect(svg).toContain('<path class="p50" d="M0 33h1M2 33h1V48.5h1"/>');
  });

  it('without data is an empty picture with a label', () => {
    expect(latencyBand([NONE], [NONE]).svg).toContain('aria-label="No response yet."');
  });
});

it('the readiness strip joins equal intervals to one block', () => {
  const svg = readinessStrip([NONE, 0, 0, 4, 4, 4, 0]);
  expect(svg).toContain('<path class="ready" d="M1 0h2v8h-2zM6 0h1v8h-1z"/>');
  expect(svg).toContain('<path class="open" d="M3 0h3v8h-3z"/>');
  expect(svg).not.toContain('class="probing"');
  expect(svg).toContain('aria-label="Now ready."');
});

it('bars stand on each other', () => {
  const { top, svg } = bars({ a: [NONE, 4, 0], b: [NONE, 6, 5] }, 'Fifteen.');
  expect(top).toBe(10);
  expect(svg).toContain('<path class="a" d="M1.1 48.8h.8v31.2h-.8z"/>');
  expect(svg).toContain('<path class="b" d="M1.1 2h.8v46.8h-.8zM2.1 41h.8v39h-.8z"/>');
});

it('a share is a part of a circle', () => {
  expect(ring(0.25, 'A quarter.')).toContain('stroke-dasharray="62.8 251.3"');
  expect(ring(0, 'None.')).not.toContain('class="part"');
});

describe('a meter', () => {
  it.each([
    [0, 'limit', undefined],
    [0.5, 'limit', '<rect class="ok" width="50" height="8"/>'],
    [0.8, 'limit', '<rect class="near" width="80" height="8"/>'],
    [1.7, 'limit', '<rect class="full" width="100" height="8"/>'],
    [1, 'part', '<rect class="part" width="100" height="8"/>'],
  ] as const)('of %d as a %s', (share, kind, bar) => {
    const svg = meter(share, '<a> of b', kind);
    expect(svg.match(/<rect class="(?!whole)[^>]*>/)?.[0]).toBe(bar);
    expect(svg).toContain('aria-label="&lt;a&gt; of b"');
  });
});

describe('ribbons', () => {
  it('are as wide as their share on both sides', () => {
    const flows = [
      { kind: 'responded', row: 0, amount: 3 },
      { kind: 'failed', row: 1, amount: 1 },
    ] as const;
    const svg = ribbons(flows, 2, 'Three quarters.');
    expect(svg).toContain('height="80"');
    expect(svg).toContain('d="M0 23C50 23 50 7.3 100 7.3V32.8C50 32.8 50 48.5 0 48.5z"');
    expect(svg).toContain('<path class="failed" d="M0 48.5C50 48.5 50 55.8 100 55.8V64.3C50 64.3 50 57 0 57z"/>');
  });

  it('of nothing are nothing', () => {
    expect(ribbons([], 1, '')).not.toContain('<path');
  });
});
