import { readFileSync } from 'node:fs';
import express from 'express';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions, TelemetryOptions } from '../../src/index.js';
import { chat, error, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from '../path/fixtures.js';
import { evaluate, type Scrapes } from './promql/evaluate.js';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const fileOf = (name: string) => readFileSync(new URL(`../../dashboards/${name}`, import.meta.url), 'utf8');
const { panels } = JSON.parse(fileOf('grafana.json')) as { panels: readonly Panel[] };
const rules = [...fileOf('alerts.yml').matchAll(/- alert: (\w+)\n +expr: (.+)\n/g)].map(([, name, expr]) => ({
  name: name!,
  expr: expr!,
}));
const targets = panels.flatMap(({ title, targets: own = [] }) =>
  own.map(({ expr, legendFormat }) => ({
    title: `${title}: ${legendFormat}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
    legendFormat,
  })),
);

const usage = {
  prompt_tokens: 10,
  completion_tokens: 4,
  total_tokens: 14,
  prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
};
const withMetrics = (gateway: Set['gateway']) => express().use('/v1/metrics', gateway.metrics).use(gateway);

/** A gateway, and what it exposes before and after traffic of all kinds. */
async function scrapesOf(telemetry: TelemetryOptions, isStrict: boolean, script = chat('Hello', { usage })) {
  const upstreams = [await upstreamFor(script), await upstreamFor(script)];
  const models = { m: { pricing: { prompt: 1, completion: 1 } } };
  const options = {
    cache: {},
    telemetry,
    providers: {
      p0: { baseUrl: upstreams[0]!.baseUrl, models },
      p1: { baseUrl: upstreams[1]!.baseUrl, models },
    },
    limits: {
      rules: [{ name: 'warned', by: 'caller', requests: 1, per: 'minute', onExceeded: 'warn' }],
    },
  } as unknown as Partial<GatewayOptions>;
  const set = await gatewayOver(upstreams, options, withMetrics);
  const scrape = async () =>
    (await fetch(`${set.baseUrl}/metrics`, { headers: { authorization: 'Bearer demo-key' } })).text();
  const before = await scrape();
  const say = async (body: object) => (await set.post(body)).text();
  await say({});
  await say({});
  await say({ messages: 1 });
  upstreams[0]!.enqueue(error(503));
  upstreams[1]!.enqueue(stream('one two three', { usage }));
  await say({ stream: true, seed: 1 });
  for (const upstream of upstreams) upstream.enqueue(stream('one two three', { afterEvents: 2, end: 'reset' }));
  await say({ stream: true, seed: 2 });
  await expect.poll(scrape).toContain('nordlys_requests_in_flight 0');
  return { before, after: await scrape(), seconds: 60, isStrict } satisfies Scrapes;
}

describe('dashboards/grafana.json', () => {
  it('has panels with titles and ids of their own, none over another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(targets.length).toBeGreaterThan(30);
  });
});

describe('each query finds what it is about, with every name and label that it uses', () => {
  // The servers end with the test that comes first; what they exposed is text.
  let scraped: Promise<Scrapes> | undefined;
  const afterTraffic = () =>
    (scraped ??= scrapesOf({ semconv: 'both', tokenHistograms: true, callerMetrics: true }, true));

  it.each(targets)('$title', async ({ expr, legendFormat }) => {
    const samples = evaluate(expr, await afterTraffic());
    expect(samples.length).toBeGreaterThan(0);
    for (const { labels } of samples) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labels[label!]).toBeTruthy();
    }
  });

  it.each(rules)('$name', async ({ expr }) => {
    const scrapes = await afterTraffic();
    expect(() => evaluate(expr, scrapes)).not.toThrow();
  });

  it('numbers are those of the traffic', async () => {
    const scrapes = await afterTraffic();
    const valueOf = (title: string) => {
      const { expr } = targets.find((target) => target.title === title)!;
      return evaluate(expr, scrapes).reduce((sum, { value }) => sum + value, 0);
    };
    expect(valueOf('Cache hit ratio: hit ratio')).toBeCloseTo(1 / 4);
    // The first response and the stream, with usage; not the hit, and not what broke off without.
    expect(valueOf('Tokens per second: input') * 60).toBeCloseTo(20);
    expect(valueOf('Tokens per second: cache write') * 60).toBeCloseTo(4);
    expect(valueOf('Requests per second, busiest callers: {{caller}}') * 60).toBeCloseTo(5);
  });
});

describe('panels of GenAI metrics work with either names', () => {
  it.each(['legacy', 'genai-0.1', 'both'] as const)('%s', async (semconv) => {
    const scrapes = await scrapesOf({ semconv }, false);
    const names = [
      'Time to first chunk, p90',
      'Duration of upstream calls, p90',
      'Tokens per second: input',
      'Tokens per second: output',
    ];
    for (const name of names) {
      const { expr } = targets.find(({ title }) => title.startsWith(name))!;
      const samples = evaluate(expr, scrapes);
      expect(samples.length, name).toBeGreaterThan(0);
      for (const { value } of samples) expect(value, name).toBeGreaterThan(0);
    }
    const { expr } = targets.find(({ title }) => title === 'Tokens per second: input')!;
    expect(evaluate(expr, scrapes)[0]!.value * 60).toBeCloseTo(20);
  });
});

describe('dashboards/alerts.yml', () => {
  const firing = (scrapes: Scrapes) =>
    rules.filter(({ expr }) => evaluate(expr, scrapes).length > 0).map(({ name }) => name);

  it('nothing fires over a gateway that works, or one without traffic', async () => {
    const upstream = await upstreamFor(chat('Hello', { usage }));
    const set = await gatewayOver([upstream], {}, withMetrics);
    const scrape = async () =>
      (await fetch(`${set.baseUrl}/metrics`, { headers: { authorization: 'Bearer demo-key' } })).text();
    const before = await scrape();
    expect(firing({ before, after: before, seconds: 60, isStrict: false })).toEqual([]);
    for (let request = 0; request < 3; request++) await (await set.post({})).text();
    expect(firing({ before, after: await scrape(), seconds: 60, isStrict: false })).toEqual([]);
  });

  it('those fire that are about what happens', async () => {
    const scrapes = await scrapesOf({}, false, error(503));
    expect(firing(scrapes)).toEqual(expect.arrayContaining(['NordlysServerErrors', 'NordlysEndpointFailing']));
    expect(firing({ before: '', after: '', seconds: 60, isStrict: false })).toEqual(['NordlysAbsent']);
  });

  it.each<[string, string, string, string]>([
    ['NordlysInternalErrors', 'nordlys_errors_total{code="internal_error"}', '0', '1'],
    ['NordlysTruncatedStreams', 'nordlys_attempts_total{endpoint="p0",outcome="truncated"}', '0', '5'],
    ['NordlysBreakerOpen', 'nordlys_breaker_state{endpoint="p0",model="m",state="open"}', '0', '1'],
    ['NordlysSpendLost', 'nordlys_spend_dropped_total', '0', '1'],
    ['NordlysLimitStoreFaults', 'nordlys_limit_store_faults_total', '0', '1'],
    ['NordlysDrainingLong', 'nordlys_draining', '0', '1'],
  ])('%s', (name, series, calm, alarming) => {
    const others = [
      'nordlys_requests_in_flight',
      'nordlys_limit_lost_total',
      'nordlys_attempts_total{endpoint="p0",outcome="ok"}',
    ];
    const scrape = (value: string) =>
      [`${series} ${value}`, ...others.map((key) => `${key} 0`)]
        .flatMap((line) => [`# TYPE ${/^\w+/.exec(line)![0]} untyped`, line])
        .join('\n');
    const over = (after: string) => firing({ before: scrape(calm), after, seconds: 60, isStrict: false });
    expect(over(scrape(calm))).not.toContain(name);
    expect(over(scrape(alarming))).toContain(name);
  });
});
