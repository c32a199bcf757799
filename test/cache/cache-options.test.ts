import { describe, expect, it } from 'vitest';
import { resolveCacheOptions } from '../../src/cache/cache-options.js';
import type { CacheOptions } from '../../src/options/cache-types.js';

describe('resolveCacheOptions', () => {
  it('has a value for every option', () => {
    const resolved = resolveCacheOptions({}, true);
    expect(resolved).toMatchObject({
      ownsStore: true,
      ttlMs: 300_000,
      shared: false,
      usageOnHit: 'original',
      coalesce: undefined,
    });
  });

  it('has the defaults of coalesce: true', () => {
    expect(resolveCacheOptions({ coalesce: true }, true).coalesce).toEqual({
      joinTimeoutMs: 5_000,
      maxSubscribers: 1_024,
      maxBufferBytes: 8_388_608,
    });
    expect(resolveCacheOptions({ coalesce: { joinTimeoutMs: 50 } }, true).coalesce?.joinTimeoutMs).toBe(50);
    expect(resolveCacheOptions({ coalesce: false }, true).coalesce).toBeUndefined();
  });

  it('refuses to start if one caller would get responses to the requests of another', () => {
    expect(() => resolveCacheOptions({}, false)).toThrow(/shared: true/);
    expect(resolveCacheOptions({ shared: true }, false).shared).toBe(true);
  });

  const wrong: [unknown, RegExp][] = [
    [{ maxEntries: 0 }, /cache\.maxEntries must be a whole number of entries, 1 or more, got 0\.$/],
    [{ maxEntries: 1.5 }, /cache\.maxEntries/],
    [{ maxBytes: '1mb' }, /cache\.maxBytes must be .*, got "1mb"/],
    [{ ttlMs: -1 }, /cache\.ttlMs/],
    [{ ttlMs: Number.NaN }, /cache\.ttlMs must be .*, got NaN\.$/],
    [{ ttlMs: Number.POSITIVE_INFINITY }, /cache\.ttlMs/],
    [{ ttl: 5 }, /unknown option "ttl"\. Known: maxEntries/],
    [{ ttlM: 5 }, /unknown option "ttlM"\. Did you mean "ttlMs"\?/],
    [{ shared: 'yes' }, /cache\.shared must be true or false/],
    [{ usageOnHit: 'none' }, /cache\.usageOnHit must be one of "original", "zero"/],
    [{ coalesce: { wait: 1 } }, /cache\.coalesce: unknown option "wait"/],
    [{ coalesce: { joinTimeoutMs: 0 } }, /cache\.coalesce\.joinTimeoutMs/],
    [
      { coalesce: 'yes' },
      /cache\.coalesce must be true, false or \{ joinTimeoutMs, maxSubscribers, maxBufferBytes \}, got "yes"/,
    ],
    [{ store: {} }, /cache\.store must have the methods get, set, delete: give lruStore\(\).*without get/],
    [true, /cache must be an object, got true/],
    [null, /cache must be an object/],
  ];
  it.each(wrong)('refuses %j', (options, message) => {
    expect(() => resolveCacheOptions(options as CacheOptions, true)).toThrow(message);
  });
});
