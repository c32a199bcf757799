import { trace, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ContentCapture, EventRecord, GatewayOptions, TelemetryOptions } from '../../src/index.js';
import { chat, error } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { recordedTracer } from './spans.js';

const PROMPT = 'text-of-the-prompt';
const RESPONSE = 'text-of-the-response';
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const DETAILS = 'gen_ai.client.inference.operation.details';
const EXCEPTION = 'gen_ai.client.operation.exception';

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** The events of one request that fails at `p0` and is served by `p1`, and the spans in which they were emitted. */
async function eventsWith(capture: ContentCapture, options: Partial<GatewayOptions> = {}) {
  const events: EventRecord[] = [];
  const within: unknown[] = [];
  const { tracer, requestSpan } = recordedTracer();
  const quoting = error(503, { error: { message: PROMPT, type: 'a', code: 'b', param: null } });
  const upstreams = [await upstreamFor(quoting), await upstreamFor(chat(RESPONSE, { usage }))];
  const emit = (event: EventRecord) => {
    events.push(event);
    within.push(trace.getActiveSpan()?.spanContext().spanId);
  };
  const { post } = await gatewayOver(upstreams, {
    ...options,
    telemetry: { tracer, events: { emit }, semconv: 'genai-0.1', content: () => capture },
  });
  const response = await post({ messages: [{ role: 'user', content: PROMPT }], reasoning_effort: 'low' });
  const { id } = (await response.json()) as { id: string };
  const request = (await requestSpan()).spanContext().spanId;
  return { events, within, request, id };
}

it('each call has its details, and a failed one its exception, within the request’s span', async () => {
  const { events, within, request, id } = await eventsWith('none');
  expect(events.map(({ eventName }) => eventName)).toEqual([DETAILS, EXCEPTION, DETAILS]);
  expect(within).toEqual([request, request, request]);
  const [failed, exception, served] = events.map(({ attributes }) => attributes);
  expect(failed).toMatchObject({ 'gen_ai.provider.name': 'p0', 'error.type': 'overloaded' });
  expect(exception).toMatchObject({
    'gen_ai.provider.name': 'p0',
    'exception.type': 'overloaded',
    'http.response.status_code': 503,
  });
  expect(served).toMatchObject({
    'gen_ai.provider.name': 'p1',
    'gen_ai.request.reasoning.level': 'low',
    'gen_ai.response.id': id,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 3,
    'gen_ai.usage.output_tokens': 4,
  });
  expect(served).not.toHaveProperty(['error.type']);
});

it.each<[ContentCapture, boolean]>([
  ['none', false],
  ['full', true],
])('"%s": content is written to details and never to exceptions', async (capture, isCaptured) => {
  const { events } = await eventsWith(capture);
  const [failed, exception, served] = events.map(({ attributes }) => JSON.stringify(attributes));
  expect(failed!.includes(PROMPT)).toBe(isCaptured);
  expect(served!.includes(PROMPT) && served!.includes(RESPONSE)).toBe(isCaptured);
  expect(exception).not.toContain('text-of');
  if (!isCaptured) expect(failed! + served!).not.toContain('text-of');
});

it('a redactor that is missing costs the content, not the event', async () => {
  const reported: unknown[] = [];
  const { events } = await eventsWith('redacted', { hooks: { onHookError: (thrown) => reported.push(thrown) } });
  expect(events).toHaveLength(3);
  expect(JSON.stringify(events)).not.toContain('text-of');
  expect(reported.length).toBeGreaterThan(0);
});

it('content may go to events alone, without a tracer', async () => {
  const events: EventRecord[] = [];
  const emit = (event: EventRecord) => void events.push(event);
  const upstream = await upstreamFor(chat(RESPONSE));
  const telemetry: TelemetryOptions = { events: { emit }, semconv: 'both', content: () => 'full' };
  const { post } = await gatewayOver([upstream], { telemetry });
  await (await post({})).text();
  await expect.poll(() => events.length).toBe(1);
  expect(events[0]!.attributes!['gen_ai.output.messages']).toContain(RESPONSE);
});
