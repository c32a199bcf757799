import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chat, json, raw, sse, type ScriptSource } from '../../src/testing/index.js';
import { textOf } from '../faults/fixtures.js';
import { readSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const SHORT = { connectMs: 400, headersMs: 400, firstChunkMs: 400, idleMs: 400 };
const whole = (message: unknown, choice: object = {}, more: object = {}): object => ({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message, finish_reason: 'stop', ...choice }],
  ...more,
});
const SAID = whole({ role: 'assistant', content: 'said' });

async function over(script: ScriptSource, options: object = {}) {
  return gatewayOver([await upstreamFor(script), await upstreamFor(chat('spare'))], { timeouts: SHORT, ...options });
}

interface Completion {
  readonly choices: readonly { readonly message: Record<string, unknown>; readonly finish_reason: unknown }[];
}

async function messageOf(response: Response): Promise<Record<string, unknown>> {
  return ((await response.json()) as Completion).choices[0]!.message;
}

describe('a whole response', () => {
  it.each([201, 202, 203])('with the status %i is one', async (status) => {
    const { post } = await over(json(SAID, { status }));
    for (const stream of [false, true]) expect(await textOf(await post({ stream }))).toBe('said');
  });

  it.each([202, 204])('with the status %i and no completion in it is none', async (status) => {
    const { post } = await over(json({ id: 'job', status: 'queued' }, { status }));
    expect(await textOf(await post({}))).toBe('spare');
  });

  it.each(['identity', 'utf-8', 'UTF8', 'none', '', 'identity, utf-8'])('encoded as “%s” is not', async (coding) => {
    const { post } = await over(json(SAID, { headers: { 'content-encoding': coding } }));
    expect(await textOf(await post({}))).toBe('said');
  });

  it.each([
    ['zstd', zstdCompressSync],
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['Identity, ZSTD', zstdCompressSync],
  ] as const)('in %s is read', async (coding, compress) => {
    const body = compress(Buffer.from(JSON.stringify(SAID)));
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`;
    const { post } = await over(raw([head, body]));
    expect(await textOf(await post({}))).toBe('said');
  });

  it('in an unknown coding is none', async () => {
    const { post } = await over(json(SAID, { headers: { 'content-encoding': 'pack200-gzip' } }));
    expect(await textOf(await post({}))).toBe('spare');
  });

  it.each(['length', 'content_filter'])('without a message, ended by %s, is not bought again', async (reason) => {
    const { post, upstreams } = await over(json({ choices: [{ index: 0, finish_reason: reason }] }));
    const response = await post({});
    expect(((await response.json()) as Completion).choices[0]).toMatchObject({
      finish_reason: reason,
      message: { content: '' },
    });
    const payloads = await readSse(await post({ stream: true }));
    expect(payloads.join('')).toContain(`"finish_reason":"${reason}"`);
    expect(upstreams[1]!.ledger).toHaveLength(0);
  });

  it.each([
    { choices: [{ index: 0, finish_reason: 'stop' }] },
    { choices: [{ index: 0 }] },
    { choices: [{ message: 'x' }] },
  ])('like %o is none', async (body) => {
    const { post } = await over(json(body));
    expect(await textOf(await post({}))).toBe('spare');
  });

  it.each([
    { code: 500, msg: 'boom', success: false },
    { detail: 'boom' },
    { base_resp: { status_code: 1002, status_msg: 'boom' }, choices: null },
    { error_code: 17, error_msg: 'boom' },
    [{ error: { code: 503, message: 'boom' } }],
    { Response: { Error: { Code: 'InternalError', Message: 'boom' } } },
  ])('%o is an error', async (body) => {
    const { post } = await over(json(body));
    for (const stream of [false, true]) expect(await textOf(await post({ stream }))).toBe('spare');
  });

  it.each([null, undefined, '0'])('with the index %s has a number', async (index) => {
    const { post } = await over(
      json({ choices: [{ index, message: { role: 'assistant', content: 'said' }, finish_reason: 'stop' }] }),
    );
    expect(await (await post({})).json()).toMatchObject({ choices: [{ index: 0, message: { content: 'said' } }] });
  });

  it('with an empty finish reason has none', async () => {
    const { post } = await over(json(whole({ role: 'assistant', content: 'said' }, { finish_reason: '' })));
    expect(await (await post({})).json()).toMatchObject({ choices: [{ finish_reason: null }] });
  });

  it('in OpenAI’s form reaches the client byte by byte', async () => {
    const text = `{"choices":[ {"index":0,"message":{"content":"a","n":1.0e2},"finish_reason":"stop"}],"big":12345678901234567890}`;
    const { post } = await over(json(text));
    expect(await (await post({})).text()).toBe(text);
  });
});

describe('content as a list of parts', () => {
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] };
  const reference = { type: 'reference', reference_ids: [1] };
  const message = {
    role: 'assistant',
    content: [thinking, { type: 'text', text: 'See ' }, reference, { type: 'text', text: 'for more' }],
  };
  const flat = { content: 'See for more', reasoning_content: 'Hm.', content_parts: [reference] };
  const delta = (content: unknown, finish_reason: string | null = null): object => ({
    choices: [{ index: 0, delta: { content }, finish_reason }],
  });
  const streamed = sse([
    delta([{ type: 'thinking', thinking: [{ type: 'text', text: 'H' }] }]),
    delta([{ type: 'thinking', thinking: [{ type: 'text', text: 'm.' }] }]),
    delta('See '),
    delta([reference]),
    delta([{ type: 'text', text: 'for more' }]),
    delta(null, 'stop'),
    '[DONE]',
  ]);
  const inForm: ScriptSource = (request) =>
    (request.json as { stream?: boolean }).stream === true ? streamed : json(whole(message));

  it.each([
    ['whole → whole, then from the cache', json(whole(message)), false],
    ['stream → whole, then from the cache', streamed, false],
    ['whole → stream, then from the cache', json(whole(message)), true],
    ['stream → stream, then from the cache', streamed, true],
    ['each → each', inForm, true],
  ] as const)('%s: nothing is lost', async (_path, script, firstStreams) => {
    const { post, upstreams } = await over(script, { cache: { maxEntries: 9 } });
    for (const stream of [firstStreams, !firstStreams, firstStreams]) {
      const response = await post({ stream });
      if (stream) expect(assembled(await readSse(response))).toMatchObject(flat);
      else expect(await messageOf(response)).toMatchObject(flat);
    }
    expect(upstreams[0]!.ledger).toHaveLength(1);
  });

  /** As a client puts it together that knows nothing of lists in `content`. */
  function assembled(payloads: readonly string[]): object {
    const said = { content: '', reasoning_content: '', content_parts: [] as unknown[] };
    for (const payload of payloads.filter((text) => text !== '[DONE]')) {
      const { choices } = JSON.parse(payload) as { choices: readonly { delta: Partial<typeof said> }[] };
      const { content, reasoning_content, content_parts } = choices[0]!.delta;
      said.content += content ?? '';
      said.reasoning_content += reasoning_content ?? '';
      said.content_parts.push(...(content_parts ?? []));
    }
    return said;
  }
});
