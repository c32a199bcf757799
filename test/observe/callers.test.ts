import express from 'express';
import { describe, expect, it } from 'vitest';
import { chat, error } from '../../src/testing/index.js';
import type { GatewayOptions } from '../../src/index.js';
import { CallerCounters } from '../../src/observe/caller-counters.js';
import { gatewayOver, upstreamFor, type Set } from '../path/fixtures.js';
import { parseExposition, sumOf } from './prometheus.js';
import { recordedMeter } from './spans.js';

const NOTHING = { inputTokens: 0, outputTokens: 0, costUsd: 0 };
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

const withMetrics = (gateway: Set['gateway']) => express().use('/v1/metrics', gateway.metrics).use(gateway);

/** A gateway whose callers are their keys. */
async function gatewayWith(telemetry: GatewayOptions['telemetry'], script: Parameters<typeof upstreamFor>[0]) {
  const upstream = await upstreamFor(script);
  const models = { m: { pricing: { prompt: 1_000_000, completion: 2_000_000 } } };
  const options = {
    keys: undefined,
    verifyKey: (key: string) => (key === 'unknown' ? undefined : { id: key }),
    providers: { p0: { baseUrl: upstream.baseUrl, models } },
    telemetry,
  };
  const set = await gatewayOver([upstream], options as unknown as Partial<GatewayOptions>, withMetrics);
  return {
    askAs: async (key: string, body: object = {}) =>
      (await set.post(body, { headers: { authorization: `Bearer ${key}` } })).text(),
    text: async () => (await fetch(`${set.baseUrl}/metrics`, { headers: { authorization: 'Bearer scraper' } })).text(),
  };
}

describe('telemetry.callerMetrics', () => {
  it('counts nothing per caller by default', async () => {
    const { askAs, text } = await gatewayWith({}, chat('Hi', { usage }));
    await askAs('alice');
    expect(await text()).not.toContain('caller');
  });

  it('counts requests, tokens and cost per caller, in the exposition and by the meter', async () => {
    const { meter, metrics } = recordedMeter();
    const { askAs, text } = await gatewayWith({ callerMetrics: true, meter }, chat('Hi', { usage }));
    await askAs('alice');
    await askAs('alice');
    await askAs('bob');
    await askAs('bob', { messages: 1 });
    await askAs('unknown');
    const samples = parseExposition(await text());
    const of = (caller: string) => [
      sumOf(samples, 'nordlys_caller_requests_total', { caller }),
      sumOf(samples, 'nordlys_caller_tokens_total', { caller, type: 'input' }),
      sumOf(samples, 'nordlys_caller_tokens_total', { caller, type: 'output' }),
      sumOf(samples, 'nordlys_caller_cost_usd_total', { caller }),
    ];
    expect(of('alice')).toEqual([2, 6, 8, 22]);
    expect(of('bob')).toEqual([2, 3, 4, 11]);
    expect(sumOf(samples, 'nordlys_caller_requests_total')).toBe(4);

    const found = (await metrics()).filter(({ descriptor }) => descriptor.name.startsWith('nordlys.caller'));
    const points = found.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.map(({ attributes, value }) => [...Object.values(attributes), value]),
    ]);
    expect(Object.fromEntries(points)).toEqual({
      'nordlys.caller.requests': [
        ['alice', 2],
        ['bob', 2],
      ],
      'nordlys.caller.tokens': [
        ['alice', 'input', 6],
        ['alice', 'output', 8],
        ['bob', 'input', 3],
        ['bob', 'output', 4],
      ],
      'nordlys.caller.cost': [
        ['alice', 22],
        ['bob', 11],
      ],
    });
  });

  it('has no more series than allowed, and `other` for the rest', async () => {
    const { askAs, text } = await gatewayWith({ callerMetrics: { max: 2 } }, error(400));
    for (const key of ['other', 'a', 'a', 'b', 'b', 'c', 'd']) await askAs(key);
    const samples = parseExposition(await text());
    const callers = [...samples.keys()].flatMap(
      (key) => /^nordlys_caller_requests_total\{caller="(\w+)"/.exec(key)?.[1] ?? [],
    );
    expect(callers).toEqual(['a', 'b', 'other']);
    expect(sumOf(samples, 'nordlys_caller_requests_total', { caller: 'other' })).toBe(3);
  });

  it('does not count tokens and cost of a caller’s own key', async () => {
    const { askAs, text } = await gatewayWith({ callerMetrics: true }, chat('Hi', { usage }));
    await askAs('alice', { provider_configs: { p0: { api_key: 'sk-of-the-caller' } } });
    const samples = parseExposition(await text());
    expect(sumOf(samples, 'nordlys_caller_requests_total', { caller: 'alice' })).toBe(1);
    expect(sumOf(samples, 'nordlys_caller_tokens_total')).toBe(0);
    expect(sumOf(samples, 'nordlys_caller_cost_usd_total')).toBe(0);
  });
});

describe('CallerCounters', () => {
  const callersIn = (counters: CallerCounters) => [...counters.entries()].map(([caller]) => caller);

  it('assigns the series of the least busy caller to one that became busy', () => {
    const counters = new CallerCounters(2);
    for (const id of ['a', 'a', 'a', 'b']) counters.add(id, NOTHING);
    expect(counters.add('c', NOTHING)).toBe('other');
    expect(counters.add('c', NOTHING)).toBe('c');
    expect(callersIn(counters)).toEqual(['a', 'c', 'other']);
    // The series of `b` ends; nothing is moved into `other`, whose rate would jump.
    expect(Object.fromEntries(counters.entries())).toMatchObject({
      a: { requests: 3 },
      c: { requests: 1 },
      other: { requests: 1 },
    });
  });

  it('follows the load: a caller that was busy once is replaced', () => {
    const counters = new CallerCounters(1);
    for (let request = 0; request < 100; request++) counters.add('once', NOTHING);
    for (let request = 0; request < 2_000; request++) {
      counters.add('now', NOTHING);
      counters.add(`visitor-${request}`, NOTHING);
    }
    expect(callersIn(counters)).toEqual(['now', 'other']);
  });

  it('counts every request exactly once, however many callers come', () => {
    const counters = new CallerCounters(3);
    let labels = 0;
    for (let request = 0; request < 5_000; request++) {
      const label = counters.add(`caller-${(request * 7) % 997}`, NOTHING);
      if (label === 'other') labels++;
    }
    const all = Object.fromEntries(counters.entries());
    expect(Object.keys(all)).toHaveLength(4);
    expect(all['other']!.requests).toBe(labels);
  });
});
