import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { ChatChunk } from '../../src/index.js';
import { chat, json, raw, sse } from '../../src/testing/index.js';
import { responseCases, scriptOf, type ResponseCase } from '../fixtures/response-cases.js';
import { readSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor, type Set } from './fixtures.js';

// Only `sse-idle-timeout` waits for these; the others end long before.
const timeouts = { idleMs: 400, firstChunkMs: 5_000 };

async function gatewayFor(row: ResponseCase): Promise<Set> {
  return gatewayOver([await upstreamFor(scriptOf(row))], { maxAttempts: 1, timeouts });
}

/** What a client reads from events: by choice, its content and why it ended. */
function assembled(payloads: readonly string[]): {
  content: string[];
  refusal: string[];
  finish: string[];
  usage: unknown;
  error: boolean;
} {
  const result: ReturnType<typeof assembled> = { content: [], refusal: [], finish: [], usage: undefined, error: false };
  for (const payload of payloads) {
    if (payload === '[DONE]') break;
    const chunk = JSON.parse(payload) as ChatChunk & { error?: unknown };
    if (chunk.error !== undefined) result.error = true;
    if (chunk.usage) result.usage = chunk.usage;
    for (const { index = 0, delta, finish_reason } of chunk.choices ?? []) {
      if (typeof delta?.content === 'string') result.content[index] = (result.content[index] ?? '') + delta.content;
      if (typeof delta?.['refusal'] === 'string')
        result.refusal[index] = (result.refusal[index] ?? '') + delta['refusal'];
      if (finish_reason) result.finish[index] = finish_reason;
    }
  }
  return result;
}

describe('what an upstream sends, as the client gets it', () => {
  it.each(responseCases.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const { post } = await gatewayFor(row);
    const response = await post(row.request);
    const { deliver } = row;
    expect(response.status).toBe(deliver.status);
    expect(response.headers.get('content-type')).toContain(deliver.content_type);
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    for (const [name, value] of Object.entries(deliver.headers ?? {})) expect(response.headers.get(name)).toBe(value);

    if (deliver.content_type?.includes('event-stream') === true) {
      const payloads = await readSse(response);
      if (deliver.data !== undefined) expect(payloads.map(parsed)).toEqual(deliver.data.map(parsed));
      const { content, refusal, finish, usage, error } = deliver.result ?? {};
      const got = assembled(payloads);
      if (content !== undefined) expect(got.content).toEqual(content);
      if (refusal !== undefined) expect(got.refusal).toEqual(refusal);
      if (finish !== undefined) expect(got.finish).toEqual(finish);
      if (usage !== undefined) expect(got.usage).toEqual(usage);
      expect(got.error).toBe(error ?? false);
      expect(payloads.includes('[DONE]')).toBe(error !== true);
    } else {
      const body: unknown = await response.json();
      if (deliver.body !== undefined) expect(body).toEqual(deliver.body);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  const parsed = (payload: string): unknown => (payload === '[DONE]' ? payload : JSON.parse(payload));

  it('keeps the digits of numbers', async () => {
    const payload =
      '{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop","logprobs":{"content":[{"token":"x","logprob":-5.4e-6,"big":12345678901234567890}]}}]}';
    const { post } = await gatewayOver([await upstreamFor(sse([payload]))]);
    expect((await readSse(await post({ stream: true })))[0]).toBe(payload);
  });

  it('delivers an event of 20 MB, and refuses one of 40', async () => {
    const event = (size: number): object => ({
      choices: [{ index: 0, delta: { content: 'x'.repeat(size) }, finish_reason: 'stop' }],
    });
    const { post, upstreams } = await gatewayOver([await upstreamFor(sse([event(20_000_000)]))], { maxAttempts: 1 });
    const payloads = await readSse(await post({ stream: true }));
    expect(payloads[0]!.length).toBeGreaterThan(20_000_000);
    upstreams[0]!.always(sse([event(40_000_000)]));
    expect((await post({ stream: true })).status).toBe(502);
  });

  it.each([1e9, -1, 0.5, '1000000000', 'x', true])(
    'an index of %s is a broken event, not the client’s memory',
    async (index) => {
      const { post } = await gatewayOver(
        [await upstreamFor(sse([{ choices: [{ index, delta: { content: 'x' }, finish_reason: 'stop' }] }]))],
        { maxAttempts: 1 },
      );
      expect((await post({ stream: true })).status).toBe(502);
    },
  );

  it('does not take a bomb for a response', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(200_000_000, ' '));
    const { post } = await gatewayOver(
      [
        await upstreamFor(
          raw([
            `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`,
            bomb,
          ]),
        ),
      ],
      { maxAttempts: 1 },
    );
    const before = process.memoryUsage().rss;
    expect((await post({})).status).toBe(502);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  it('lets nothing of the upstream’s headers through', async () => {
    const { post } = await gatewayOver([
      await upstreamFor(
        json(
          JSON.parse('{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}'),
          {
            headers: {
              'set-cookie': 'a=b',
              location: 'http://x/',
              'access-control-allow-origin': '*',
              server: 'evil',
              'www-authenticate': 'Basic',
              'x-api-key': 'k',
              'openai-organization': 'org-1',
              'alt-svc': 'h3',
              'strict-transport-security': 'max-age=1',
              'clear-site-data': '"*"',
            },
          },
        ),
      ),
    ]);
    const response = await post({});
    expect([...response.headers.keys()].toSorted()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
      'server-timing',
      'x-nordlys-attempts',
      'x-nordlys-model',
      'x-nordlys-provider',
      'x-request-id',
    ]);
  });
});

describe('the same request, directly and through the gateway', () => {
  const rows = responseCases.filter(({ upstream }) => upstream.status === 200 && upstream.end === 'clean');

  it.each(rows.map((row) => [row.name, row] as const))(
    '%s: the openai client gets the same, or an error where it was fooled',
    async (_name, row) => {
      const set = await gatewayFor(row);
      const direct = await read(set.upstreams[0]!.baseUrl, row);
      const through = await read(set.baseUrl, row);
      if (through.error === undefined) {
        // Where the direct client could not read the response, or got nothing, ours may be better but never other.
        if (direct.error === undefined && direct.text !== '') expect(through).toEqual(direct);
      } else if (direct.error === undefined) {
        expect(row.deliver.mode).toMatch(/error|transform/);
      }
    },
  );

  async function read(
    baseURL: string,
    row: ResponseCase,
  ): Promise<{ text: string; finish: string | null | undefined; error: unknown }> {
    const client = new OpenAI({ baseURL, apiKey: 'demo-key', maxRetries: 0 });
    const request = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }], ...row.request };
    let text = '';
    let finish: string | null | undefined;
    try {
      if (row.request.stream === true) {
        for await (const chunk of (await client.chat.completions.create({
          ...request,
          stream: true,
        } as never)) as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>) {
          text += chunk.choices[0]?.delta.content ?? '';
          finish = chunk.choices[0]?.finish_reason ?? finish;
        }
      } else {
        const completion = (await client.chat.completions.create({
          ...request,
          stream: false,
        } as never)) as unknown as OpenAI.ChatCompletion;
        text = completion.choices?.[0]?.message.content ?? '';
        finish = completion.choices?.[0]?.finish_reason;
      }
      return { text, finish, error: undefined };
    } catch (error) {
      return { text: '', finish: undefined, error };
    }
  }
});

describe('many at once', () => {
  it('streams do not mix', async () => {
    const upstream = await upstreamFor((request) =>
      chat(`response to ${String((request.json as { user: string }).user)}`, { delayMs: 1 }),
    );
    const { post } = await gatewayOver([upstream], { maxInFlightPerCaller: 1_000 });
    const users = Array.from({ length: 200 }, (_, index) => `caller-${index}`);
    const texts = await Promise.all(
      users.map(async (user, index) => assembledText(await post({ user, stream: index % 2 === 0 }))),
    );
    expect(texts).toEqual(users.map((user) => `response to ${user}`));
  });

  async function assembledText(response: Response): Promise<string> {
    if (response.headers.get('content-type')?.includes('event-stream') === true)
      return assembled(await readSse(response)).content[0] ?? '';
    return ((await response.json()) as { choices: [{ message: { content: string } }] }).choices[0].message.content;
  }
});
