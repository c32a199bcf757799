import { describe, expect, it } from 'vitest';
import { createCache, type Cache } from '../../src/cache/cache.js';
import type { StageOutcome } from '../../src/request/context.js';
import { GatewayError } from '../../src/errors/gateway-error.js';
import type { CacheOptions } from '../../src/options/cache-types.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  completion,
  settled,
  streamOf,
  upstream,
  USAGE,
  ticket,
  type TicketOptions,
  type AttemptTicket,
} from './support.js';

const STREAM: TicketOptions = { request: { stream: true } };
const OUTAGE = new GatewayError('bad_gateway', 'The upstream is down.');

interface Runner extends AttemptTicket {
  /** What the stage came to, once it has. */
  outcome: StageOutcome | undefined;
}

interface Bench {
  readonly cache: Cache;
  readonly clock: FakeClock;
  send(options?: TicketOptions): Promise<Runner>;
  sendMany(count: number, options?: TicketOptions): Promise<Runner[]>;
}

function bench(coalesce: CacheOptions['coalesce'] = true, options: CacheOptions = {}): Bench {
  const clock = new FakeClock();
  const cache = createCache({ coalesce, ...options }, { clock, hasTenants: true });
  const start = (options: TicketOptions = {}): Runner => {
    const runner: Runner = { ...ticket({ startedAt: clock.now(), ...options }), outcome: undefined };
    void (async () => {
      runner.outcome = await cache.stage(runner.context);
    })();
    return runner;
  };
  return {
    cache,
    clock,
    async send(options) {
      const runner = start(options);
      await settled();
      return runner;
    },
    async sendMany(count, options) {
      const runners = Array.from({ length: count }, () => start(options));
      await settled();
      return runners;
    },
  };
}

describe('coalescing', () => {
  it('makes one upstream call of 1,000 equal requests', async () => {
    const { sendMany, cache } = bench();
    const runners = await sendMany(1_000);
    const callers = runners.filter(({ outcome }) => outcome === 'next');
    expect(callers).toHaveLength(1);
    upstream.whole(callers[0]!.context);
    await settled();
    expect(runners.every(({ client }) => client.completion.choices[0]?.message?.content === 'Hello')).toBe(true);
    expect(runners.filter(({ outcome }) => outcome === 'responded')).toHaveLength(999);
    expect(cache.statistics()).toMatchObject({ coalesced: 999, stores: 1, misses: 1_000 });
  });

  it('is off by default', async () => {
    const { sendMany } = bench(false);
    const runners = await sendMany(2);
    expect(runners.map(({ outcome }) => outcome)).toEqual(['next', 'next']);
  });

  it('reports to a follower the provider that responded, and a cost of 0', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(), await send()];
    upstream.whole(leader.context);
    await settled();
    expect(follower.context).toMatchObject({
      cacheStatus: 'HIT',
      served: { provider: 'alpha', slug: 'alpha' },
      outcome: { complete: true, finishReason: 'stop', usage: USAGE, costUsd: 0 },
    });
    expect(leader.context.cacheStatus).toBe('MISS');
  });

  const apart: [string, TicketOptions, TicketOptions][] = [
    ['two tenants', {}, { caller: 'tenant-b' }],
    ['two requests', {}, { request: { seed: 1 } }],
    ['a stream and a whole response', {}, STREAM],
    [
      'a stream with usage and one without',
      STREAM,
      { request: { stream: true, stream_options: { include_usage: true } } },
    ],
    ['one who wants a fresh response', {}, { cacheControl: 'no-cache' }],
    ['one who wants nothing kept', {}, { cacheControl: 'no-store' }],
  ];
  it.each(apart)('keeps %s apart', async (_, one, other) => {
    const { send } = bench();
    expect((await send(one)).outcome).toBe('next');
    expect((await send(other)).outcome).toBe('next');
  });

  it('yields to the cache once the response is stored', async () => {
    const { send } = bench();
    const leader = await send(STREAM);
    upstream.stream(leader.context);
    // Sent in the same turn, before the response has reached the store.
    const [close, later] = [await send(STREAM), await send(STREAM)];
    expect(close.client.ending).toBe('done');
    expect(later.client.ending).toBe('done');
  });

  it('does not affect requests after a response that is not stored', async () => {
    const { send } = bench();
    const leader = await send();
    upstream.whole(leader.context, completion('x', { finish_reason: 'content_filter' }));
    await settled();
    expect((await send()).outcome).toBe('next');
  });
});

describe('a shared stream', () => {
  it('reaches every follower live', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    const payloads = streamOf('one two');
    upstream.open(leader.context);
    leader.context.sink.event(payloads[0]!);
    leader.context.sink.event(payloads[1]!);
    expect(follower.client.events).toEqual(payloads.slice(0, 2));
    expect(follower.outcome).toBeUndefined();
    for (const payload of payloads.slice(2)) leader.context.sink.event(payload);
    upstream.done(leader.context);
    await settled();
    expect(follower.client.events).toEqual(payloads);
    expect(follower.client.ending).toBe('done');
    expect(leader.client.events).toEqual(payloads);
    expect(follower.outcome).toBe('responded');
  });

  it('is whole for those who join late', async () => {
    const { send } = bench();
    const leader = await send(STREAM);
    const payloads = streamOf('one two three');
    upstream.open(leader.context);
    for (const payload of payloads.slice(0, 3)) leader.context.sink.event(payload);
    const late = await send(STREAM);
    expect(late.client.events).toEqual(payloads.slice(0, 3));
    for (const payload of payloads.slice(3)) leader.context.sink.event(payload);
    upstream.done(leader.context);
    expect(late.client.events).toEqual(payloads);
  });

  it('ends in the same error for all, when it breaks after it began', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    upstream.open(leader.context);
    leader.context.sink.event(streamOf('x')[0]!);
    leader.context.sink.fail(OUTAGE);
    await settled();
    expect(leader.client.ending).toBe(OUTAGE);
    expect(follower.client.ending).toBe(OUTAGE);
    expect(follower.outcome).toBe('responded');
    expect(follower.context.outcome?.complete).toBe(false);
    expect((await send(STREAM)).outcome).toBe('next');
  });

  it('goes at the speed of its fastest reader', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    const { sink } = leader.context;
    upstream.open(leader.context);
    leader.client.room = 1;
    expect(sink.event('{"n":1}')).toBe(true);
    expect(follower.client.events).toHaveLength(1);

    follower.client.room = 1;
    expect(sink.event('{"n":2}')).toBe(false);
    let resumed = 0;
    sink.onDrain(() => void resumed++);
    await settled();
    expect(resumed).toBe(0);
    follower.client.drain();
    expect(resumed).toBe(1);
    leader.client.drain();
    expect(resumed).toBe(1);
    expect(leader.client.events).toEqual(['{"n":1}', '{"n":2}']);
  });

  it('continues when the slow reader disconnects', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    upstream.open(leader.context);
    leader.client.room = 1;
    follower.client.room = 1;
    expect(leader.context.sink.event('{}')).toBe(false);
    let resumed = false;
    leader.context.sink.onDrain(() => {
      resumed = true;
    });
    leader.client.drain();
    expect(resumed).toBe(true);
    leader.disconnect();
    follower.client.drain();
    upstream.done(leader.context);
    await settled();
    expect(follower.client.ending).toBe('done');
  });

  it('keeps no more than its limit: the slowest reader gets an error, and no request joins late', async () => {
    const { send } = bench({ maxBufferBytes: 100 });
    const [leader, slow] = [await send(STREAM), await send(STREAM)];
    const payload = JSON.stringify('x'.repeat(58));
    upstream.open(leader.context);
    slow.client.room = 1;
    leader.context.sink.event(payload);
    leader.context.sink.event(payload);
    // What both have read makes room; what only one has read does not.
    expect(slow.client.ending).toBeUndefined();
    leader.context.sink.event(payload);
    expect(slow.client.ending).toMatchObject({ code: 'server_is_overloaded' });
    expect(leader.client.events).toHaveLength(3);
    expect((await send(STREAM)).outcome).toBe('next');
    upstream.done(leader.context);
    expect(leader.client.ending).toBe('done');
  });

  it('slows the upstream down rather than send the last reader away', async () => {
    const { send } = bench({ maxBufferBytes: 100 });
    const leader = await send(STREAM);
    upstream.open(leader.context);
    leader.client.room = 1;
    expect(leader.context.sink.event('x'.repeat(90))).toBe(false);
    expect(leader.context.sink.event('x'.repeat(90))).toBe(false);
    expect(leader.client.ending).toBeUndefined();
    leader.client.drain();
    expect(leader.client.events).toHaveLength(2);
  });

  it('lets a slow reader finish after the upstream has', async () => {
    const { send } = bench();
    const [leader, slow] = [await send(STREAM), await send(STREAM)];
    const payloads = streamOf('one two three');
    slow.client.room = 1;
    upstream.stream(leader.context, payloads);
    await settled();
    expect(slow.outcome).toBeUndefined();
    slow.client.drain(2);
    slow.client.drain();
    await settled();
    expect(slow.client.events).toEqual(payloads);
    expect(slow.outcome).toBe('responded');
  });
});

describe('a leader that disconnects', () => {
  it('does not affect its followers', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    leader.disconnect();
    expect(leader.context.cancelSignal.aborted).toBe(false);
    upstream.stream(leader.context, streamOf('Hello'));
    await settled();
    expect(follower.client.events).toEqual(streamOf('Hello'));
    expect(follower.outcome).toBe('responded');
    expect((await send(STREAM)).outcome).toBe('responded');
  });

  it('in the middle of a stream does not affect its followers either', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    const payloads = streamOf('one two');
    upstream.open(leader.context);
    leader.context.sink.event(payloads[0]!);
    leader.disconnect();
    for (const payload of payloads.slice(1)) expect(leader.context.sink.event(payload)).toBe(true);
    upstream.done(leader.context);
    expect(leader.client.events).toHaveLength(1);
    expect(follower.client.events).toEqual(payloads);
  });

  it('ends the call when it was the last who waited', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(), await send()];
    follower.disconnect();
    expect(leader.context.cancelSignal.aborted).toBe(false);
    leader.disconnect();
    expect(leader.context.cancelSignal.aborted).toBe(true);
    await settled();
    expect(follower.outcome).toBe('responded');
    expect((await send()).outcome).toBe('next');
  });

  it('ends the call when the last follower disconnects after it', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    leader.disconnect();
    upstream.open(leader.context);
    follower.disconnect();
    expect(leader.context.cancelSignal.aborted).toBe(true);
  });
});

describe('a leader that fails', () => {
  it('is replaced by one follower, and the others wait on', async () => {
    const { send, sendMany } = bench();
    const leader = await send();
    const followers = await sendMany(3);
    leader.context.sink.fail(OUTAGE);
    await settled();
    expect(leader.client.ending).toBe(OUTAGE);
    expect(followers.map(({ outcome }) => outcome)).toEqual(['next', undefined, undefined]);

    upstream.whole(followers[0]!.context);
    await settled();
    expect(followers.every(({ client }) => client.ending === 'done')).toBe(true);
    expect(followers.map(({ context }) => context.cacheStatus)).toEqual(['MISS', 'HIT', 'HIT']);
    expect((await send()).outcome).toBe('responded');
  });

  it('is replaced once: the second failure goes to all subscribers', async () => {
    const { send, sendMany } = bench();
    const leader = await send();
    const followers = await sendMany(3);
    leader.context.sink.fail(OUTAGE);
    await settled();
    const again = new GatewayError('upstream_timeout', 'Too slow.');
    followers[0]!.context.sink.fail(again);
    await settled();
    expect(followers.map(({ client }) => client.ending)).toEqual([again, again, again]);
    expect((await send()).outcome).toBe('next');
  });

  it('is not replaced where the request itself is at fault', async () => {
    const { send, sendMany } = bench();
    const leader = await send();
    const followers = await sendMany(3);
    const fault = new GatewayError('upstream_rejected', 'Bad image.');
    leader.context.sink.fail(fault);
    await settled();
    expect(followers.map(({ client }) => client.ending)).toEqual([fault, fault, fault]);
  });

  it('is replaced for a 429, which passes', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(), await send()];
    leader.context.sink.fail(new GatewayError('rate_limit_exceeded', 'Slow down.'));
    await settled();
    expect(follower.outcome).toBe('next');
  });

  it('is replaced after its own client has disconnected', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(), await send()];
    leader.disconnect();
    leader.context.sink.fail(OUTAGE);
    await settled();
    expect(follower.outcome).toBe('next');
    upstream.whole(follower.context);
    expect(follower.client.ending).toBe('done');
  });

  it('is replaced when its error was sent by another handler', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(), await send()];
    leader.finish();
    await settled();
    expect(follower.outcome).toBe('next');
  });

  it('leaks nothing if it was alone', async () => {
    const { send } = bench();
    const leader = await send();
    leader.context.sink.fail(OUTAGE);
    expect(leader.client.ending).toBe(OUTAGE);
    const next = await send();
    expect(next.outcome).toBe('next');
    next.finish();
    expect((await send()).outcome).toBe('next');
  });

  it('has no effect any more', async () => {
    const { send } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    leader.context.sink.fail(OUTAGE);
    await settled();
    leader.context.sink.fail(OUTAGE);
    leader.context.sink.done();
    expect(follower.client.ending).toBeUndefined();
    upstream.stream(follower.context);
    expect(follower.client.ending).toBe('done');
  });

  it('hands over to a follower that has just disconnected, for the remaining ones', async () => {
    const { send } = bench();
    const [leader, second, third] = [await send(), await send(), await send()];
    leader.context.sink.fail(OUTAGE);
    second.disconnect();
    await settled();
    expect(second.outcome).toBe('next');
    expect(second.context.cancelSignal.aborted).toBe(false);
    upstream.whole(second.context);
    await settled();
    expect(third.client.ending).toBe('done');
  });
});

describe('a follower', () => {
  it('makes its own call when nothing has arrived for too long', async () => {
    const { send, clock } = bench();
    const [leader, follower] = [await send(), await send()];
    clock.advance(4_999);
    await settled();
    expect(follower.outcome).toBeUndefined();
    clock.advance(1);
    await settled();
    expect(follower.outcome).toBe('next');
    upstream.whole(follower.context);
    upstream.whole(leader.context);
    expect(follower.client.ending).toBe('done');
    expect(leader.client.ending).toBe('done');
  });

  it('stays once its stream has begun, however slow that is', async () => {
    const { send, clock } = bench();
    const [leader, follower] = [await send(STREAM), await send(STREAM)];
    upstream.open(leader.context);
    clock.advance(60_000);
    await settled();
    expect(follower.outcome).toBeUndefined();
    expect(clock.pending.size).toBe(0);
  });

  it('makes its own call if too many wait already', async () => {
    const { sendMany } = bench({ maxSubscribers: 2 });
    const runners = await sendMany(5);
    expect(runners.map(({ outcome }) => outcome)).toEqual(['next', undefined, undefined, 'next', 'next']);
  });

  it('that disconnects is not written to', async () => {
    const { send, clock } = bench();
    const [leader, follower] = [await send(), await send()];
    follower.disconnect();
    await settled();
    expect(follower.outcome).toBe('responded');
    upstream.whole(leader.context);
    expect(follower.client.head).toBeUndefined();
    expect(clock.pending.size).toBe(0);
  });
});
