import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayOptions, Tracer } from '../../../src/index.js';
import { chat, error, stream } from '../../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../../path/fixtures.js';
import { collector, type CollectedSpan } from '../collector.js';
import { langfuse } from './langfuse.js';
import { phoenix } from './phoenix.js';
import { userAndSession } from './user-and-session.js';

const PROMPT = 'text-of-the-prompt';
const RESPONSE = 'text-of-the-response';
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

const backends = [
  {
    name: 'Langfuse',
    connect: (url: string) => langfuse(url, 'pk', 'sk'),
    path: '/api/public/otel/v1/traces',
    authorization: `Basic ${Buffer.from('pk:sk').toString('base64')}`,
  },
  {
    name: 'Phoenix',
    connect: (url: string) => phoenix(url, 'key'),
    path: '/v1/traces',
    authorization: 'Bearer key',
  },
];

/** Callers are their keys; those with consent begin with `yes`. */
async function gatewayTo(tracer: Tracer, script: Parameters<typeof upstreamFor>[0]) {
  const options = {
    keys: undefined,
    verifyKey: (key: string) => ({ id: key, consent: key.startsWith('yes') }),
    hooks: userAndSession,
    telemetry: {
      tracer,
      semconv: 'genai-0.1',
      content: ({ caller }: { caller?: { consent?: unknown } }) => (caller?.consent === true ? 'full' : 'none'),
    },
  } as unknown as Partial<GatewayOptions>;
  const upstream = await upstreamFor(script);
  const { post } = await gatewayOver([upstream], options);
  return async (key: string, body: object = {}) => {
    const messages = [{ role: 'user', content: PROMPT }];
    const headers = { authorization: `Bearer ${key}`, 'x-session-id': 'session-1' };
    const response = await post({ messages, ...body }, { headers });
    await response.text();
    return response.status;
  };
}

describe.each(backends)('$name', ({ connect, path, authorization }) => {
  it('gets one trace per request: prompt, response, user and session above, model and usage below', async () => {
    const backend = await collector();
    const { tracer, shutdown } = connect(backend.url);
    const say = await gatewayTo(tracer, stream(RESPONSE, { usage }));
    expect(await say('yes-alice', { stream: true })).toBe(200);
    await shutdown();

    expect(backend.requests.map((request) => [request.path, request.authorization])).toEqual([[path, authorization]]);
    const spans = backend.spans();
    const [call, request] = spans as [CollectedSpan, CollectedSpan];
    expect(spans).toHaveLength(2);
    expect(call.parentSpanId).toBe(request.spanId);
    expect(request.attributes).toMatchObject({
      'user.id': 'yes-alice',
      'session.id': 'session-1',
      'gen_ai.conversation.id': 'session-1',
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
    });
    expect(JSON.parse(String(request.attributes['gen_ai.input.messages']))).toEqual([
      { role: 'user', parts: [{ type: 'text', content: PROMPT }] },
    ]);
    expect(request.attributes['gen_ai.output.messages']).toContain(RESPONSE);
    expect(call.attributes).toMatchObject({
      'gen_ai.request.model': 'm',
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 4,
    });
    expect(Object.keys(request.attributes).filter((name) => name.startsWith('gen_ai.usage'))).toEqual([]);
  });

  it.each([
    ['a response', chat(RESPONSE)],
    ['an error that quotes the prompt', error(400, { error: { message: PROMPT, type: PROMPT.length, code: 'c' } })],
    ['a stream that breaks off', stream(`${RESPONSE} and more`, { afterEvents: 3, end: 'reset' })],
  ])('gets not a word of a caller without consent: %s', async (_, script) => {
    const backend = await collector();
    const { tracer, shutdown } = connect(backend.url);
    const say = await gatewayTo(tracer, script);
    await say('no-bob', { stream: true });
    await shutdown();
    expect(backend.spans().some(({ attributes }) => attributes['user.id'] === 'no-bob')).toBe(true);
    expect(backend.requests.map(({ body }) => body).join('')).not.toContain('text-of');
  });

  it('may refuse everything: clients do not notice', async () => {
    const backend = await collector(400);
    const { tracer, shutdown } = connect(backend.url);
    const say = await gatewayTo(tracer, chat(RESPONSE));
    expect(await say('yes-alice')).toBe(200);
    await expect(shutdown()).rejects.toThrow('Bad Request');
    expect(backend.requests).toHaveLength(1);
  });
});
