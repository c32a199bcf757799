import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Vector } from '../../src/router/embed/embedder.js';
import { EmbeddingCache, EmbeddingTimeout } from '../../src/router/embed/embedding-cache.js';
import { FakeClock } from '../support/fake-clock.js';

/** A cache over an embedder whose calls are settled by the test. */
function setUp(maxEntries = 10) {
  const clock = new FakeClock();
  const calls: { text: string; signal: AbortSignal; resolve(vector: Vector): void; reject(error: Error): void }[] = [];
  const cache = new EmbeddingCache({
    embed: (text, { signal }) =>
      new Promise<Vector>((resolve, reject) => calls.push({ text, signal, resolve, reject })),
    toPoint: (vector) => Float32Array.from(vector),
    clock,
    maxEntries,
    deadlineMs: 300,
  });
  return { cache, calls, clock };
}

const stays = new AbortController().signal;

describe('vectors by text', () => {
  it('are made by one call for equal texts at once, and kept', async () => {
    const { cache, calls, clock } = setUp();
    const both = [cache.embed('a', stays), cache.embed('a', stays)];
    calls[0]!.resolve([1, 2]);
    expect(await Promise.all(both)).toEqual([Float32Array.of(1, 2), Float32Array.of(1, 2)]);
    expect(cache.embed('a', stays)).toEqual(Float32Array.of(1, 2));
    expect(calls).toHaveLength(1);
    expect(clock.pending.size).toBe(0);
  });

  it('are evicted, the least used first', async () => {
    const { cache, calls } = setUp(2);
    for (const [index, text] of ['a', 'b', 'c'].entries()) {
      const made = cache.embed(text, stays);
      calls[index]!.resolve([index]);
      await made;
      await turn();
    }
    expect(cache.embedNow('a')).toBeUndefined();
    expect(cache.embedNow('c')).toEqual(Float32Array.of(2));
    expect(calls).toHaveLength(3);
  });

  it('are not kept where making them failed', async () => {
    const { cache, calls } = setUp();
    const failed = cache.embed('a', stays);
    calls[0]!.reject(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    const again = cache.embed('a', stays);
    calls[1]!.resolve([1]);
    expect(await again).toEqual(Float32Array.of(1));
  });
});

describe('a call', () => {
  it('is aborted when its last waiter has aborted, and no sooner', async () => {
    const { cache, calls, clock } = setUp();
    const [first, second] = [new AbortController(), new AbortController()];
    const waits = [cache.embed('a', first.signal), cache.embed('a', second.signal)];
    const ends = Promise.allSettled(waits);
    first.abort(new Error('aborted'));
    await turn();
    expect(calls[0]!.signal.aborted).toBe(false);
    second.abort(new Error('aborted'));
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls[0]!.signal.aborted).toBe(true);
    expect(clock.pending.size).toBe(0);
    // What comes late does not stand in the way of a new call.
    void Promise.resolve(cache.embed('a', stays)).catch(() => undefined);
    expect(calls).toHaveLength(2);
  });

  it('is waited for until each one’s own deadline', async () => {
    const { cache, calls, clock } = setUp();
    const early = cache.embed('a', stays) as Promise<Float32Array>;
    clock.advance(200);
    const late = cache.embed('a', stays);
    clock.advance(100);
    await expect(early).rejects.toThrow(EmbeddingTimeout);
    calls[0]!.resolve([1]);
    expect(await late).toEqual(Float32Array.of(1));
    expect(calls[0]!.signal.aborted).toBe(false);
  });

  it('is not waited for by a client that has disconnected already', async () => {
    const { cache, calls } = setUp();
    await expect(cache.embed('a', AbortSignal.abort(new Error('aborted')))).rejects.toThrow('aborted');
    expect(calls[0]!.signal.aborted).toBe(true);
  });
});

describe('without waiting', () => {
  it('an embedder that waits is tried once, and then not called', () => {
    const { cache, calls } = setUp();
    expect(cache.embedNow('a')).toBeUndefined();
    expect(cache.embedNow('b')).toBeUndefined();
    expect(calls.map(({ text, signal }) => [text, signal.aborted])).toEqual([['a', true]]);
  });
});
