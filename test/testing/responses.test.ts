import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import OpenAI from 'openai';
import {
  chat,
  completion,
  error,
  fakeUpstream,
  json,
  raw,
  sse,
  stream,
  type FakeUpstream,
} from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { rawPost, rawRequest } from '../support/raw-request.js';
import { collectSse, contentOf, readChunks, readSse } from '../support/read-sse.js';

let upstream: FakeUpstream;

beforeEach(async () => {
  upstream = await fakeUpstream();
});

afterEach(() => upstream.close());

function post(body: object = { model: 'm' }): Promise<Response> {
  return fetch(`${upstream.baseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
}

function client(): OpenAI {
  return new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'k', maxRetries: 0 });
}

const QUESTION = { model: 'm', messages: [{ role: 'user' as const, content: 'Why?' }] };

describe('a whole response', () => {
  it('is what the openai client expects', async () => {
    upstream.enqueue(completion('Because.', { model: 'm-2026', usage: { prompt_tokens: 7 } }));
    const response = await client().chat.completions.create(QUESTION);
    expect(response.choices[0]).toMatchObject({ index: 0, finish_reason: 'stop', message: { content: 'Because.' } });
    expect(response.model).toBe('m-2026');
    expect(response.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 1 });
  });

  it('may be tool calls', async () => {
    upstream.enqueue(completion(null, { toolCalls: [{ name: 'look_up', arguments: { word: 'why' } }] }));
    const { choices } = await client().chat.completions.create(QUESTION);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(choices[0]?.message.tool_calls).toEqual([
      { id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '{"word":"why"}' } },
    ]);
  });

  it('has no usage with usage: never', async () => {
    upstream.enqueue(completion('Because.', { usage: 'never' }));
    expect(await (await post()).json()).not.toHaveProperty('usage');
  });

  it('is the same bytes for the same request', async () => {
    upstream.always(completion('Same.', { id: 'chatcmpl-1' }));
    expect(await (await post()).text()).toBe(await (await post()).text());
  });

  it('waits for delayMs, by the given clock', async () => {
    const clock = new FakeClock();
    await using paced = await fakeUpstream({ clock, script: completion('Late.', { delayMs: 5_000 }) });
    const pending = fetch(paced.baseUrl, { method: 'POST' });
    await paced.nextRequest();
    while (clock.pending.size === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(paced.ledger[0]?.bytesSent).toBe(0);
    clock.advance(5_000);
    expect((await pending).status).toBe(200);
  });
});

describe('a streamed response', () => {
  it('is what the openai client expects', async () => {
    upstream.enqueue(stream('Because it is so.'));
    const runner = client().chat.completions.stream({ ...QUESTION, stream_options: { include_usage: true } });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Because it is so.' } });
    expect(final.usage).toMatchObject({ completion_tokens: 4 });
  });

  it('comes in the order of OpenAI: role, text, finish reason, usage, [DONE]', async () => {
    upstream.enqueue(stream('one two'));
    const payloads = await readSse(await post({ model: 'm', stream: true, stream_options: { include_usage: true } }));
    const chunks = payloads.slice(0, -1).map((payload) => JSON.parse(payload) as Record<string, unknown>);
    expect(payloads.at(-1)).toBe('[DONE]');
    expect(chunks.map((chunk) => chunk['choices'])).toMatchObject([
      [{ delta: { role: 'assistant', content: '' }, finish_reason: null }],
      [{ delta: { content: 'one ' }, finish_reason: null }],
      [{ delta: { content: 'two' }, finish_reason: null }],
      [{ delta: {}, finish_reason: 'stop' }],
      [],
    ]);
    expect(chunks.map((chunk) => chunk['usage'] === null)).toEqual([true, true, true, true, false]);
  });

  it.each([
    ['requested', {}, false],
    ['requested', { stream_options: { include_usage: true } }, true],
    ['always', {}, true],
    ['never', { stream_options: { include_usage: true } }, false],
  ] as const)('has usage (%s) for a request %j: %s', async (usage, request, isSent) => {
    upstream.enqueue(stream('word', { usage }));
    const chunks = await readChunks(await post({ model: 'm', ...request }));
    expect(chunks.some((chunk) => chunk['usage'] !== undefined)).toBe(isSent);
  });

  it('cuts the arguments of tool calls into fragments that join', async () => {
    const argument = { city: 'Reykjavík', days: [1, 2, 3] };
    upstream.enqueue(stream([], { toolCalls: [{ name: 'weather', arguments: argument }] }));
    const runner = client().chat.completions.stream(QUESTION);
    const final = await runner.finalChatCompletion();
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
    const call = final.choices[0]?.message.tool_calls?.[0];
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual(argument);
  });

  it('sends deltas in full as they are', async () => {
    upstream.enqueue(stream([{ refusal: 'I would ' }, { refusal: 'rather not.' }]));
    const final = await client().chat.completions.stream(QUESTION).finalChatCompletion();
    expect(final.choices[0]?.message.refusal).toBe('I would rather not.');
  });

  it.each([
    ['clean', 'no error', { end: 'clean' }],
    ['fin', 'terminated', { end: 'fin' }],
    ['reset', 'terminated', { end: 'reset' }],
    ['close-delimited', 'no error', { end: 'fin', framing: 'close' }],
  ] as const)('stops after some events, %s: %s', async (_how, message, options) => {
    upstream.enqueue(stream('one two three', { afterEvents: 3, ...options }));
    const { payloads, error: broken } = await collectSse(await post());
    expect(contentOf(payloads)).toBe('one two ');
    expect(broken?.message ?? 'no error').toBe(message);
    const [entry] = upstream.ledger;
    await upstream.closed(entry!).catch(() => {});
    expect(entry?.completed).toBe(options.end === 'clean');
  });

  it('follows its options for role, finish reason and [DONE]', async () => {
    upstream.enqueue(stream('bare', { role: false, finishReason: null, done: false }));
    const payloads = await readSse(await post());
    expect(payloads).toHaveLength(1);
    expect(contentOf(payloads)).toBe('bare');
  });
});

describe('an event stream by hand', () => {
  it('sends texts, objects and bytes, in that framing', async () => {
    upstream.enqueue(sse(['text', { an: 'object' }, Buffer.from(': comment\n\n'), 5, '[DONE]']));
    expect(await (await post()).text()).toBe('data: text\n\ndata: {"an":"object"}\n\n: comment\n\ndata: [DONE]\n\n');
  });
});

describe('an error', () => {
  it.each([
    [401, 'invalid_api_key'],
    [404, 'model_not_found'],
    [429, 'rate_limit_exceeded'],
    [500, null],
  ])('%s has the error object of OpenAI', async (status, code) => {
    upstream.enqueue(error(status));
    await expect(client().chat.completions.create(QUESTION)).rejects.toMatchObject({ status, code });
  });

  it('accepts a body and headers', async () => {
    upstream.enqueue(error(503, '<h1>Sorry</h1>', { 'Content-Type': 'text/html', 'Retry-After': '3' }));
    const response = await post();
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.text()).toBe('<h1>Sorry</h1>');
  });
});

describe('chat', () => {
  it('streams if requested', async () => {
    upstream.always(chat('Either way.'));
    expect(await (await post()).json()).toMatchObject({ choices: [{ message: { content: 'Either way.' } }] });
    expect(contentOf(await readSse(await post({ stream: true })))).toBe('Either way.');
  });
});

describe('raw bytes', () => {
  it('are sent piece by piece, with the pauses between them', async () => {
    upstream.enqueue(
      raw(['HTTP/1.1 200 OK\r\ncontent-le', 10, 'ngth: 2\r\n\r\n', 10, Buffer.from('{}')], { end: 'keep' }),
    );
    const pieces: number[] = [];
    const { responses } = await rawRequest(upstream.port, rawPost({}), {
      onData: (sofar) => pieces.push(sofar.length),
    });
    expect(pieces.length).toBeGreaterThanOrEqual(3);
    expect(responses[0]?.text).toBe('{}');
    expect(upstream.connections).toBe(1);
  });

  it('may be a JSON text that is none', async () => {
    upstream.enqueue(json('{"half":'));
    expect(await (await post()).text()).toBe('{"half":');
  });
});
