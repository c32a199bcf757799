import { describe, expect, it } from 'vitest';
import { parseCacheControl } from '../../src/cache/cache-control.js';

const NOTHING = { noCache: false, noStore: false, maxAgeMs: Number.POSITIVE_INFINITY, onlyIfCached: false };

describe('parseCacheControl', () => {
  const cases: [string | undefined, Partial<typeof NOTHING>][] = [
    [undefined, {}],
    ['', {}],
    ['no-cache', { noCache: true }],
    ['No-Cache', { noCache: true }],
    ['no-store', { noStore: true }],
    ['only-if-cached', { onlyIfCached: true }],
    ['max-age=60', { maxAgeMs: 60_000 }],
    ['max-age="60"', { maxAgeMs: 60_000 }],
    ['max-age=0', { maxAgeMs: 0 }],
    [' max-age = 60 , no-cache', { maxAgeMs: 60_000, noCache: true }],
    ['max-age=60, max-age=5', { maxAgeMs: 5_000 }],
    ['max-age', { maxAgeMs: 0 }],
    ['max-age=', { maxAgeMs: 0 }],
    ['max-age=-1', { maxAgeMs: 0 }],
    ['max-age=1e9', { maxAgeMs: 0 }],
    ['max-age=1.5', { maxAgeMs: 0 }],
    ['max-age=60=60', { maxAgeMs: 0 }],
    ['max-age=99999999999999', { maxAgeMs: 0 }],
    ['no-transform, max-stale=5, min-fresh', {}],
    ['no-cachex, xno-store, only-if', {}],
    [',,,=,', {}],
  ];
  it.each(cases)('reads %j', (header, said) => {
    expect(parseCacheControl(header)).toEqual({ ...NOTHING, ...said });
  });
});
