import { describe, expect, test } from 'vitest';
import type { AttemptOutcome } from '../../src/contracts/routing.js';
import { LiveStatistics } from '../../src/route/stats/health.js';
import { createRegistry } from '../../src/route/registry.js';

const { table } = createRegistry({ providers: { p: { baseUrl: 'https://p.example', models: ['m'] } } });
const endpoint = table.endpoints[0]!;

const SUCCESS: AttemptOutcome = {
  ok: true,
  countable: true,
  firstTokenMs: undefined,
  durationMs: 100,
  completionTokens: undefined,
};
const FAILURE: AttemptOutcome = { ...SUCCESS, ok: false };
const MINUTE = 60_000;

/** Statistics with a history: so many calls, all at one moment. */
function after(...history: readonly { readonly calls: number; readonly of: AttemptOutcome; readonly at: number }[]) {
  const statistics = new LiveStatistics();
  for (const { calls, of, at } of history) {
    for (let call = 0; call < calls; call++) statistics.record(endpoint.id, of, at);
  }
  return {
    statistics,
    health: (now: number) => statistics.at(now).healthOf(endpoint),
    throughput: (now: number) => statistics.at(now).throughputOf(endpoint),
    latency: (now: number) => statistics.at(now).latencyOf(endpoint),
  };
}

describe('health', () => {
  test.each([
    ['nothing is known', [], 'ok'],
    [
      'fewer than a hundred requests prove nothing',
      [
        { calls: 49, of: SUCCESS, at: MINUTE },
        { calls: 50, of: FAILURE, at: 0 },
      ],
      'ok',
    ],
    [
      '95 % are normal',
      [
        { calls: 190, of: SUCCESS, at: 0 },
        { calls: 10, of: FAILURE, at: 0 },
      ],
      'ok',
    ],
    [
      'less than 95 % are degraded',
      [
        { calls: 189, of: SUCCESS, at: 0 },
        { calls: 11, of: FAILURE, at: 0 },
      ],
      'degraded',
    ],
    [
      '80 % are degraded',
      [
        { calls: 80, of: SUCCESS, at: 0 },
        { calls: 20, of: FAILURE, at: 0 },
      ],
      'degraded',
    ],
    [
      'less than 80 % are down',
      [
        { calls: 79, of: SUCCESS, at: 0 },
        { calls: 21, of: FAILURE, at: 0 },
      ],
      'down',
    ],
  ])('%s', (_, history, expected) => {
    expect(after(...history).health(2 * MINUTE)).toBe(expected);
  });

  test.each([
    ['three failures in half a minute are an outage', [{ calls: 3, of: FAILURE, at: 0 }], 'down'],
    ['two are not', [{ calls: 2, of: FAILURE, at: 0 }], 'ok'],
    [
      'nor are three among more successes',
      [
        { calls: 3, of: FAILURE, at: 0 },
        { calls: 4, of: SUCCESS, at: 0 },
      ],
      'ok',
    ],
  ])('%s', (_, history, expected) => {
    expect(after(...history).health(1)).toBe(expected);
  });

  test('recovers from an outage after half a minute', () => {
    const { health } = after({ calls: 3, of: FAILURE, at: 0 });
    expect(health(24_000)).toBe('down');
    expect(health(30_000)).toBe('ok');
  });

  test('drops samples after five minutes', () => {
    const { health } = after({ calls: 200, of: FAILURE, at: 0 });
    expect(health(4 * MINUTE)).toBe('down');
    expect(health(5 * MINUTE)).toBe('ok');
  });

  test('sees a failure at once, although judgements are kept for a second', () => {
    const { statistics, health } = after({ calls: 2, of: FAILURE, at: 0 });
    expect(health(10)).toBe('ok');
    statistics.record(endpoint.id, FAILURE, 11);
    expect(health(12)).toBe('down');
  });

  test('is not affected by failures that prove nothing about the endpoint', () => {
    expect(after({ calls: 500, of: { ...FAILURE, countable: false }, at: 0 }).health(1)).toBe('ok');
  });

  test('begins on a clock that begins below zero', () => {
    expect(after({ calls: 3, of: FAILURE, at: -7 }).health(-6)).toBe('down');
  });
});

describe('speed', () => {
  const streamed = (firstTokenMs: number, completionTokens: number): AttemptOutcome => ({
    ok: true,
    countable: true,
    firstTokenMs,
    durationMs: 2_000,
    completionTokens,
  });

  test('is unknown before the first request', () => {
    const { throughput, latency } = after({ calls: 9, of: FAILURE, at: 0 }, { calls: 1, of: SUCCESS, at: 0 });
    expect([throughput(1), latency(1)]).toEqual([undefined, undefined]);
  });

  test('is reported in seconds and in tokens per second, including the wait', () => {
    const history = Array.from({ length: 100 }, (_, index) => ({
      calls: 1,
      of: streamed(index + 1, 2 * (index + 1)),
      at: 0,
    }));
    const { throughput, latency } = after(...history);
    expect(latency(1)).toEqual({ p50: 0.05, p75: 0.075, p90: 0.09, p99: 0.099 });
    // 90 % of the requests reach p90, so these run downward.
    expect(throughput(1)).toEqual({ p50: 51, p75: 26, p90: 11, p99: 2 });
  });

  test('is of the last five minutes', () => {
    const { latency } = after(
      { calls: 5, of: streamed(1_000, 10), at: 0 },
      { calls: 1, of: streamed(2_000, 10), at: 4 * MINUTE },
    );
    expect(latency(4 * MINUTE)?.p50).toBe(1);
    expect(latency(5 * MINUTE + 1)?.p50).toBe(2);
    expect(latency(10 * MINUTE)).toBeUndefined();
  });

  test('is of the last 256 requests', () => {
    const { latency } = after(
      { calls: 1_000, of: streamed(9_000, 10), at: 0 },
      { calls: 256, of: streamed(1_000, 10), at: 1 },
    );
    expect(latency(2)?.p99).toBe(1);
  });

  test('is worked out at most once a second', () => {
    const { statistics, latency } = after({ calls: 1, of: streamed(1_000, 10), at: 0 });
    expect(latency(10)?.p50).toBe(1);
    for (let call = 0; call < 9; call++) statistics.record(endpoint.id, streamed(5_000, 10), 20);
    expect(latency(1_009)?.p50).toBe(1);
    expect(latency(1_010)?.p50).toBe(5);
  });

  test('ignores responses without tokens or without duration', () => {
    const { throughput } = after(
      { calls: 1, of: { ...streamed(1, 0) }, at: 0 },
      { calls: 1, of: { ...streamed(1, 5), durationMs: 0 }, at: 0 },
    );
    expect(throughput(1)).toBeUndefined();
  });
});

describe('status', () => {
  test('counts what went well in five minutes', () => {
    const { statistics } = after({ calls: 120, of: SUCCESS, at: 0 }, { calls: 10, of: FAILURE, at: 0 });
    expect(statistics.statusOf(endpoint.id, MINUTE)).toEqual({
      health: 'degraded',
      succeeded: 120,
      failed: 10,
      throughput: undefined,
      latency: undefined,
    });
  });

  test('is empty for what was never used', () => {
    expect(after().statistics.statusOf('unknown m', 0)).toMatchObject({ health: 'ok', succeeded: 0, failed: 0 });
  });

  test('holds a bounded number of endpoints', () => {
    const statistics = new LiveStatistics();
    for (let index = 0; index < 10_050; index++) statistics.record(`p${index} m`, SUCCESS, 0);
    expect(statistics.statusOf('p0 m', 0).succeeded).toBe(0);
    expect(statistics.statusOf('p10049 m', 0).succeeded).toBe(1);
  });
});
