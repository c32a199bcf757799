import express from 'express';
import { describe, expect, it, vi } from 'vitest';
import { GatewayError, type AttemptRecord, type GatewayOptions } from '../../src/index.js';
import { completion, error, hang, json, type FakeUpstream } from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const AFTER_MS = 500;

/** An upstream that responds with its name, each time when `respond` is called. */
interface Held {
  readonly upstream: FakeUpstream;
  /** The request that waits for its response gets it. */
  respond(): Promise<void>;
}

async function held(name: string): Promise<Held> {
  const clock = new FakeClock();
  const upstream = await upstreamFor({ script: completion(name, { delayMs: 1 }), clock });
  return {
    upstream,
    async respond() {
      await vi.waitFor(() => expect(clock.pending.size).toBeGreaterThan(0));
      clock.advance(1);
    },
  };
}

/** A gateway over two or more upstreams whose clock stands still, and the records of its calls. */
async function hedgedOver(upstreams: readonly FakeUpstream[], options: Partial<GatewayOptions> = {}) {
  const clock = new FakeClock();
  const records: AttemptRecord[] = [];
  const set = await gatewayOver(
    upstreams,
    {
      clock,
      hedging: { delayMs: AFTER_MS },
      hooks: { afterAttempt: ({ record }) => void records.push(record) },
      ...options,
    },
    (gateway) => express().use('/v1/metrics', gateway.metrics).use(gateway),
  );
  return { ...set, clock, records };
}

type Hedged = Awaited<ReturnType<typeof hedgedOver>>;

const saidBy = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { choices: [{ message: { content: string } }] }).choices[0].message.content;

const outcomes = ({ records }: Hedged): unknown[] =>
  records.map(({ attempt, outcome, possiblyBilled }) => [attempt, outcome, possiblyBilled]);

const readMetrics = async ({ baseUrl }: Hedged): Promise<string> => {
  const response = await fetch(`${baseUrl}/metrics`, { headers: { authorization: 'Bearer demo-key' } });
  return response.text();
};

const post = (set: Hedged, body: object = {}, init?: RequestInit): Promise<Response> => {
  const response = set.post(body, init);
  // A test that fails before it awaits this must not be blamed for a rejection on top.
  response.catch(() => {});
  return response;
};

describe('if the first call is slow', () => {
  it('the second one responds, and the first is aborted', async () => {
    const [slow, quick] = [await held('slow'), await upstreamFor(completion('quick'))];
    const set = await hedgedOver([slow.upstream, quick]);

    const pending = post(set);
    const first = await slow.upstream.nextRequest();
    set.clock.advance(AFTER_MS);
    const response = await pending;

    expect(await saidBy(response)).toBe('quick');
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
    expect((await slow.upstream.closed(first)).closedBy).toBe('client');
    expect(outcomes(set)).toEqual([
      [1, 'superseded', true],
      [2, 'ok', false],
    ]);
    expect(set.gateway.status().endpoints.map(({ readiness }) => readiness?.inFlight)).toEqual([0, 0]);
  });

  it('the first may still respond first, and the second is aborted', async () => {
    const [slow, slower] = [await held('slow'), await held('slower')];
    const set = await hedgedOver([slow.upstream, slower.upstream]);

    const pending = post(set);
    await slow.upstream.nextRequest();
    set.clock.advance(AFTER_MS);
    const second = await slower.upstream.nextRequest();
    await slow.respond();

    expect(await saidBy(await pending)).toBe('slow');
    expect((await slower.upstream.closed(second)).closedBy).toBe('client');
    expect(outcomes(set)).toEqual([
      [2, 'superseded', true],
      [1, 'ok', false],
    ]);
  });

  it('a third is not called', async () => {
    const upstreams = [await held('a'), await held('b'), await held('c')];
    const set = await hedgedOver(upstreams.map(({ upstream }) => upstream));

    const pending = post(set);
    await upstreams[0]!.upstream.nextRequest();
    set.clock.advance(AFTER_MS);
    await upstreams[1]!.upstream.nextRequest();
    await set.clock.advanceAsync(10 * AFTER_MS);
    await upstreams[1]!.respond();

    expect(await saidBy(await pending)).toBe('b');
    expect(upstreams[2]!.upstream.ledger).toEqual([]);
  });

  it('a second that fails changes nothing', async () => {
    const [slow, broken] = [await held('slow'), await upstreamFor(error(500))];
    const set = await hedgedOver([slow.upstream, broken]);

    const pending = post(set);
    await slow.upstream.nextRequest();
    set.clock.advance(AFTER_MS);
    await vi.waitFor(() => expect(set.records).toHaveLength(1));
    await slow.respond();

    expect(await saidBy(await pending)).toBe('slow');
    expect(set.records.map(({ outcome }) => outcome)).toEqual(['server_error', 'ok']);
  });

  it('when both fail, the next one is called', async () => {
    const upstreamClock = new FakeClock();
    const late = await upstreamFor({ script: json({}, { status: 500, delayMs: 1 }), clock: upstreamClock });
    const [second, third] = [await upstreamFor(error(503)), await upstreamFor(completion('third'))];
    const set = await hedgedOver([late, second, third]);

    const pending = post(set);
    await late.nextRequest();
    set.clock.advance(AFTER_MS);
    await vi.waitFor(() => expect(set.records).toHaveLength(1));
    await vi.waitFor(() => expect(upstreamClock.pending.size).toBe(1));
    upstreamClock.advance(1);
    await vi.waitFor(async () => {
      await set.clock.advanceAsync(25);
      expect(third.ledger).toHaveLength(1);
    });

    expect(await saidBy(await pending)).toBe('third');
    expect(set.records.map(({ outcome }) => outcome)).toEqual(['overloaded', 'server_error', 'ok']);
  });

  it('a client that disconnects aborts both', async () => {
    const upstreams = [await upstreamFor(hang()), await upstreamFor(hang())];
    const set = await hedgedOver(upstreams);
    const client = new AbortController();

    const pending = post(set, {}, { signal: client.signal });
    const first = await upstreams[0]!.nextRequest();
    set.clock.advance(AFTER_MS);
    const second = await upstreams[1]!.nextRequest();
    client.abort();

    await expect(pending).rejects.toThrow();
    await upstreams[0]!.closed(first);
    await upstreams[1]!.closed(second);
    expect(outcomes(set)).toEqual([
      [1, 'cancelled', true],
      [2, 'cancelled', true],
    ]);
    expect(set.clock.pending.size).toBe(0);
  });

  it('a hook that hangs for the second does not delay the response of the first', async () => {
    const [slow, other] = [await held('slow'), await upstreamFor()];
    let calls = 0;
    const set = await hedgedOver([slow.upstream, other], {
      hooks: {
        beforeAttempt: ({ attempt }) => {
          calls++;
          return attempt === 1 ? undefined : new Promise(() => {});
        },
      },
    });

    const response = post(set);
    await slow.upstream.nextRequest();
    set.clock.advance(AFTER_MS);
    await vi.waitFor(() => expect(calls).toBe(2));
    await slow.respond();

    expect(await saidBy(await response)).toBe('slow');
    expect(other.ledger).toEqual([]);
    expect(set.clock.pending.size).toBe(0);
  });
});

describe('the host’s own code', () => {
  it('must admit the first attempt before another provider is called', async () => {
    const upstreams = [await upstreamFor(), await upstreamFor()];
    let refuse: (() => void) | undefined;
    const set = await hedgedOver(upstreams, {
      hooks: {
        // Later attempts of a request that was let through need no second look.
        beforeAttempt: ({ attempt }) =>
          attempt > 1
            ? undefined
            : new Promise((_resolve, reject) => {
                refuse = () => reject(new GatewayError('invalid_api_key', 'No.'));
              }),
      },
    });

    const pending = post(set);
    await vi.waitFor(() => expect(refuse).toBeDefined());
    await set.clock.advanceAsync(10 * AFTER_MS);
    refuse!();

    expect((await pending).status).toBe(401);
    expect(upstreams.map(({ ledger }) => ledger.length)).toEqual([0, 0]);
  });

  it('does not reduce the time of the first', async () => {
    const [slow, quick] = [await held('slow'), await upstreamFor(completion('quick'))];
    let go: (() => void) | undefined;
    const set = await hedgedOver([slow.upstream, quick], {
      hooks: { beforeAttempt: ({ attempt }) => (attempt > 1 ? undefined : new Promise((resolve) => (go = resolve))) },
    });

    const pending = post(set);
    await vi.waitFor(() => expect(go).toBeDefined());
    await set.clock.advanceAsync(1.5 * AFTER_MS);
    go!();
    await slow.upstream.nextRequest();
    await set.clock.advanceAsync(AFTER_MS - 1);
    expect(quick.ledger).toEqual([]);
    await set.clock.advanceAsync(1);

    expect(await saidBy(await pending)).toBe('quick');
  });

  it('that refuses the second does not cost the first', async () => {
    const [slow, other] = [await held('slow'), await upstreamFor()];
    let refused = 0;
    const set = await hedgedOver([slow.upstream, other], {
      hooks: {
        beforeAttempt: ({ candidate }) => {
          if (candidate.provider !== 'p1') return;
          refused++;
          throw new GatewayError('internal_error', 'Not there.');
        },
      },
    });

    const pending = post(set);
    await slow.upstream.nextRequest();
    set.clock.advance(AFTER_MS);
    await vi.waitFor(() => expect(refused).toBe(1));
    await slow.respond();

    expect(await saidBy(await pending)).toBe('slow');
  });

  it('that makes the response a stored one is called once', async () => {
    const [slow, other] = [await held('slow'), await upstreamFor()];
    const set = await hedgedOver([slow.upstream, other], {
      hooks: { beforeAttempt: ({ request }) => ({ request: { ...request, store: true } }) },
    });

    const pending = post(set);
    await slow.upstream.nextRequest();
    await set.clock.advanceAsync(10 * AFTER_MS);
    await slow.respond();

    expect(await saidBy(await pending)).toBe('slow');
    expect(other.ledger).toEqual([]);
  });

  it('of the second is given up before the first is delivered: nothing is counted twice', async () => {
    const [slow, other] = [await held('slow'), await upstreamFor()];
    const seen: string[] = [];
    let hooked = 0;
    const set = await hedgedOver([slow.upstream, other], {
      hooks: {
        beforeAttempt: ({ attempt }) => {
          hooked++;
          return attempt === 1 ? undefined : new Promise(() => {});
        },
        afterAttempt: ({ record }) => void seen.push(record.outcome),
        afterResponse: ({ attempts }) => void seen.push(`then ${attempts.map(({ outcome }) => outcome).join()}`),
      },
    });

    const pending = post(set);
    await slow.upstream.nextRequest();
    set.clock.advance(AFTER_MS);
    await vi.waitFor(() => expect(hooked).toBe(2));
    await slow.respond();
    await saidBy(await pending);

    await vi.waitFor(() => expect(seen).toHaveLength(3));
    expect(seen).toEqual(['superseded', 'ok', 'then ok,superseded']);
    const metrics = await readMetrics(set);
    expect(metrics.match(/^gen_ai_client_token_usage_count\{.*$/gm)).toHaveLength(2);
  });
});

it('rejects an invalid request at once, although the second has not responded', async () => {
  const upstreamClock = new FakeClock();
  const strict = await upstreamFor({
    script: json({ error: { message: 'too long' } }, { status: 400, delayMs: 1 }),
    clock: upstreamClock,
  });
  const other = await upstreamFor(hang());
  const set = await hedgedOver([strict, other]);

  const pending = post(set);
  await strict.nextRequest();
  set.clock.advance(AFTER_MS);
  const second = await other.nextRequest();
  await vi.waitFor(() => expect(upstreamClock.pending.size).toBe(1));
  upstreamClock.advance(1);

  expect((await pending).status).toBe(400);
  await other.closed(second);
});

describe('no second provider is called', () => {
  const withoutSecond: readonly [string, object, Partial<GatewayOptions>][] = [
    ['without the option', {}, { hedging: false }],
    ['for a stream', { stream: true }, {}],
    ['for a response that is stored at the provider', { store: true }, {}],
    ['for a search', { web_search_options: {} }, {}],
    ['for what providers do besides', { plugins: [{ id: 'web' }] }, {}],
    ["with a caller's own key", { provider_configs: { p0: { api_key: 'callers-own' } } }, {}],
    ['at a provider for which the caller has a key', { provider_configs: { p1: { api_key: 'callers-own' } } }, {}],
    ['where one call is allowed', {}, { maxAttempts: 1 }],
    ['where the caller wants no other', { provider_only: ['p0'] }, {}],
    ['before enough responses are known', {}, { hedging: true }],
  ];

  it.each(withoutSecond)('%s', async (_about, body, options) => {
    const [slow, other] = [await held('slow'), await upstreamFor()];
    const set = await hedgedOver([slow.upstream, other], options);

    const pending = post(set, body);
    await slow.upstream.nextRequest();
    await set.clock.advanceAsync(10 * AFTER_MS);
    await slow.respond();

    const response = await pending;
    expect(response.status).toBe(200);
    await response.text();
    expect(other.ledger).toEqual([]);
  });

  it('that has another model', async () => {
    const [slow, other] = [await held('slow'), await upstreamFor()];
    const { baseUrl } = slow.upstream;
    const set = await hedgedOver([], {
      providers: { p0: { baseUrl, models: ['m'] }, p1: { baseUrl: other.baseUrl, models: ['n'] } },
    });

    const pending = post(set, { models: ['n'] });
    await slow.upstream.nextRequest();
    await set.clock.advanceAsync(10 * AFTER_MS);
    await slow.respond();

    expect(await saidBy(await pending)).toBe('slow');
    expect(other.ledger).toEqual([]);
  });

  it('if the other one is at its limit', async () => {
    const [slow, full] = [await held('slow'), await upstreamFor(hang())];
    const set = await hedgedOver([slow.upstream, full], { maxInFlightPerProvider: 1 });
    const client = new AbortController();
    post(set, { provider_only: ['p1'] }, { signal: client.signal });
    await full.nextRequest();

    const pending = post(set);
    await slow.upstream.nextRequest();
    await set.clock.advanceAsync(10 * AFTER_MS);
    await slow.respond();

    expect(await saidBy(await pending)).toBe('slow');
    expect(full.ledger).toHaveLength(1);
    client.abort();
  });
});

it('lets a probe come to its own end', async () => {
  const [recovering, other] = [await held('recovered'), await upstreamFor(completion('other'))];
  recovering.upstream.enqueue(...Array.from({ length: 5 }, () => error(500)));
  const set = await hedgedOver([recovering.upstream, other]);
  const body = { provider_order: ['p0', 'p1'] };
  for (let failed = 1; failed <= 5; failed++) {
    const pending = post(set, body);
    await vi.waitFor(async () => {
      await set.clock.advanceAsync(25);
      expect(other.ledger).toHaveLength(failed);
    });
    await saidBy(await pending);
  }
  const breaker = () => set.gateway.status().endpoints[0]!.readiness!.breaker.state;
  expect(breaker()).toBe('open');
  await set.clock.advanceAsync(33_000);

  const pending = post(set, body);
  await vi.waitFor(() => expect(recovering.upstream.ledger).toHaveLength(6));
  await set.clock.advanceAsync(10 * AFTER_MS);
  expect(other.ledger).toHaveLength(5);
  await recovering.respond();
  expect(await saidBy(await pending)).toBe('recovered');
  expect(breaker()).toBe('closed');
});

it('is paid from the upper half of the retry budget, and not given back', async () => {
  const [slow, quick] = [await upstreamFor(hang()), await upstreamFor(completion('quick'))];
  const set = await hedgedOver([slow, quick]);
  const hedge = async (): Promise<void> => {
    const pending = post(set);
    await slow.nextRequest();
    set.clock.advance(AFTER_MS);
    expect(await saidBy(await pending)).toBe('quick');
  };

  // 250 of 500 tokens, 14 each.
  for (let request = 0; request < 17; request++) await hedge();
  expect(quick.ledger).toHaveLength(17);

  const client = new AbortController();
  post(set, {}, { signal: client.signal });
  await slow.nextRequest();
  await set.clock.advanceAsync(10 * AFTER_MS);
  expect(quick.ledger).toHaveLength(17);
  client.abort();

  // The rest is for failures.
  slow.always(error(500));
  const pending = post(set);
  await vi.waitFor(async () => {
    await set.clock.advanceAsync(25);
    expect(quick.ledger).toHaveLength(18);
  });
  expect(await saidBy(await pending)).toBe('quick');
});

it('treats as slow what is slower than 95 % of the responses of its endpoint, from 20 on', async () => {
  const [first, second] = [await held('first'), await held('second')];
  const set = await hedgedOver([first.upstream, second.upstream], { hedging: true });
  const respondAfter = async (ms: number): Promise<void> => {
    const pending = post(set);
    await first.upstream.nextRequest();
    set.clock.advance(ms);
    await first.respond();
    expect(await saidBy(await pending)).toBe('first');
  };
  await respondAfter(9_000);
  for (let request = 1; request < 20; request++) await respondAfter(100 * request);

  // The 19th of 20 took 1,900 ms.
  const pending = post(set);
  await first.upstream.nextRequest();
  await set.clock.advanceAsync(1_899);
  expect(second.upstream.ledger).toEqual([]);
  set.clock.advance(1);
  await second.respond();
  expect(await saidBy(await pending)).toBe('second');
  // And so does who is superseded: else what is slow would look quick, the more it is.
  expect(set.records.at(-2)).toMatchObject({ outcome: 'superseded', durationMs: 1_900 });
});

describe('the option', () => {
  const wrong: readonly [string, object, RegExp][] = [
    ['a number', { hedging: 5 }, /hedging must be true, false or \{ delayMs \}, got 5/],
    ['a misspelt member', { hedging: { delayms: 5 } }, /hedging: unknown option "delayms"\. Did you mean "delayMs"\?/],
    ['no time', { hedging: { delayMs: 0 } }, /hedging\.delayMs must be a number of milliseconds/],
    [
      'against retryNonIdempotent: false',
      { hedging: true, retryNonIdempotent: false },
      /hedging .* retryNonIdempotent: false/,
    ],
  ];

  it.each(wrong)('is refused: %s', async (_about, options, message) => {
    await expect(gatewayOver([await upstreamFor()], options)).rejects.toThrow(message);
  });
});
