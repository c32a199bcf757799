import OpenAI, { AuthenticationError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chat, fakeUpstream, reset, sse, stall, stream, type FakeUpstream } from '../../src/testing/index.js';
import { collectSse, readSse } from '../support/read-sse.js';
import { nextFolder, startNext, type NextApp } from './next-app.js';

const messages = [{ role: 'user' as const, content: 'Hello' }];
const word = (content: string): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});

interface Asking {
  readonly at?: string;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

describe.skipIf(nextFolder === undefined)('in Next, pages router (skipped unless NEXT_APP is an installed app)', () => {
  let upstream: FakeUpstream;
  let app: NextApp;
  beforeAll(async () => {
    upstream = await fakeUpstream();
    app = await startNext(nextFolder!, upstream.baseUrl);
  }, 120_000);
  afterAll(async () => {
    await app?.stop();
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.forget();
    upstream.always(chat('Hello back'));
  });

  const openai = (apiKey = 'demo-key'): OpenAI =>
    new OpenAI({ baseURL: `${app.origin}/api/v1`, apiKey, maxRetries: 0 });
  // As browsers and most clients do, it accepts compressed responses: Next compresses whatever it may.
  const post = (body: object, { at = '/api/v1', headers = {}, ...init }: Asking = {}): Promise<Response> =>
    fetch(`${app.origin}${at}/chat/completions`, {
      ...init,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'accept-encoding': 'gzip',
        authorization: 'Bearer demo-key',
        ...headers,
      },
      body: JSON.stringify({ model: 'm', messages, ...body }),
    });

  it('responds, and names the provider', async () => {
    const { data, response } = await openai().chat.completions.create({ model: 'm', messages }).withResponse();
    expect(data.choices[0]?.message.content).toBe('Hello back');
    expect(response.headers.get('x-nordlys-provider')).toBe('demo');
    expect(upstream.ledger[0]!.path).toBe('/v1/chat/completions');
  });

  it('lists the models', async () => {
    const ids = [];
    for await (const { id } of openai().models.list()) ids.push(id);
    expect(ids).toEqual(['m']);
  });

  it('refuses a wrong key, and a body that is wrong', async () => {
    await expect(openai('wrong').chat.completions.create({ model: 'm', messages })).rejects.toThrow(
      AuthenticationError,
    );
    const bad = await post({ messages: 7 });
    expect(bad.status).toBe(400);
    expect(await bad.json()).toMatchObject({ error: { param: 'messages', code: 'invalid_type' } });
    expect(upstream.ledger).toHaveLength(0);
  });

  it('streams through the openai client', async () => {
    let text = '';
    for await (const { choices } of await openai().chat.completions.create({ model: 'm', messages, stream: true }))
      text += choices[0]?.delta.content ?? '';
    expect(text).toBe('Hello back');
  });

  it('sends each event when it comes', async () => {
    // The upstream sends no word before the client has read the one before: a response held back anywhere never ends.
    let read = '';
    const inStep = function* (): Iterable<object | number | string> {
      for (const content of ['one', 'two', 'three', 'four']) {
        yield word(content);
        while (!read.includes(`"${content}"`)) yield 5;
      }
      yield { ...word(''), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
      yield '[DONE]';
    };
    upstream.always(sse(inStep()));
    const response = await post({ stream: true });
    expect(response.headers.get('content-encoding')).toBeNull();
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) read += text;
    expect((await readSse(read)).at(-1)).toBe('[DONE]');
  });

  it('aborts the upstream call when the client disconnects', async () => {
    upstream.always(stall('one two three four', { after: 2, ms: 60_000 }));
    const controller = new AbortController();
    const response = await post({ stream: true }, { signal: controller.signal });
    await response.body!.getReader().read();
    controller.abort();
    expect((await upstream.closed(upstream.ledger[0]!)).closedBy).toBe('client');
  });

  it('aborts the upstream call when the client disconnects before there is a response', async () => {
    upstream.always(stall('one', { after: 0, ms: 60_000 }));
    const controller = new AbortController();
    const response = post({}, { signal: controller.signal });
    const request = await upstream.nextRequest();
    controller.abort();
    await expect(response).rejects.toThrow(/abort/);
    expect((await upstream.closed(request)).closedBy).toBe('client');
  });

  it('ends half a response with an error, and never with [DONE]', async () => {
    upstream.always(stream('one two three', { afterEvents: 3, end: 'reset' }));
    const { payloads } = await collectSse(await post({ stream: true }));
    expect(payloads.at(-1)).toContain('"error"');
    expect(payloads).not.toContain('[DONE]');
  });

  it('tries again what failed before the first word', async () => {
    upstream.enqueue(reset({ after: 'request' }));
    const response = await post({});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
  });

  it('accepts pictures, which are larger than Next itself accepts', async () => {
    const url = `data:image/png;base64,${'A'.repeat(3_000_000)}`;
    const picture = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] };
    expect((await post(picture)).status).toBe(200);
    expect(upstream.ledger[0]!.json).toMatchObject(picture);
    // Next leaves the rest of such a body on the connection, where the next request would wait behind it.
    const refused = await post(picture, { at: '/api/parsed/v1', headers: { connection: 'close' } });
    expect([refused.status, await refused.text()]).toEqual([413, 'Body exceeded 1mb limit']);
  });

  it('accepts what Next has parsed', async () => {
    const whole = await post({}, { at: '/api/parsed/v1' });
    expect(await whole.json()).toMatchObject({ object: 'chat.completion' });
    expect((await readSse(await post({ stream: true }, { at: '/api/parsed/v1' }))).at(-1)).toBe('[DONE]');
  });

  it('does not affect the rest of the app, and lists what is served beside it', async () => {
    expect(await (await fetch(`${app.origin}/api/hello`)).text()).toBe('host');
    const elsewhere = await fetch(`${app.origin}/api/v1/embeddings`, { method: 'POST', body: '{}' });
    expect(elsewhere.status).toBe(404);
    expect(await elsewhere.json()).toMatchObject({ error: { code: 'unknown_url' } });
  });

  it('causes no warning of Next', () => {
    expect(app.complaints).toBe('');
  });
});
