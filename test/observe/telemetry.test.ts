import { context, metrics, trace, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, error, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

const SECRET_PROMPT = 'the-text-of-the-prompt';
const usage = {
  prompt_tokens: 3,
  completion_tokens: 4,
  total_tokens: 7,
  prompt_tokens_details: { cached_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 1 },
};

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

function tracing() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('test');
  return {
    tracer,
    spans: async (count: number): Promise<ReadableSpan[]> => {
      await expect.poll(() => exporter.getFinishedSpans().length).toBe(count);
      return exporter.getFinishedSpans();
    },
  };
}

describe('with a tracer', () => {
  it('each request is one span and each upstream call a child of it, by today’s names', async () => {
    const { tracer, spans } = tracing();
    const providers = [await upstreamFor(error(503)), await upstreamFor(chat('Hello', { usage }))];
    const { post } = await gatewayOver(providers, { telemetry: { tracer } });
    await (await post({ stream: true, temperature: 0.5, max_tokens: 9, seed: 7, n: 1 })).text();

    const [failed, responded, request] = (await spans(3)) as [ReadableSpan, ReadableSpan, ReadableSpan];
    expect([failed.name, responded.name, request.name]).toEqual(['chat m', 'chat m', 'chat m']);
    for (const child of [failed, responded]) {
      expect(child.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
      expect(child.spanContext().traceId).toBe(request.spanContext().traceId);
      expect(child.kind).toBe(2);
    }
    expect(request.kind).toBe(0);
    expect(failed.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'p0',
      'gen_ai.request.model': 'm',
      'server.address': '127.0.0.1',
      'server.port': providers[0]!.port,
      'http.response.status_code': 503,
      'error.type': 'overloaded',
      'nordlys.attempt': 1,
    });
    expect(failed.status.code).toBe(2);
    expect(responded.attributes).toMatchObject({
      'gen_ai.provider.name': 'p1',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.seed': 7,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.usage.cache_read.input_tokens': 2,
      'gen_ai.usage.reasoning.output_tokens': 1,
    });
    expect(responded.attributes).not.toHaveProperty('gen_ai.request.choice.count');
    expect(responded.attributes).not.toHaveProperty('error.type');
    expect(request.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'p1',
      'gen_ai.request.model': 'm',
      'http.response.status_code': 200,
      'nordlys.attempts': 2,
    });
    // Sums over spans must not count tokens twice.
    expect(Object.keys(request.attributes).filter((name) => name.startsWith('gen_ai.usage'))).toEqual([]);
  });

  it('spans stand within the host’s own, and hooks’ spans within ours', async () => {
    const { tracer, spans } = tracing();
    const { post } = await gatewayOver(
      [await upstreamFor()],
      {
        telemetry: { tracer },
        hooks: {
          beforeRoute: () => tracer.startSpan('hook').end(),
          beforeAttempt: () => tracer.startSpan('key').end(),
        },
      },
      (gateway) => (req, res) =>
        tracer.startActiveSpan('host', (span: Span) => {
          res.once('finish', () => span.end());
          gateway(req, res);
        }),
    );
    await post({});
    const all = await spans(5);
    const byName = (name: string): ReadableSpan => all.find((span) => span.name === name && span.kind !== 2)!;
    expect(byName('chat m').parentSpanContext?.spanId).toBe(byName('host').spanContext().spanId);
    for (const name of ['hook', 'key']) {
      expect(byName(name).parentSpanContext?.spanId).toBe(byName('chat m').spanContext().spanId);
    }
  });

  it('refusals, truncations and cache hits end their spans as what they are', async () => {
    const { tracer, spans } = tracing();
    const upstream = await upstreamFor();
    const { post } = await gatewayOver([upstream], { telemetry: { tracer }, cache: {} });
    await post({ messages: 'none' });
    await post({});
    await post({});
    upstream.enqueue(stream('one two three', { afterEvents: 3, end: 'reset' }));
    await (await post({ stream: true, n: 2, user: 'another' })).text();

    const [refused, , responded, hit, broken, whole] = (await spans(6)) as ReadableSpan[];
    expect(refused!.attributes).toMatchObject({ 'error.type': 'invalid_type', 'http.response.status_code': 400 });
    // The caller's fault, not an error of this service.
    expect(refused!.status.code).toBe(0);
    expect(responded!.attributes).toMatchObject({ 'nordlys.cache': 'MISS', 'nordlys.attempts': 1 });
    expect(hit!.attributes).toMatchObject({ 'nordlys.cache': 'HIT', 'nordlys.attempts': 0 });
    expect(broken!.attributes).toMatchObject({ 'error.type': 'truncated', 'gen_ai.request.choice.count': 2 });
    expect(whole!.attributes).toMatchObject({ 'error.type': 'upstream_truncated' });
  });

  it('no span holds a word of the prompt, the response or a key', async () => {
    const { tracer, spans } = tracing();
    const { post } = await gatewayOver([await upstreamFor(error(400)), await upstreamFor()], { telemetry: { tracer } });
    await post({
      messages: [{ role: 'user', content: SECRET_PROMPT }],
      stop: SECRET_PROMPT,
      user: SECRET_PROMPT,
      metadata: { a: SECRET_PROMPT },
    });
    const text = JSON.stringify(
      (await spans(2)).map(({ name, attributes, events, status }) => [name, attributes, events, status]),
    );
    for (const secret of [SECRET_PROMPT, 'operator-secret', 'demo-key', 'fake upstream'])
      expect(text).not.toContain(secret);
  });

  it('a call’s span holds the upstream’s error, its message only if the fault is the operator’s', async () => {
    const { tracer, spans } = tracing();
    const said = (message: string) => ({ error: { message, type: 'a', code: 'b', param: null } });
    const upstream = await upstreamFor(error(401, said('Key sk-abcdefgh refused.')));
    const { post } = await gatewayOver([upstream], { telemetry: { tracer } });
    await post({});
    upstream.always(error(400, said('Invalid text of the prompt.')));
    await post({});
    const [refusedKey, , rejected] = await spans(4);
    expect(refusedKey!.attributes).toMatchObject({
      'nordlys.upstream_error.status': 401,
      'nordlys.upstream_error.type': 'a',
      'nordlys.upstream_error.code': 'b',
      'nordlys.upstream_error.message': 'Key [redacted] refused.',
    });
    expect(rejected!.attributes).toMatchObject({
      'nordlys.upstream_error.status': 400,
      'nordlys.upstream_error.code': 'b',
    });
    expect(rejected!.attributes).not.toHaveProperty('nordlys.upstream_error.message');
  });

  it('traceparent is sent upstream only if configured', async () => {
    const { tracer, spans } = tracing();
    const upstream = await upstreamFor();
    const untraced = await gatewayOver([upstream], { telemetry: { tracer } });
    await untraced.post({}, { headers: { traceparent: '00-11111111111111111111111111111111-2222222222222222-01' } });
    expect((await upstream.nextRequest()).headers).not.toHaveProperty('traceparent');

    const open = await gatewayOver([upstream], {
      telemetry: { tracer, propagate: true },
      hooks: { beforeAttempt: () => ({ headers: { 'x-mine': 'yes' } }) },
    });
    await open.post({});
    const { headers } = await upstream.nextRequest();
    const call = (await spans(4)).findLast(({ kind }) => kind === 2)!.spanContext();
    expect(headers['traceparent']).toBe(`00-${call.traceId}-${call.spanId}-01`);
    expect(headers['x-mine']).toBe('yes');
  });

  it('a tracer that throws does not affect clients', async () => {
    const reported: unknown[] = [];
    const { tracer } = tracing();
    const fail = (): never => {
      throw new Error('no spans today');
    };
    const startActiveSpan = tracer.startActiveSpan.bind(tracer) as typeof tracer.startActiveSpan;
    for (const faulty of [
      { startActiveSpan, startSpan: fail },
      { startActiveSpan: fail, startSpan: fail },
    ]) {
      const { post } = await gatewayOver([await upstreamFor()], {
        telemetry: { tracer: faulty },
        hooks: { onHookError: (thrown) => reported.push(thrown) },
      });
      expect((await post({})).status).toBe(200);
    }
    expect(reported).toHaveLength(2);
  });
});

describe('with a meter', () => {
  it('the GenAI client metrics come with the buckets of the conventions', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    const pricing = { prompt: 1, completion: 1 };
    const upstreams = [await upstreamFor(error(503)), await upstreamFor(chat('Hello', { usage }))];
    const { post } = await gatewayOver(upstreams, {
      cache: {},
      telemetry: { meter: provider.getMeter('test') },
      providers: {
        p0: { baseUrl: upstreams[0]!.baseUrl, models: { m: { pricing } } },
        p1: { baseUrl: upstreams[1]!.baseUrl, models: { m: { pricing, upstreamModel: 'inner' } } },
      },
    });
    await (await post({ stream: true })).text();
    await reader.forceFlush();
    await provider.shutdown();

    const found = exporter.getMetrics().at(-1)!.scopeMetrics[0]!.metrics;
    const pointsOf = (name: string) => found.find(({ descriptor }) => descriptor.name === name)!.dataPoints;
    expect(found.map(({ descriptor }) => [descriptor.name, descriptor.unit])).toEqual([
      ['gen_ai.client.operation.duration', 's'],
      ['gen_ai.client.operation.time_to_first_chunk', 's'],
      ['gen_ai.client.token.usage', '{token}'],
      ['nordlys.cost', 'USD'],
      ['nordlys.cache.requests', ''],
    ]);
    const durations = pointsOf('gen_ai.client.operation.duration');
    expect(durations.map(({ attributes }) => attributes['error.type'])).toEqual(['overloaded', undefined]);
    expect(durations[1]!.attributes).toMatchObject({ 'gen_ai.request.model': 'inner', 'nordlys.model': 'm' });
    const { boundaries } = (durations[0]!.value as { buckets: { boundaries: number[] } }).buckets;
    expect(boundaries.slice(0, 3)).toEqual([0.01, 0.02, 0.04]);
    const tokens = pointsOf('gen_ai.client.token.usage');
    expect(
      tokens.map(({ attributes, value }) => [attributes['gen_ai.token.type'], (value as { sum: number }).sum]),
    ).toEqual([
      ['input', 3],
      ['output', 4],
    ]);
    expect(pointsOf('nordlys.cost')[0]!.value).toBeCloseTo(7e-6);
    expect(pointsOf('nordlys.cache.requests')[0]!.attributes).toEqual({ 'nordlys.cache': 'MISS' });
  });
});

it('the real API fits the option’s types', async () => {
  const telemetry = { tracer: trace.getTracer('a'), meter: metrics.getMeter('a') };
  const { post } = await gatewayOver([await upstreamFor()], { telemetry });
  expect((await post({})).status).toBe(200);
});
