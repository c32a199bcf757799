import OpenAI from 'openai';
import { createClient } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redact, redisStore } from '../../src/index.js';
import { chat, error, reset } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { hasRedis, startRedis } from '../stores/redis-server.js';
import { readSse } from '../support/read-sse.js';

interface ReceivedResponse {
  id: string;
  choices: { message: { content: string } }[];
  usage: { total_tokens: number };
}

const STREAM = { stream: true };
const TWO_KEYS = { keys: ['demo-key', 'other-key'], cache: {} };
const bearer = (key: string): RequestInit => ({ headers: { authorization: `Bearer ${key}` } });

/** The text of a stream. */
async function textOf(response: Response): Promise<string> {
  const payloads = await readSse(response);
  expect(payloads.at(-1)).toBe('[DONE]');
  const chunks = payloads
    .slice(0, -1)
    .map((payload) => JSON.parse(payload) as { choices: { delta: { content?: string } }[] });
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
}

describe('the cache on the path of a request', () => {
  it('sends the same text under a new id the second time, with x-nordlys-cache: HIT', async () => {
    const upstream = await upstreamFor(chat('Hello there.'));
    const { post, gateway } = await gatewayOver([upstream], { cache: {} });
    const first = await post({});
    expect(first.headers.get('x-nordlys-cache')).toBe('MISS');
    const one = (await first.json()) as ReceivedResponse;

    const second = await post({});
    expect(second.headers.get('x-nordlys-cache')).toBe('HIT');
    expect(second.headers.get('age')).toBe('0');
    expect(second.headers.get('content-type')).toBe('application/json');
    expect(second.headers.get('x-nordlys-provider')).toBe('p0');
    expect(second.headers.get('x-nordlys-attempts')).toBe('0');
    const two = (await second.json()) as ReceivedResponse;
    expect(two.choices).toEqual(one.choices);
    expect(two.usage).toEqual(one.usage);
    expect(two.id).not.toBe(one.id);
    expect(upstream.ledger).toHaveLength(1);
    expect(gateway.status().cache).toMatchObject({ hits: 1, misses: 1, stores: 1, entries: 1 });
  });

  it.each([
    ['a member that is left out', '"tools":[],', {}],
    ['a hook that changes nothing', '', { hooks: { beforeRoute: () => undefined } }],
    ['a guard that changes the prompt', '', { guards: { input: [redact()] } }],
  ])('calls the upstream for each long number, with %s', async (_what, member, options) => {
    const upstream = await upstreamFor(chat('Hello.'));
    const { post } = await gatewayOver([upstream], { cache: {}, ...options });
    const statuses: (string | null)[] = [];
    for (const seed of ['9007199254740993', '9007199254740992', '9007199254740993']) {
      const messages = '[{"role":"user","content":"I am a@example.com"}]';
      const response = await post({}, { body: `{"model":"m",${member}"messages":${messages},"seed":${seed}}` });
      statuses.push(response.headers.get('x-nordlys-cache'));
      await response.text();
    }
    expect(statuses).toEqual(['MISS', 'MISS', 'HIT']);
    expect(upstream.ledger.map(({ text }) => /"seed":(\d+)/.exec(text)?.[1])).toEqual([
      '9007199254740993',
      '9007199254740992',
    ]);
  });

  it('calls the upstream once for each tenant', async () => {
    const upstream = await upstreamFor(chat('Hello.'));
    const { post } = await gatewayOver([upstream], TWO_KEYS);
    await post({}, bearer('demo-key'));
    await post({}, bearer('other-key'));
    expect(upstream.ledger).toHaveLength(2);
  });

  it('serves a stream from a whole response and a whole response from a stream, as the openai client wants them', async () => {
    const upstream = await upstreamFor(chat('One two three.'));
    const { baseUrl } = await gatewayOver([upstream], { cache: {} });
    const client = new OpenAI({ apiKey: 'demo-key', baseURL: baseUrl, maxRetries: 0 });
    const bodyOf = (content: string) => ({ model: 'm', messages: [{ role: 'user' as const, content }] });

    await client.chat.completions.create(bodyOf('whole first'));
    const streamed = await client.chat.completions.stream(bodyOf('whole first')).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe('One two three.');

    await client.chat.completions.stream(bodyOf('stream first')).finalChatCompletion();
    const whole = await client.chat.completions.create(bodyOf('stream first'));
    expect(whole.choices[0]?.message.content).toBe('One two three.');
    expect(whole.usage?.total_tokens).toBeGreaterThan(0);
    expect(upstream.ledger).toHaveLength(2);
  });

  it('obeys Cache-Control', async () => {
    const upstream = await upstreamFor(chat('Hello.'));
    const { post } = await gatewayOver([upstream], { cache: {} });
    const say = (cacheControl: string) => post({}, { headers: { 'cache-control': cacheControl } });
    const refused = await say('only-if-cached');
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
      504,
      'only_if_cached',
    ]);
    await say('no-store');
    await say('no-cache');
    expect(upstream.ledger).toHaveLength(2);
    expect((await say('max-age=60')).headers.get('x-nordlys-cache')).toBe('HIT');
  });

  it('does not store half a response', async () => {
    const upstream = await upstreamFor(reset({ after: 3 }));
    const { post } = await gatewayOver([upstream], { cache: {}, maxAttempts: 1 });
    for (let turn = 0; turn < 2; turn++) await (await post(STREAM)).text();
    expect(upstream.ledger).toHaveLength(2);
  });

  it('does not store responses to a key of the caller’s own', async () => {
    const upstream = await upstreamFor(chat('Hello.'));
    const { post } = await gatewayOver([upstream], { cache: {} });
    const body = { provider_configs: { p0: { api_key: 'own' } } };
    expect((await post(body)).headers.get('x-nordlys-cache')).toBe('BYPASS');
    await post(body);
    expect(upstream.ledger).toHaveLength(2);
  });
});

describe('coalescing on the path of a request', () => {
  it.each([
    ['whole responses', {}],
    ['streams', STREAM],
  ])('makes one upstream call of 1,000 equal requests for %s', async (_, form) => {
    const upstream = await upstreamFor(chat('One response for all.', { delayMs: 20 }));
    const { post } = await gatewayOver([upstream], { cache: { coalesce: true }, maxInFlightPerCaller: 2_000 });
    const texts = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const response = await post(form);
        return 'stream' in form
          ? textOf(response)
          : ((await response.json()) as ReceivedResponse).choices[0]?.message.content;
      }),
    );
    expect(new Set(texts)).toEqual(new Set(['One response for all.']));
    expect(upstream.ledger).toHaveLength(1);
  });

  it('continues for the others if the client of the first request disconnects', async () => {
    const upstream = await upstreamFor(chat('Word after word after word.', { delayMs: 20 }));
    const { post } = await gatewayOver([upstream], { cache: { coalesce: true } });
    const controller = new AbortController();
    const leader = await post(STREAM, { signal: controller.signal });
    const follower = await post(STREAM);
    controller.abort();
    await expect(leader.text()).rejects.toThrow();
    expect(await textOf(follower)).toBe('Word after word after word.');
    expect(follower.headers.get('x-nordlys-cache')).toBe('HIT');
    expect(upstream.ledger).toHaveLength(1);
  });

  it('closes the upstream when all clients have disconnected', async () => {
    const upstream = await upstreamFor(chat('Word after word after word after word.', { delayMs: 200 }));
    const { post } = await gatewayOver([upstream], { cache: { coalesce: true } });
    const controller = new AbortController();
    const responses = await Promise.all([
      post(STREAM, { signal: controller.signal }),
      post(STREAM, { signal: controller.signal }),
    ]);
    const entry = await upstream.nextRequest();
    controller.abort();
    await Promise.allSettled(responses.map((response) => response.text()));
    expect((await upstream.closed(entry)).completed).toBe(false);
  });

  it('calls at most twice when the upstream is down, and all clients get the error', async () => {
    const upstream = await upstreamFor(error(500));
    const { post } = await gatewayOver([upstream], { cache: { coalesce: true }, maxAttempts: 1 });
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await post({})).status));
    expect(statuses.every((status) => status >= 500)).toBe(true);
    // Those who arrive after the second failure begin anew.
    expect(upstream.ledger.length).toBeLessThan(20);
  });
});

describe.skipIf(!hasRedis)('two gateways with one Redis (skipped where redis-server is not installed)', () => {
  it('serve each other’s responses, and continue on their own when Redis is down', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.kill());
    const upstream = await upstreamFor(chat('Hello.'));
    const gateways = await Promise.all(
      [1, 2].map(async () => {
        const client = createClient({ socket: { host: '127.0.0.1', port: redis.port, reconnectStrategy: false } });
        client.on('error', () => undefined);
        await client.connect();
        onTestFinished(() => (client.isOpen ? client.destroy() : undefined));
        return gatewayOver([upstream], { cache: { store: redisStore(client, { prefix: 'two:' }) } });
      }),
    );
    const [one, other] = gateways as [(typeof gateways)[0], (typeof gateways)[0]];
    await (await one.post({})).text();
    // The write is not waited for.
    await expect
      .poll(async () => (await other.post({}, { headers: { 'cache-control': 'only-if-cached' } })).status)
      .toBe(200);
    expect((await other.post({})).headers.get('x-nordlys-cache')).toBe('HIT');
    expect(upstream.ledger).toHaveLength(1);

    await redis.kill();
    const responses = await Promise.all(Array.from({ length: 20 }, (_, seed) => other.post({ seed })));
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
    expect((await other.post({})).headers.get('x-nordlys-cache')).toBe('HIT');
  });
});
