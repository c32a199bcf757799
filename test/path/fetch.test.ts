import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/index.js';
import { chat, completion, fakeUpstream, hang, sse, stream, type FakeUpstream } from '../../src/testing/index.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function setUp(options: Partial<GatewayOptions> = {}): Promise<{ upstream: FakeUpstream; gateway: Gateway }> {
  const upstream = await fakeUpstream({ script: chat('Hello from the fake upstream.') });
  const gateway = createGateway({
    keys: ['test-key'],
    providers: { p: { baseUrl: upstream.baseUrl, apiKey: 'sk-operator', models: ['m'] } },
    ...options,
  } as GatewayOptions);
  cleanups.push(
    () => gateway.close(),
    () => upstream.close(),
  );
  return { upstream, gateway };
}

function request(body: unknown, init: RequestInit & { url?: string } = {}): Request {
  const { url = 'http://gateway.example/v1/chat/completions', ...rest } = init;
  return new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-key' },
    body: JSON.stringify(body),
    ...rest,
  });
}

const MESSAGES = [{ role: 'user' as const, content: 'Hi' }];

describe('gateway.fetch', () => {
  it('serves the openai client, whole and streamed', async () => {
    const { gateway } = await setUp();
    const client = new OpenAI({
      apiKey: 'test-key',
      baseURL: 'http://gateway.example/v1',
      fetch: (url, init) => gateway.fetch(new Request(url as string, init as RequestInit)),
    });
    const whole = await client.chat.completions.create({ model: 'm', messages: MESSAGES });
    expect(whole.choices[0]?.message.content).toBe('Hello from the fake upstream.');
    let text = '';
    for await (const chunk of await client.chat.completions.create({ model: 'm', messages: MESSAGES, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('Hello from the fake upstream.');
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(['m']);
  });

  it('has the headers of a response over TCP, without those of a connection', async () => {
    const { gateway } = await setUp();
    const response = await gateway.fetch(request({ model: 'm', messages: MESSAGES }));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-provider')).toBe('p');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('connection')).toBeNull();
    expect(response.headers.get('transfer-encoding')).toBeNull();
  });

  it('streams events as they come', async () => {
    const { gateway, upstream } = await setUp();
    upstream.enqueue(stream('one two three', { delayMs: 1 }));
    const response = await gateway.fetch(request({ model: 'm', messages: MESSAGES, stream: true }));
    const text = await response.text();
    expect(text).toContain('data: {');
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it.each([
    ['a wrong key', { headers: { 'content-type': 'application/json', authorization: 'Bearer wrong' } }, 401],
    ['a path that is not served', { url: 'http://gateway.example/elsewhere' }, 404],
    ['another content type', { headers: { 'content-type': 'text/plain', authorization: 'Bearer test-key' } }, 415],
  ])('responds to %s with JSON', async (_, init, status) => {
    const { gateway } = await setUp();
    const response = await gateway.fetch(request({ model: 'm', messages: MESSAGES }, init));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
  });

  it('closes the upstream when the client aborts', async () => {
    const { gateway, upstream } = await setUp();
    upstream.enqueue(hang({ after: 'request' }));
    const abort = new AbortController();
    const response = gateway.fetch(request({ model: 'm', messages: MESSAGES }, { signal: abort.signal }));
    const entry = await upstream.nextRequest();
    abort.abort();
    await expect(response).rejects.toThrow(TypeError);
    await upstream.closed(entry);
  });

  it('closes the upstream when the reader cancels a stream', async () => {
    const { gateway, upstream } = await setUp();
    const event = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { content: 'x' } }],
    };
    upstream.enqueue(sse([event, 60_000]));
    const response = await gateway.fetch(request({ model: 'm', messages: MESSAGES, stream: true }));
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"x"');
    const [entry] = upstream.ledger;
    await reader.cancel();
    await upstream.closed(entry!);
  });

  it('lets a slow reader slow the upstream down', async () => {
    const { gateway, upstream } = await setUp();
    const content = 'x'.repeat(64 * 1024);
    const event = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { content } }],
    };
    const last = { ...event, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
    upstream.enqueue(sse([...Array.from({ length: 400 }, () => event), last]));
    const response = await gateway.fetch(request({ model: 'm', messages: MESSAGES, stream: true }));
    const reader = response.body!.getReader();
    await reader.read();
    const [entry] = upstream.ledger;
    // 26 MB do not fit into the buffers between the upstream and a reader that does not read.
    await sleep(200);
    expect(entry!.completed).toBe(false);
    let length = 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) length += piece.value.length;
    expect(length).toBeGreaterThan(400 * content.length - content.length);
  });

  it('reads a streamed request body', async () => {
    const { gateway, upstream } = await setUp();
    upstream.enqueue(completion('Read.'));
    const bytes = new TextEncoder().encode(JSON.stringify({ model: 'm', messages: MESSAGES }));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, 10));
        controller.enqueue(bytes.slice(10));
        controller.close();
      },
    });
    const response = await gateway.fetch(request(undefined, { body, duplex: 'half' } as RequestInit));
    expect(response.status).toBe(200);
  });
});
