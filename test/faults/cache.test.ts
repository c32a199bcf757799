import { describe, expect, it } from 'vitest';
import { redisStore } from '../../src/index.js';
import { chat, error, reset, stream, type ScriptSource } from '../../src/testing/index.js';
import { IllRedis } from './failing-redis.js';
import { alone, faultyAndSpare, SPARE, textOf } from './fixtures.js';

const BODY = { messages: [{ role: 'user', content: 'the same' }] };

describe('F31 a gateway that was killed as it wrote', () => {
  it.each([0, 1, 10, 40])(
    'wrote only the first %i bytes of a value: the next request calls the upstream',
    async (length) => {
      const client = new IllRedis();
      const first = await alone(chat('whole'), { cache: { store: redisStore(client, { l1: false }) } });
      expect(await textOf(await first.post(BODY))).toBe('whole');
      await expect.poll(() => client.values.size).toBe(1);
      for (const [key, value] of client.values) client.values.set(key, value.subarray(0, length));
      expect(await textOf(await first.post(BODY))).toBe('whole');
      expect(first.faulty.ledger).toHaveLength(2);
    },
  );
});

describe('F32 Redis', () => {
  it.each(['fails', 'hangs'] as const)('%s: every request gets a response, at most 50 ms later', async (mode) => {
    const client = new IllRedis(mode);
    const { post } = await alone(chat('fine'), { cache: { store: redisStore(client) } });
    for (let time = 0; time < 12; time++) {
      const startedAt = performance.now();
      expect(await textOf(await post({ ...BODY, seed: time, stream: time % 2 === 0 }))).toBe('fine');
      expect(performance.now() - startedAt).toBeLessThan(250);
    }
  });
});

describe('F33 equal requests at once', () => {
  const shared = { cache: { coalesce: true, shared: true } } as const;
  const all = (count: number, post: () => Promise<Response>): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, async () => textOf(await post())));

  it.each([false, true])('a thousand of them are one upstream call (stream: %s)', async (streamed) => {
    const { post, faulty } = await alone(
      streamed ? stream('for all', { headDelayMs: 1_500 }) : chat('for all', { delayMs: 1_500 }),
      { ...shared, timeouts: {} },
    );
    const texts = await all(1_000, () => post({ ...BODY, stream: streamed }));
    expect(new Set(texts)).toEqual(new Set(['for all']));
    expect(faulty.ledger).toHaveLength(1);
  });

  it('when the first call fails there is one more', async () => {
    const script: ScriptSource = chat('second try', { delayMs: 200 });
    const { post, faulty } = await alone(script, shared);
    faulty.enqueue(error(503, undefined, {}));
    const texts = await Promise.allSettled(Array.from({ length: 50 }, async () => textOf(await post(BODY))));
    expect(faulty.ledger.length).toBeLessThanOrEqual(2);
    expect(texts.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(49);
  });

  it('when the first client disconnects, the others get their response from the same call', async () => {
    const { post, faulty } = await alone(chat('for the rest', { delayMs: 300 }), shared);
    const controller = new AbortController();
    const aborted = post(BODY, { signal: controller.signal }).catch(() => 'aborted');
    await faulty.nextRequest();
    const others = all(20, () => post(BODY));
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    expect(await aborted).toBe('aborted');
    expect(new Set(await others)).toEqual(new Set(['for the rest']));
    expect(faulty.ledger).toHaveLength(1);
  });

  it('half a response is not kept for the next', async () => {
    const { post, faulty } = await faultyAndSpare(reset({ after: 3 }), shared);
    const broken = await (await post({ ...BODY, stream: true })).text();
    expect(broken).not.toContain('[DONE]');
    faulty.always(error(500));
    expect(await textOf(await post({ ...BODY, stream: true }))).toBe(SPARE);
  });
});

describe('F34 a full Redis, a value that is too large', () => {
  it('is a miss the next time, and no error', async () => {
    const client = new IllRedis('is full');
    const store = redisStore(client, { l1: false, maxValueBytes: 2_000 });
    const { post, faulty } = await alone(chat('fine'), { cache: { store } });
    for (let time = 0; time < 2; time++) expect(await textOf(await post(BODY))).toBe('fine');
    faulty.always(chat('x'.repeat(5_000)));
    for (let time = 0; time < 2; time++) expect((await textOf(await post({ ...BODY, seed: 1 }))).length).toBe(5_000);
    expect(faulty.ledger).toHaveLength(4);
    expect(client.values.size).toBe(0);
  });
});
