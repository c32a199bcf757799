import { describe, expect, it } from 'vitest';
import { createCache, type Cache } from '../../src/cache/cache.js';
import type { StageOutcome } from '../../src/request/context.js';
import type { CacheStore } from '../../src/contracts/store.js';
import type { CacheOptions } from '../../src/options/cache-types.js';
import { GatewayError, isGatewayError } from '../../src/errors/gateway-error.js';
import { assembleCompletion } from '../../src/chat/assemble.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  completion,
  endpoint,
  settled,
  streamOf,
  upstream,
  USAGE,
  ticket,
  type TicketOptions,
  type AttemptTicket,
} from './support.js';

interface Bench {
  readonly cache: Cache;
  readonly clock: FakeClock;
  /** Sends a request through the stage; on a miss `respond` is the upstream. */
  post(
    options?: TicketOptions,
    respond?: (ticket: AttemptTicket) => void,
  ): Promise<AttemptTicket & { outcome: StageOutcome }>;
}

function bench(options: CacheOptions = {}): Bench {
  const clock = new FakeClock();
  const cache = createCache(options, { clock, hasTenants: true });
  return {
    cache,
    clock,
    async post(
      options = {},
      respond = ({ context }) =>
        context.request?.stream === true ? upstream.stream(context) : upstream.whole(context),
    ) {
      const one = ticket(options);
      const outcome = await cache.stage(one.context);
      if (outcome === 'next') respond(one);
      await settled();
      return { ...one, outcome };
    },
  };
}

describe('the cache', () => {
  it('serves the same request of the same caller without another upstream call', async () => {
    const { post, cache } = bench();
    const first = await post();
    expect(first.outcome).toBe('next');
    expect(first.context.cacheStatus).toBe('MISS');

    const second = await post();
    expect(second.outcome).toBe('responded');
    expect(second.context).toMatchObject({
      cacheStatus: 'HIT',
      served: { provider: 'alpha', model: 'small', slug: 'alpha' },
      outcome: { complete: true, finishReason: 'stop', usage: USAGE, costUsd: 0 },
    });
    expect(second.client.completion).toMatchObject({ object: 'chat.completion', model: 'small-2025', usage: USAGE });
    expect(second.client.completion.choices).toEqual(completion().choices);
    expect(cache.statistics()).toMatchObject({ hits: 1, misses: 1, bypasses: 0, stores: 1, entries: 1 });
  });

  it('responds from memory synchronously', async () => {
    const { post, cache } = bench();
    await post();
    expect(cache.stage(ticket().context)).toBe('responded');
  });

  it('never serves one tenant the response of another', async () => {
    const { post } = bench();
    await post({ caller: 'tenant-a' });
    expect((await post({ caller: 'tenant-b' })).outcome).toBe('next');
  });

  it('serves all callers the same responses with shared: true', async () => {
    const { post } = bench({ shared: true });
    await post({ caller: 'tenant-a' });
    expect((await post({ caller: 'tenant-b' })).outcome).toBe('responded');
    expect((await post({ caller: undefined })).outcome).toBe('responded');
  });

  it('skips requests without a caller', async () => {
    const { post, cache } = bench();
    await post({ caller: undefined });
    const again = await post({ caller: undefined });
    expect(again.outcome).toBe('next');
    expect(again.context.cacheStatus).toBe('BYPASS');
    expect(cache.statistics()).toMatchObject({ bypasses: 2, stores: 0 });
  });

  it('sets a new id and date on each replay', async () => {
    const { post, clock } = bench();
    await post();
    clock.advance(60_000);
    const second = (await post()).client.completion;
    const third = (await post()).client.completion;
    expect(second.id).toMatch(/^chatcmpl-[0-9a-f-]{36}$/);
    expect(second.id).not.toBe(third.id);
    expect(second.id).not.toBe('chatcmpl-upstream');
    expect(second.created).toBe(Math.floor(clock.wallNow() / 1_000));
  });

  it('sends the age of the response', async () => {
    const { post, clock } = bench();
    await post();
    clock.advance(61_900);
    expect((await post()).client.head).toEqual({ status: 200, headers: { age: '61' } });
  });

  it('drops a response when its ttl has passed', async () => {
    const { post, clock } = bench({ ttlMs: 1_000 });
    await post();
    clock.advance(999);
    expect((await post()).outcome).toBe('responded');
    clock.advance(1);
    expect((await post()).outcome).toBe('next');
  });

  it('hands the response on while it is recorded, as it came', async () => {
    const { post } = bench();
    const payloads = streamOf('Hello there');
    const { client } = await post({ request: { stream: true } }, ({ context }) => upstream.stream(context, payloads));
    expect(client.events).toEqual(payloads);
    expect(client.ending).toBe('done');
  });
});

describe('a replay', () => {
  it('serves a stream from a whole response', async () => {
    const { post } = bench();
    await post();
    const { client, context } = await post({ request: { stream: true } });
    expect(client.ending).toBe('done');
    expect(client.chunks[0]?.choices?.[0]?.delta).toMatchObject({ role: 'assistant' });
    expect(assembleCompletion(client.chunks).choices).toEqual(completion().choices);
    expect(client.chunks.some((chunk) => chunk.usage !== undefined)).toBe(false);
    expect(context.outcome).toMatchObject({ complete: true, usage: USAGE, costUsd: 0 });
  });

  it('serves a whole response from a stream, with the usage that the caller of the stream did not get', async () => {
    const { post } = bench();
    await post({ request: { stream: true } }, ({ context }) => upstream.stream(context, streamOf('Hello')));
    const { client } = await post();
    expect(client.completion.choices[0]?.message).toEqual({ role: 'assistant', content: 'Hello', refusal: null });
    expect(client.completion).toMatchObject({ object: 'chat.completion', usage: USAGE });
  });

  it('sends usage at the end of a stream if it was requested', async () => {
    const { post } = bench();
    await post();
    const { client } = await post({ request: { stream: true, stream_options: { include_usage: true } } });
    expect(client.chunks.at(-1)).toMatchObject({ choices: [], usage: USAGE });
  });

  it('can set usage to 0', async () => {
    const { post } = bench({ usageOnHit: 'zero' });
    await post();
    const zero = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    const whole = await post();
    expect(whole.client.completion.usage).toEqual(zero);
    expect(whole.context.outcome?.usage).toEqual(zero);
    const stream = await post({ request: { stream: true, stream_options: { include_usage: true } } });
    expect(stream.client.chunks.at(-1)?.usage).toEqual(zero);
  });

  it('has no usage if none was counted', async () => {
    const { post } = bench();
    const uncounted = completion();
    delete uncounted.usage;
    await post({}, ({ context }) => {
      context.served = { provider: 'alpha', model: 'small', slug: 'alpha' };
      context.sink.json({ status: 200, headers: {} }, Buffer.from(JSON.stringify(uncounted)));
    });
    const { client } = await post();
    expect(client.completion).not.toHaveProperty('usage');
  });

  it('is as fast as its reader, and no faster', async () => {
    const { post, cache } = bench();
    await post();
    const slow = ticket({ request: { stream: true } });
    slow.client.room = 1;
    const outcome = cache.stage(slow.context);
    await settled();
    expect(slow.client.events).toHaveLength(1);
    slow.client.drain(1);
    await settled();
    expect(slow.client.events).toHaveLength(2);
    slow.client.drain();
    expect(await outcome).toBe('responded');
    expect(slow.client.ending).toBe('done');
  });

  it('ends when its reader disconnects', async () => {
    const { post, cache } = bench();
    await post();
    const aborted = ticket({ request: { stream: true } });
    aborted.client.room = 1;
    const outcome = cache.stage(aborted.context);
    await settled();
    aborted.disconnect();
    expect(await outcome).toBe('responded');
    expect(aborted.client.ending).toBeUndefined();
    expect(aborted.context.outcome?.complete).toBe(false);
  });

  it('keeps what it does not know of a response', async () => {
    const { post } = bench();
    const odd = completion(
      'x',
      { native_finish_reason: 'END' },
      { citations: ['https://x'], system_fingerprint: 'fp' },
    );
    await post({}, ({ context }) => upstream.whole(context, odd));
    const { client } = await post();
    expect(client.completion).toMatchObject({ citations: ['https://x'], system_fingerprint: 'fp' });
    expect(client.completion.choices[0]).toMatchObject({ native_finish_reason: 'END' });
  });
});

describe('what is not looked up', () => {
  const requests = [
    { it: 'a request that the provider is to store', request: { store: true } },
    {
      it: "a request with the caller's own provider settings",
      request: { provider_configs: { alpha: { api_key: 'k' } } },
    },
  ];
  it.each(requests)('$it', async ({ request }) => {
    const { post } = bench();
    await post({ request });
    const again = await post({ request });
    expect(again.outcome).toBe('next');
    expect(again.context.cacheStatus).toBe('BYPASS');
  });

  it('a request whose route has overrides', async () => {
    const { post, cache } = bench();
    await post();
    const one = ticket();
    one.context.route = { ...one.context.route!, overrides: new Map() };
    expect(cache.stage(one.context)).toBe('next');
    expect(one.context.cacheStatus).toBe('BYPASS');
  });

  it('empty provider settings are none', async () => {
    const { post } = bench();
    await post({ request: { provider_configs: {} } });
    expect((await post({ request: { provider_configs: {} } })).outcome).toBe('responded');
  });
});

describe('what is not kept', () => {
  const responses = [
    { it: 'an error inside a response', body: completion('x', {}, { error: { message: 'no' } }) },
    { it: 'a refusal', body: completion('', { message: { role: 'assistant', content: null, refusal: 'No.' } }) },
    { it: 'filtered content', body: completion('x', { finish_reason: 'content_filter' }) },
    { it: 'a response that ended in an error', body: completion('x', { finish_reason: 'error' }) },
    { it: 'a response without a reason for its end', body: completion('x', { finish_reason: null }) },
    { it: 'a response without choices', body: { ...completion(), choices: [] } },
    {
      it: 'a response of which one choice is not whole',
      body: { ...completion(), choices: [...completion().choices, { index: 1 }] },
    },
  ];
  it.each(responses)('$it', async ({ body }) => {
    const { post, cache } = bench();
    await post({}, ({ context }) => upstream.whole(context, body));
    expect((await post()).outcome).toBe('next');
    expect(cache.statistics().entries).toBeLessThanOrEqual(1);
  });

  it.each(['length', 'tool_calls', 'function_call'])('but a response that ended by %s is', async (reason) => {
    const { post } = bench();
    await post({}, ({ context }) => upstream.whole(context, completion('x', { finish_reason: reason })));
    expect((await post()).outcome).toBe('responded');
  });

  it('half a stream', async () => {
    const { post } = bench();
    await post({ request: { stream: true } }, ({ context }) => {
      upstream.open(context);
      for (const payload of streamOf('half of').slice(0, 2)) context.sink.event(payload);
      context.sink.fail(new GatewayError('upstream_truncated', 'cut'));
    });
    expect((await post({ request: { stream: true } })).outcome).toBe('next');
  });

  it('a stream that ended without a finish reason', async () => {
    const { post } = bench();
    await post({ request: { stream: true } }, ({ context }) => upstream.stream(context, streamOf('x', null)));
    expect((await post()).outcome).toBe('next');
  });

  it('a stream with an event that cannot be read', async () => {
    const { post } = bench();
    await post({ request: { stream: true } }, ({ context }) => upstream.stream(context, ['{', ...streamOf('x')]));
    expect((await post()).outcome).toBe('next');
  });

  it('a response that is larger than the cache', async () => {
    const { post, cache } = bench({ maxBytes: 300 });
    const long = 'x'.repeat(1_000);
    await post({}, ({ context }) => upstream.whole(context, completion(long)));
    expect((await post()).outcome).toBe('next');
    await post({ request: { stream: true } }, ({ context }) => upstream.stream(context, streamOf(long)));
    expect((await post()).outcome).toBe('next');
    expect(cache.statistics().entries).toBe(0);
  });

  it('a response with another status than 200', async () => {
    const { post } = bench();
    await post({}, ({ context }) => {
      context.served = { provider: 'alpha', model: 'small', slug: 'alpha' };
      context.sink.json({ status: 203, headers: {} }, Buffer.from(JSON.stringify(completion())));
    });
    expect((await post()).outcome).toBe('next');
  });
});

describe('which provider responded', () => {
  it('a response is stored under the endpoint that sent it, not under the planned one', async () => {
    const { post } = bench();
    const [alpha, beta] = [endpoint('alpha'), endpoint('beta')];
    await post({ endpoints: [alpha, beta] }, ({ context }) => upstream.whole(context, completion(), beta));
    expect((await post({ endpoints: [alpha, beta] })).outcome).toBe('next');
    const direct = await post({ endpoints: [beta, alpha] });
    expect(direct.outcome).toBe('responded');
    expect(direct.context.served?.slug).toBe('beta');
  });

  it('with a random draw, equal requests use the first draw, or the endpoint that responded', async () => {
    const { post } = bench();
    const [alpha, beta] = [endpoint('alpha'), endpoint('beta')];
    await post({ endpoints: [alpha, beta], drawn: true }, ({ context }) => upstream.whole(context, completion(), beta));
    for (const endpoints of [
      [alpha, beta],
      [beta, alpha],
    ]) {
      const again = await post({ endpoints, drawn: true });
      expect(again.outcome).toBe('responded');
      expect(again.context.served?.slug).toBe('beta');
    }
    // No endpoint that could be drawn now.
    expect((await post({ endpoints: [alpha, endpoint('gamma')], drawn: true })).outcome).toBe('next');
  });

  it('a response of an endpoint outside the plan is not kept', async () => {
    const { post, cache } = bench();
    await post({}, ({ context }) => upstream.whole(context, completion(), endpoint('stranger')));
    expect(cache.statistics().stores).toBe(0);
  });
});

describe('cache-control of callers', () => {
  it('no-cache calls the upstream, and the new response is stored', async () => {
    const { post } = bench();
    await post({}, ({ context }) => upstream.whole(context, completion('old')));
    const fresh = await post({ cacheControl: 'no-cache' }, ({ context }) => upstream.whole(context, completion('new')));
    expect(fresh.outcome).toBe('next');
    expect(fresh.context.cacheStatus).toBe('BYPASS');
    expect((await post()).client.completion.choices[0]?.message?.content).toBe('new');
  });

  it('no-store bypasses the cache', async () => {
    const { post, cache } = bench();
    const first = await post({ cacheControl: 'no-store' });
    expect(first.context.cacheStatus).toBe('BYPASS');
    expect(cache.statistics().stores).toBe(0);
    await post();
    expect((await post({ cacheControl: 'no-store' })).outcome).toBe('next');
  });

  it('max-age accepts no older response', async () => {
    const { post, clock } = bench();
    await post({}, ({ context }) => upstream.whole(context, completion('old')));
    clock.advance(30_000);
    expect((await post({ cacheControl: 'max-age=31' })).outcome).toBe('responded');
    const renewed = await post({ cacheControl: 'max-age=30' }, ({ context }) =>
      upstream.whole(context, completion('new')),
    );
    expect(renewed.outcome).toBe('next');
    expect((await post()).client.completion.choices[0]?.message?.content).toBe('new');
  });

  it('max-age=0 accepts no response at all', async () => {
    const { post } = bench();
    await post();
    expect((await post({ cacheControl: 'max-age=0' })).outcome).toBe('next');
  });

  it.each(['only-if-cached', 'only-if-cached, no-cache', 'only-if-cached, no-store'])(
    '%s is 504 where nothing will do',
    async (cacheControl) => {
      const { cache } = bench();
      const { context } = ticket({ cacheControl });
      const error = await Promise.resolve()
        .then(() => cache.stage(context))
        .catch((thrown: unknown) => thrown);
      expect(isGatewayError(error) && [error.status, error.code]).toEqual([504, 'only_if_cached']);
    },
  );

  it('only-if-cached is served if the cache holds a usable response', async () => {
    const { post } = bench();
    await post();
    expect((await post({ cacheControl: 'only-if-cached' })).outcome).toBe('responded');
  });
});

describe('a store that misbehaves', () => {
  const stores: Record<string, Partial<CacheStore>> = {
    'throws on get': { get: boom },
    'rejects get': { get: () => Promise.reject(new Error('boom')) },
    'throws on set': { set: boom },
    'rejects set': { set: () => Promise.reject(new Error('boom')) },
  };
  it.each(Object.entries(stores))('that %s loses no response', async (_, broken) => {
    const store: CacheStore = { get: () => undefined, set: () => undefined, delete: () => undefined, ...broken };
    const { post, cache } = bench({ store });
    const { client, outcome } = await post();
    expect(outcome).toBe('next');
    expect(client.ending).toBe('done');
    expect(cache.statistics().storeFaults).toBe(1);
  });

  it('that never responds is not waited for', async () => {
    const store: CacheStore = {
      get: () => new Promise(() => undefined),
      set: () => undefined,
      delete: () => undefined,
    };
    const { cache, clock } = bench({ store });
    const outcome = cache.stage(ticket().context);
    await clock.advanceAsync(250);
    expect(await outcome).toBe('next');
    expect(cache.statistics().storeFaults).toBe(1);
    expect(clock.pending.size).toBe(0);
  });

  const junk = [
    { it: 'nothing', value: '' },
    { it: 'no line of facts', value: '"model":"x"' },
    { it: 'facts that are no JSON', value: '{\n"model":"x"' },
    { it: 'facts that are something else', value: '[]\n"model":"x"' },
    { it: 'facts without an endpoint', value: '{"storedAt":1,"served":{}}\n"model":"x"' },
  ];
  it.each(junk)('that holds $it has nothing', async ({ value }) => {
    const store: CacheStore = { get: () => Buffer.from(value), set: () => undefined, delete: () => undefined };
    expect((await bench({ store }).post()).outcome).toBe('next');
  });

  it('that holds members which cannot be read has no stream', async () => {
    const facts = { storedAt: 1_750_000_000_000, served: { provider: 'alpha', model: 'small', slug: 'alpha' } };
    const store: CacheStore = {
      get: () => Buffer.from(`${JSON.stringify(facts)}\n"choices":`),
      set: () => undefined,
      delete: () => undefined,
    };
    const { outcome, context } = await bench({ store }).post({ request: { stream: true } });
    expect(outcome).toBe('next');
    expect(context.cacheStatus).toBe('MISS');
  });

  it('that is slow but responds is used', async () => {
    const kept = new Map<string, Uint8Array>();
    const store: CacheStore = {
      get: async (key) => kept.get(key),
      set: async (key, value) => void kept.set(key, value),
      delete: async (key) => void kept.delete(key),
    };
    const { post } = bench({ store });
    await post();
    expect((await post()).outcome).toBe('responded');
  });

  it('and was passed in is not closed', async () => {
    let closed = 0;
    const store: CacheStore = {
      get: () => undefined,
      set: () => undefined,
      delete: () => undefined,
      close: () => void closed++,
    };
    await bench({ store }).cache.close();
    expect(closed).toBe(0);
  });
});

describe('a repeated body', () => {
  const received = Buffer.from('{"model":"small","messages":[{"role":"user","content":"hi"}]}');

  it('gets its response before the request is parsed', async () => {
    const { post, cache } = bench();
    await post({ received });
    const again = unread();
    expect(await cache.lookupByBody(again.context, received)).toBe(true);
    expect(again.client.completion.choices).toEqual(completion().choices);
    expect(again.context.cacheStatus).toBe('HIT');
    const oncemore = unread();
    expect(await cache.lookupByBody(oncemore.context, received)).toBe(true);
    expect(oncemore.client.completion.choices).toEqual(completion().choices);
  });

  const refused: { it: string; options: TicketOptions; bytes?: Buffer }[] = [
    { it: 'of another tenant', options: { caller: 'tenant-b' } },
    { it: 'without a caller', options: { caller: undefined } },
    { it: 'with no-cache', options: { cacheControl: 'no-cache' } },
    { it: 'with no-store', options: { cacheControl: 'no-store' } },
    { it: 'with max-age=0', options: { cacheControl: 'max-age=0' } },
    { it: 'that differs in one byte', options: {}, bytes: Buffer.concat([received, Buffer.from(' ')]) },
  ];
  it.each(refused)('$it passes all stages', async ({ options, bytes }) => {
    const { post, cache } = bench();
    await post({ received });
    // Once by its hash, and then by its bytes.
    expect(await cache.lookupByBody(unread().context, received)).toBe(true);
    const again = unread(options);
    expect(await cache.lookupByBody(again.context, bytes ?? received)).toBe(false);
    expect(again.client.head).toBeUndefined();
  });

  it('can be stored by a cache in front, as any other response', async () => {
    const [front, behind] = [bench(), bench()];
    await behind.post({ received });
    await front.post({ received }, ({ context }) => void behind.cache.stage(context));
    const { client } = await front.post({ received }, boom);
    expect(client.completion.choices).toEqual(completion().choices);
  });

  it('is dropped when the providers have changed', async () => {
    const { post, cache } = bench();
    await post({ received });
    expect(await cache.lookupByBody(unread().context, received)).toBe(true);
    cache.clearBodyIndex();
    expect(await cache.lookupByBody(unread().context, received)).toBe(false);
    expect((await post({ received })).outcome).toBe('responded');
  });

  it('is a stream if the request was for one', async () => {
    const { post, cache } = bench();
    const streaming = Buffer.from('{"model":"small","stream":true,"messages":[{"role":"user","content":"hi"}]}');
    await post({ received: streaming, request: { stream: true } });
    const again = unread();
    expect(await cache.lookupByBody(again.context, streaming)).toBe(true);
    expect(again.client.events.length).toBeGreaterThan(0);
  });
});

function boom(): never {
  throw new Error('boom');
}

/** A request of which only the bytes are known yet. */
function unread(options: TicketOptions = {}): AttemptTicket {
  const one = ticket(options);
  one.context.request = undefined;
  one.context.body = undefined;
  one.context.route = undefined;
  return one;
}
