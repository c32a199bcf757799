import { expect, it } from 'vitest';
import { getContext } from '../../src/index.js';
import { chat, completion } from '../../src/testing/index.js';
import { readSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

it('a body that came before is served from the cache by its bytes, to its own caller only', async () => {
  const upstream = await upstreamFor();
  const { post, gateway } = await gatewayOver([upstream], { keys: ['demo-key', 'other-key'], cache: {} });
  expect((await post({})).headers.get('x-nordlys-cache')).toBe('MISS');
  const hit = await post({});
  expect(hit.headers.get('x-nordlys-cache')).toBe('HIT');
  expect(hit.headers.get('x-nordlys-provider')).toBe('p0');
  expect(await hit.json()).toMatchObject({ object: 'chat.completion' });
  expect((await post({}, { headers: { authorization: 'Bearer other-key' } })).headers.get('x-nordlys-cache')).toBe(
    'MISS',
  );
  expect((await readSse(await post({ stream: true }))).at(-1)).toBe('[DONE]');
  expect((await readSse(await post({ stream: true }))).at(-1)).toBe('[DONE]');
  expect(upstream.ledger).toHaveLength(2);
  expect(await (await post({}, { headers: { 'x-nordlys-dry-run': 'plan' } })).json()).toMatchObject({
    candidates: [{ slug: 'p0' }],
  });
  gateway.update({ renamed: { baseUrl: upstream.baseUrl, models: ['m'] } });
  expect((await post({})).headers.get('x-nordlys-provider')).toBe('renamed');
});

it.each([
  ['short', 1],
  ['long', 1_000],
])('a %s response in any script is replayed unchanged', async (_length, times) => {
  const words = 'Grüße, 你好 🙂 '.repeat(times);
  const counted = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, größe: '大 🙂' };
  const upstream = await upstreamFor(completion(words, { usage: counted }));
  const { post } = await gatewayOver([upstream], { cache: {} });
  await (await post({})).text();
  for (let turn = 0; turn < 3; turn++) {
    const hit = await post({});
    expect(hit.headers.get('x-nordlys-cache')).toBe('HIT');
    const text = await hit.text();
    expect(hit.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(JSON.parse(text)).toMatchObject({ choices: [{ message: { content: words } }], usage: counted });
  }
});

it('a store is read once per request, also if it holds nothing', async () => {
  // What was filtered is never kept.
  const upstream = await upstreamFor(completion('…', { finishReason: 'content_filter' }));
  let calls = 0;
  // Marks of purges begin with `!`, and are read twice a second at most.
  const store = { get: (key: string) => void (calls += key.startsWith('!') ? 0 : 1), set() {}, delete() {} };
  const { post } = await gatewayOver([upstream], { cache: { store } });
  for (let time = 1; time <= 3; time++) {
    const response = await post({});
    expect(response.headers.get('x-nordlys-cache')).toBe('MISS');
    await response.text();
    expect(calls).toBe(time);
  }
  expect((await post({}, { headers: { 'cache-control': 'only-if-cached' } })).status).toBe(504);
  expect(calls).toBe(4);
});

it('what a store has shortened is nothing', async () => {
  const upstream = await upstreamFor(completion('A whole response.'));
  let kept: Uint8Array | undefined;
  const store = {
    get: () => kept?.subarray(0, -10),
    set: (_key: string, value: Uint8Array) => void (kept = value),
    delete() {},
  };
  const { post } = await gatewayOver([upstream], { cache: { store } });
  for (let time = 1; time <= 3; time++) {
    const response = await post({});
    expect(response.headers.get('x-nordlys-cache')).toBe('MISS');
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'A whole response.' } }] });
  }
});

it('a hook that decides sees repeated requests as well', async () => {
  const upstream = await upstreamFor(chat('hello'));
  let calls = 0;
  const { post } = await gatewayOver([upstream], { cache: {}, hooks: { beforeRoute: () => void calls++ } });
  for (let time = 0; time < 3; time++) await (await post({})).text();
  expect(calls).toBe(3);
  expect(upstream.ledger).toHaveLength(1);
});

it('a hook that runs afterwards can see the request, which is parsed only then', async () => {
  const upstream = await upstreamFor(chat('hello'));
  const seen: object[] = [];
  const { post } = await gatewayOver([upstream], {
    cache: {},
    hooks: {
      afterResponse(state) {
        const { request, route } = getContext(state.req);
        const before = { routed: route !== undefined, read: request !== undefined };
        seen.push({ cache: state.cache, ...before, request: state.request });
      },
    },
  });
  const body = { user: 'u', metadata: { long: 'x'.repeat(500) } };
  for (let time = 0; time < 3; time++) await (await post(body)).text();
  const request = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body };
  expect(seen).toEqual([
    { cache: 'MISS', routed: true, read: true, request },
    { cache: 'HIT', routed: false, read: false, request },
    { cache: 'HIT', routed: false, read: false, request },
  ]);

  const large = { user: 'x'.repeat(70_000) };
  for (let time = 0; time < 2; time++) await (await post(large)).text();
  expect(seen.at(-1)).toMatchObject({ cache: 'HIT', routed: true, request: large });
});

it('is served from the cache the second time, however many endpoints could have been drawn', async () => {
  const upstreams = await Promise.all([upstreamFor(), upstreamFor(), upstreamFor()]);
  const providers = Object.fromEntries(
    upstreams.map(({ baseUrl }, index) => [
      `p${index}`,
      { baseUrl, apiKey: 'k', models: { m: { pricing: { prompt: 1, completion: 1 } } } },
    ]),
  );
  let draws = 0;
  // Every request is drawn to another one.
  const random = (): number => (draws++ % 3) / 3;
  const { post } = await gatewayOver(upstreams, { providers, random, cache: {} });
  for (let body = 0; body < 12; body++) {
    const question = { messages: [{ role: 'user', content: `question ${body}` }] };
    // Other bytes, the same request; and bytes that came before.
    const requests = [question, { ...question, stream: false }, question];
    const seen = [];
    for (const one of requests) seen.push((await post(one)).headers.get('x-nordlys-cache'));
    expect(seen).toEqual(['MISS', 'HIT', 'HIT']);
  }
  expect(upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0)).toBe(12);
  expect(upstreams.every(({ ledger }) => ledger.length > 0)).toBe(true);
});

it('is called once for all concurrent requests, however many endpoints could have been drawn', async () => {
  const upstreams = await Promise.all([upstreamFor(), upstreamFor(), upstreamFor()]);
  const providers = Object.fromEntries(
    upstreams.map(({ baseUrl }, index) => [
      `p${index}`,
      { baseUrl, apiKey: 'k', models: { m: { pricing: { prompt: 1, completion: 1 } } } },
    ]),
  );
  const { post } = await gatewayOver(upstreams, { providers, random: Math.random, cache: { coalesce: true } });
  const responses = await Promise.all(Array.from({ length: 60 }, () => post({})));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  expect(upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0)).toBe(1);
});

it('is not changed by a hook that changes what it got for the last one', async () => {
  const upstream = await upstreamFor();
  const { post } = await gatewayOver([upstream], {
    cache: {},
    hooks: {
      afterResponse({ usage }) {
        if (usage !== undefined) Object.assign(usage, { prompt_tokens: 1_000_000 });
      },
    },
  });
  const usages = [];
  for (let turn = 0; turn < 4; turn++) usages.push(((await (await post({})).json()) as { usage: object }).usage);
  expect(new Set(usages.map((usage) => JSON.stringify(usage))).size).toBe(1);
  expect(upstream.ledger).toHaveLength(1);
});
