import { describe, expect, it } from 'vitest';
import { blockPatterns, redact, type Gateway, type GuardVerdict, type OutputGuard } from '../../src/index.js';
import { chat, sse } from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { FIXTURES } from './fixtures.js';
import { chunk, deferred, world } from './support.js';

const cache = { maxEntries: 100, ttlMs: 60_000 };
const cacheStatus = ({ headers }: { headers: Readonly<Record<string, unknown>> }) => headers['x-nordlys-cache'];

describe('with a cache', () => {
  it.each(FIXTURES)('$type $value is redacted in hits too, whole and streamed', async ({ type, value }) => {
    const { upstream, post } = await world({ cache, guards: { output: [redact()] } });
    upstream.always(chat(`To ${value}.`));
    for (const stream of [true, true, false]) {
      const received = await post({ stream });
      expect(received.completion.choices[0]!.message!.content).toBe(`To ⟨${type}⟩.`);
      expect(received.raw).not.toContain(JSON.stringify(value).slice(1, -1));
    }
    expect(upstream.ledger).toHaveLength(1);
  });

  it('a blocked response is not kept', async () => {
    const { upstream, post } = await world({ cache, guards: { output: [blockPatterns({ patterns: [/bad/] })] } });
    upstream.enqueue(chat('bad'), chat('bad'), chat('good'), chat('none'));
    for (const stream of [true, false]) expect((await post({ stream })).status).toBe(400);
    expect(cacheStatus(await post())).toBe('MISS');
    expect(cacheStatus(await post())).toBe('HIT');
    expect(upstream.ledger).toHaveLength(3);
  });

  it('a response that is blocked after its last byte is not kept', async () => {
    const verdict = deferred<GuardVerdict>();
    const guard: OutputGuard = {
      name: 'late',
      mode: 'whole',
      onError: 'closed',
      timeoutMs: 10_000,
      check: () => verdict.promise,
    };
    const { upstream, post } = await world({ cache, guards: { output: [guard] } });
    upstream.enqueue(chat('one'), chat('two'));
    const first = post({ stream: true });
    await upstream.nextRequest();
    verdict.resolve({ block: true });
    expect((await first).status).toBe(400);
    expect((await post({ stream: true })).status).toBe(400);
    expect(upstream.ledger).toHaveLength(2);
  });

  it('a hit passes the guards of its own caller', async () => {
    const guard: OutputGuard = {
      name: 'by caller',
      onError: 'closed',
      check: (_, { caller }) => (caller?.['isChild'] === true ? { block: true } : 'pass'),
    };
    const { upstream, post } = await world({
      keys: undefined,
      verifyKey: (key: string) => ({ id: key, isChild: key === 'child' }),
      cache: { ...cache, shared: true },
      guards: { output: [guard] },
    } as never);
    upstream.always(chat('adult'));
    expect(cacheStatus(await post())).toBe('MISS');
    expect((await post({}, ['x-api-key: child'])).status).toBe(400);
    expect((await post({ stream: true }, ['x-api-key: child'])).status).toBe(400);
    expect(cacheStatus(await post())).toBe('HIT');
    expect(upstream.ledger).toHaveLength(1);
  });

  it('guards of the prompt are called for hits too', async () => {
    let isOpen = true;
    const { post } = await world({
      cache,
      guards: { input: [{ name: 'g', onError: 'closed', check: () => (isOpen ? 'pass' : { block: true }) }] },
    });
    expect((await post()).status).toBe(200);
    expect(cacheStatus(await post())).toBe('HIT');
    isOpen = false;
    expect((await post()).status).toBe(400);
  });

  it('other guards, or another version, find nothing of it', async () => {
    const entries = new Map<string, Uint8Array>();
    const store = {
      get: async (key: string) => entries.get(key),
      set: async (key: string, value: Uint8Array) => void entries.set(key, value),
      delete: async (key: string) => void entries.delete(key),
    };
    // The endpoint is part of the key, so all gateways name the same one.
    const { upstream } = await world();
    const providers = { p: { baseUrl: upstream.baseUrl, apiKey: 'x', models: ['m'] } };
    const pass = (version: string): OutputGuard => ({ name: 'g', version, onError: 'open', check: () => 'pass' });
    for (const [guards, status] of [
      [undefined, 'MISS'],
      [{ output: [pass('1')] }, 'MISS'],
      [{ output: [pass('1')] }, 'HIT'],
      [{ output: [pass('2')] }, 'MISS'],
      [{ output: [redact()] }, 'MISS'],
      [{ input: [redact()] }, 'MISS'],
      [{ input: [redact()] }, 'HIT'],
      [undefined, 'HIT'],
    ] as const) {
      const { post } = await world({ cache: { store }, guards, providers });
      expect(cacheStatus(await post()), JSON.stringify(guards)).toBe(status);
    }
  });
});

/** Waits until `count` requests have missed the cache: they share a call from then on. */
async function joined(gateway: Gateway, count: number): Promise<void> {
  await expect.poll(() => gateway.status().cache?.misses).toBe(count);
}

/** Lets the upstream go on until `work` is done. */
async function whileTimePasses<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  while (!isDone) await clock.advanceAsync(100);
  return done;
}

describe('with requests that share an upstream call', () => {
  it('each is redacted, and each restores its own values', async () => {
    const clock = new FakeClock();
    const { upstream, gateway, post } = await world(
      { cache: { ...cache, coalesce: true }, guards: { output: [redact()] } },
      clock,
    );
    upstream.always(
      sse([chunk({ content: 'To a@exa' }), 100, chunk({ content: 'mple.com.' }), chunk({}, 0, 'stop'), '[DONE]']),
    );
    const all = Array.from({ length: 5 }, () => post({ stream: true }));
    await joined(gateway, 5);
    for (const { completion, raw } of await whileTimePasses(clock, Promise.all(all))) {
      expect(completion.choices[0]!.message!.content).toBe('To ⟨email⟩.');
      expect(raw).not.toContain('exa');
    }
    expect(upstream.ledger).toHaveLength(1);
  });

  it.each([0, 1, 2])('a block of caller %s does not affect the responses of the others', async (child) => {
    const guard: OutputGuard = {
      name: 'by caller',
      window: 1,
      onError: 'closed',
      check: ({ text }, { caller }) =>
        caller?.id === `caller-${child}` && text.includes('wo') ? { block: true } : 'pass',
    };
    const clock = new FakeClock();
    const options = {
      keys: undefined,
      verifyKey: (key: string) => ({ id: key }),
      cache: { ...cache, shared: true, coalesce: true },
      guards: { output: [guard] },
    };
    const { upstream, gateway, post } = await world(options as never, clock);
    upstream.always(
      sse([
        chunk({ content: 'one ' }),
        100,
        chunk({ content: 'two ' }),
        100,
        chunk({ content: 'three' }),
        chunk({}, 0, 'stop'),
        '[DONE]',
      ]),
    );
    const requests: ReturnType<typeof post>[] = [];
    for (const caller of [0, 1, 2]) {
      requests.push(post({ stream: true }, [`x-api-key: caller-${caller}`]));
      if (caller === 0) await upstream.nextRequest();
    }
    await joined(gateway, 3);
    for (const [caller, { completion, error, isDone }] of (
      await whileTimePasses(clock, Promise.all(requests))
    ).entries()) {
      if (caller === child) {
        expect([error?.code, isDone]).toEqual(['content_blocked', false]);
        expect(completion.choices[0]!.message!.content).not.toContain('tw');
      } else {
        expect(completion.choices[0]!.message!.content).toBe('one two three');
      }
    }
    expect(upstream.ledger).toHaveLength(1);
  });

  it('a leader that is blocked beside the call gets its error at once, and the call continues for the others', async () => {
    const clock = new FakeClock();
    const verdicts = deferred<void>();
    const options = {
      keys: undefined,
      verifyKey: (key: string) => ({ id: key }),
      cache: { ...cache, shared: true, coalesce: true },
      guards: {
        input: [
          {
            name: 'g',
            mode: 'beside',
            onError: 'closed',
            check: async (_: unknown, { caller }: { caller: { id: string } | undefined }) => {
              await verdicts.promise;
              return caller?.id === 'leader' ? { block: true } : 'pass';
            },
          },
        ],
      },
    };
    const { upstream, gateway, post } = await world(options as never, clock);
    upstream.always(sse([chunk({ content: 'one ' }), 400, chunk({ content: 'two' }), chunk({}, 0, 'stop'), '[DONE]']));
    const leader = post({ stream: true }, ['x-api-key: leader']);
    await upstream.nextRequest();
    const follower = post({ stream: true }, ['x-api-key: follower']);
    await joined(gateway, 2);
    verdicts.resolve();
    expect((await leader).status).toBe(400);
    expect(upstream.ledger[0]!.completed).toBe(false);
    expect((await whileTimePasses(clock, follower)).completion.choices[0]!.message!.content).toBe('one two');
    expect(upstream.ledger).toHaveLength(1);
  });

  it('the call is aborted when all who share it are blocked', async () => {
    const { upstream, post } = await world({
      cache: { ...cache, coalesce: true },
      guards: { output: [blockPatterns({ patterns: [/bad/] })] },
    });
    upstream.always(sse([chunk({ content: 'bad. ' }), 60_000]));
    const all = await Promise.all([1, 2, 3].map(() => post({ stream: true })));
    expect(all.map(({ status }) => status)).toEqual([400, 400, 400]);
    await upstream.allClosed();
  });
});
