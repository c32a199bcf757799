import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type GatewayOptions, type TelemetryOptions } from '../../src/index.js';
import { chat, error, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from '../path/fixtures.js';
import { parseExposition, sumOf } from './prometheus.js';
import { recordedMeter, recordedTracer } from './spans.js';

const usage = {
  prompt_tokens: 10,
  completion_tokens: 4,
  total_tokens: 14,
  prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
};

const LEGACY = [
  'gen_ai.client.operation.duration',
  'gen_ai.client.operation.time_to_first_chunk',
  'gen_ai.client.token.usage',
];
const CURRENT = [
  'gen_ai.client.inference.duration',
  'gen_ai.client.inference.time_to_first_chunk',
  'gen_ai.client.inference.time_per_output_chunk',
  'gen_ai.client.inference.usage.input_tokens',
  'gen_ai.client.inference.usage.output_tokens',
  'gen_ai.client.inference.usage.cache_read.input_tokens',
  'gen_ai.client.inference.usage.cache_write.input_tokens',
  'gen_ai.client.inference.usage.reasoning.output_tokens',
];
const OPT_IN = ['gen_ai.client.inference.operation.input_tokens', 'gen_ai.client.inference.operation.output_tokens'];

const withMetrics = (gateway: Set['gateway']) => express().use('/v1/metrics', gateway.metrics).use(gateway);

async function exposition({ baseUrl }: Set): Promise<string> {
  return (await fetch(`${baseUrl}/metrics`, { headers: { authorization: 'Bearer demo-key' } })).text();
}

function typesIn(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^# TYPE (gen_ai\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
}

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

describe('telemetry.semconv', () => {
  it.each<[string, TelemetryOptions, readonly string[]]>([
    ['is "legacy" by default', {}, LEGACY],
    ['"legacy"', { semconv: 'legacy' }, LEGACY],
    ['"genai-0.1"', { semconv: 'genai-0.1' }, CURRENT],
    [
      '"genai-0.1" with the opt-in histograms',
      { semconv: 'genai-0.1', tokenHistograms: true },
      [...CURRENT, ...OPT_IN],
    ],
    ['"both"', { semconv: 'both' }, [...LEGACY, ...CURRENT]],
  ])('%s: the meter and the exposition have those names and no others', async (_, telemetry, names) => {
    const { meter, metrics } = recordedMeter();
    const upstream = await upstreamFor(stream('one two three', { usage }));
    const set = await gatewayOver([upstream], { telemetry: { ...telemetry, meter } }, withMetrics);
    await (await set.post({ stream: true })).text();
    await expect.poll(async () => sumOf(parseExposition(await exposition(set)), 'nordlys_attempts_total')).toBe(1);
    const metered = (await metrics()).map(({ descriptor }) => descriptor.name);
    expect(metered.filter((name) => name.startsWith('gen_ai')).toSorted()).toEqual(names.toSorted());

    const types = typesIn(await exposition(set));
    const asPrometheus = (name: string) => {
      const base = name.replaceAll('.', '_');
      if (/duration|chunk/.test(base)) return [`${base}_seconds`, 'histogram'];
      return base.includes('_usage_') && base.includes('inference')
        ? [`${base}_total`, 'counter']
        : [base, 'histogram'];
    };
    expect(Object.fromEntries(types)).toEqual(Object.fromEntries(names.map(asPrometheus)));
  });

  it('counters and histograms of v0.1.0 count what the provider reported, for calls that succeeded', async () => {
    const { meter, metrics } = recordedMeter();
    const upstreams = [await upstreamFor(error(503)), await upstreamFor(chat('Hello', { usage }))];
    const set = await gatewayOver(upstreams, { telemetry: { meter, semconv: 'genai-0.1' } }, withMetrics);
    await set.post({});
    await set.post({});
    const samples = parseExposition(await exposition(set));
    const counted = (kind: string) =>
      sumOf(samples, `gen_ai_client_inference_usage_${kind}_tokens_total`, { nordlys_endpoint: 'p1' });
    expect(['input', 'output', 'cache_read_input', 'cache_write_input', 'reasoning_output'].map(counted)).toEqual([
      20, 8, 12, 4, 6,
    ]);
    expect(sumOf(samples, 'gen_ai_client_inference_duration_seconds_count', { error_type: 'overloaded' })).toBe(1);

    const found = await metrics();
    const pointsOf = (name: string) => found.find(({ descriptor }) => descriptor.name === name)!.dataPoints;
    const [input] = pointsOf('gen_ai.client.inference.usage.input_tokens');
    expect(input!.value).toBe(20);
    expect(input!.attributes).toMatchObject({ 'gen_ai.provider.name': 'p1', 'gen_ai.operation.name': 'chat' });
    expect(pointsOf('gen_ai.client.inference.usage.cache_write.input_tokens')[0]!.value).toBe(4);
    const failures = pointsOf('gen_ai.client.inference.duration').map(({ attributes }) => attributes['error.type']);
    expect(failures).toEqual(['overloaded', undefined]);
    const { boundaries } = (
      pointsOf('gen_ai.client.inference.duration')[0]!.value as { buckets: { boundaries: number[] } }
    ).buckets;
    expect([boundaries[0], boundaries.at(-1)]).toEqual([0.01, 81.92]);
  });

  it('times each chunk of a delivered stream after the first, and none of a cache hit', async () => {
    const upstream = await upstreamFor(stream('one two three'));
    const options: Partial<GatewayOptions> = { telemetry: { semconv: 'genai-0.1' }, cache: {} };
    const set = await gatewayOver([upstream], options, withMetrics);
    const name = 'gen_ai_client_inference_time_per_output_chunk_seconds_count';
    const events = (await (await set.post({ stream: true })).text()).match(/^data: \{/gm)!.length;
    const ofFirst = sumOf(parseExposition(await exposition(set)), name, { nordlys_endpoint: 'p0' });
    expect(ofFirst).toBe(events - 1);
    const again = await set.post({ stream: true });
    expect(again.headers.get('x-nordlys-cache')).toBe('HIT');
    await again.text();
    expect(sumOf(parseExposition(await exposition(set)), name)).toBe(ofFirst);
  });

  it('does not time streams of a caller’s own key', async () => {
    const upstream = await upstreamFor(stream('one two three'));
    const set = await gatewayOver([upstream], { telemetry: { semconv: 'genai-0.1' } }, withMetrics);
    await (await set.post({ stream: true, provider_configs: { p0: { api_key: 'sk-of-the-caller' } } })).text();
    const text = await exposition(set);
    expect(text).not.toContain('time_per_output_chunk');
  });

  it('spans have the attributes that came with v0.1.0, and with "legacy" none of them', async () => {
    const added = [
      'gen_ai.request.reasoning.level',
      'gen_ai.conversation.id',
      'gen_ai.response.id',
      'gen_ai.response.model',
      'gen_ai.usage.cache_write.input_tokens',
    ];
    for (const semconv of ['genai-0.1', 'legacy'] as const) {
      const { tracer, spans } = recordedTracer();
      const upstream = await upstreamFor(chat('Hello', { usage }));
      const { post } = await gatewayOver([upstream], { telemetry: { tracer, semconv } });
      const body = { reasoning_effort: 'high' };
      const response = await post(body, { headers: { 'x-session-id': 'conversation-1' } });
      const { id, model } = (await response.json()) as { id: string; model: string };
      const [call, request] = await spans(2);
      const values = added.map((name) => call!.attributes[name]);
      expect(values).toEqual(
        semconv === 'legacy' ? added.map(() => undefined) : ['high', 'conversation-1', id, model, 2],
      );
      expect(request!.attributes['gen_ai.conversation.id']).toBe(semconv === 'legacy' ? undefined : 'conversation-1');
      expect(call!.attributes['gen_ai.usage.cache_read.input_tokens']).toBe(6);
    }
  });

  it('a session id that is too long to be one is no attribute', async () => {
    const { tracer, requestSpan } = recordedTracer();
    const { post } = await gatewayOver([await upstreamFor()], { telemetry: { tracer, semconv: 'both' } });
    await post({}, { headers: { 'x-session-id': 'x'.repeat(257) } });
    expect((await requestSpan()).attributes).not.toHaveProperty('gen_ai.conversation.id');
  });
});

describe('options that are wrong', () => {
  const tracer = recordedTracer().tracer;
  it.each<[string, object, string]>([
    [
      'an unknown convention',
      { semconv: 'genai' },
      'telemetry.semconv must be one of "genai-0.1", "legacy", "both", got "genai"',
    ],
    ['content that is no function', { tracer, content: 'full' }, 'telemetry.content must be a function, got "full"'],
    [
      'content without a tracer',
      { content: () => 'full' },
      'telemetry.content needs telemetry.tracer or telemetry.events',
    ],
    [
      'no bytes',
      { tracer, contentMaxBytes: 0 },
      'telemetry.contentMaxBytes must be a whole number of bytes, 1 or more, got 0',
    ],
    ['a redactor that is none', { redact: /x/ }, 'telemetry.redact must be a function, got an object'],
    [
      'callerMetrics as a number',
      { callerMetrics: 100 },
      'telemetry.callerMetrics must be true, false or { max }, got 100',
    ],
    ['an unknown member', { callerMetrics: { top: 1 } }, 'telemetry.callerMetrics: unknown option "top". Known: max.'],
    [
      'too many callers',
      { callerMetrics: { max: 10_001 } },
      'telemetry.callerMetrics.max must be at most 10000, got 10001',
    ],
    ['events of names that are off', { events: { emit() {} } }, 'telemetry.events needs telemetry.semconv'],
    ['events without emit', { semconv: 'both', events: {} }, 'telemetry.events must have the methods emit'],
    [
      'opt-in histograms of names that are off',
      { tokenHistograms: true },
      'telemetry.tokenHistograms needs telemetry.semconv',
    ],
  ])('%s', (_, telemetry, message) => {
    const options = { keys: ['k'], providers: { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } }, telemetry };
    expect(() => createGateway(options as GatewayOptions)).toThrow(message);
  });
});
