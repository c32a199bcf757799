import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/contracts/routing.js';
import { plannerFor, samplePlanner } from './planner.js';
import { sampleSnapshot } from './sample-table.js';

const { ids, run } = samplePlanner();
const CHAT = ['A2', 'A1', 'C1', 'C2', 'D1', 'B1'];

describe('load balancing', () => {
  // Weights over the stable endpoints: 4, 1, 1/9, 1/9 and next to nothing.
  test.each([
    [0, CHAT],
    [0.7655, CHAT],
    [0.766, ['A1', 'A2', 'C1', 'C2', 'D1', 'B1']],
    [0.96, ['C1', 'A2', 'A1', 'C2', 'D1', 'B1']],
    [0.98, ['C2', 'A2', 'A1', 'C1', 'D1', 'B1']],
    [0.99999, ['D1', 'A2', 'A1', 'C1', 'C2', 'B1']],
  ])('draws by inverse square price with %d', (random, expected) => {
    expect(ids({}, { random })).toEqual(expected);
  });

  test('draws once for a whole plan', () => {
    let draws = 0;
    const random = () => {
      draws++;
      return 0.9;
    };
    ids({ models: ['acme/mini-8b', 'acme/doc'] }, { random });
    expect(draws).toBe(1);
  });

  test('does not draw where nothing is to be drawn', () => {
    const random = () => {
      throw new Error('drawn');
    };
    expect(ids({ provider_sort: 'price' }, { random })).toEqual(CHAT);
    expect(ids({ provider_only: ['gamma/us'] }, { random })).toEqual(['C2']);
  });

  test.each([1, -1, Number.NaN, Number.POSITIVE_INFINITY])('treats a draw of %d as 0', (random) => {
    expect(ids({}, { random })).toEqual(CHAT);
  });

  test('draws evenly among free endpoints', () => {
    const { slugs } = plannerFor(providersAt({ a: 0, b: 0, c: 0, d: 1 }));
    expect([0, 0.4, 0.7, 0.999].map((random) => slugs({ model: 'm' }, { random })[0])).toEqual(['a', 'b', 'c', 'c']);
  });

  test('keeps the order of the options where no price is known', () => {
    const { slugs } = plannerFor(providersAt({ z: undefined, a: undefined, m: undefined }));
    expect(slugs({ model: 'm' }, { random: 0.999 })).toEqual(['z', 'a', 'm']);
  });

  test('never draws an endpoint without a price while another has one', () => {
    const { slugs } = plannerFor(providersAt({ unknown: undefined, priced: 1_000 }));
    expect(slugs({ model: 'm' }, { random: 0.999_999 })).toEqual(['priced', 'unknown']);
  });

  test('is not upset by the smallest prices', () => {
    const { slugs } = plannerFor(providersAt({ a: 0.0001, b: 0.0002 }));
    expect(slugs({ model: 'm' }, { random: 0.79 })[0]).toBe('a');
    expect(slugs({ model: 'm' }, { random: 0.81 })[0]).toBe('b');
  });

  test('draws in shares of inverse square price over many requests', () => {
    const { slugs } = plannerFor(providersAt({ cheap: 1, dear: 3 }));
    const random = mulberry32(42);
    let cheap = 0;
    for (let request = 0; request < 20_000; request++) if (slugs({ model: 'm' }, { random })[0] === 'cheap') cheap++;
    // 9 : 1; five standard deviations are 0.0106.
    expect(Math.abs(cheap / 20_000 - 0.9)).toBeLessThan(0.0106);
  });
});

describe('health', () => {
  test('puts the degraded before those that are down, whatever the price', () => {
    const { slugs } = plannerFor(providersAt({ a: 1, b: 2, c: 3 }), {
      'a m': { health: 'down' },
      'b m': { health: 'degraded' },
    });
    expect(slugs({ model: 'm' }, { random: 0.999 })).toEqual(['c', 'b', 'a']);
    expect(slugs({ model: 'm', provider_sort: 'price' })).toEqual(['c', 'b', 'a']);
  });

  test('is never called inside an explicit order', () => {
    const { slugs } = plannerFor(providersAt({ a: 1, b: 2, c: 3 }), { 'b m': { health: 'down' } });
    expect(slugs({ model: 'm', provider_order: ['b'] })).toEqual(['b', 'a', 'c']);
  });

  test('excludes no endpoint: if all are down, all are tried', () => {
    const { slugs } = plannerFor(providersAt({ a: 1, b: 2 }), { 'a m': { health: 'down' }, 'b m': { health: 'down' } });
    expect(slugs({ model: 'm' }, { random: 0.999 })).toEqual(['a', 'b']);
  });
});

describe('sort', () => {
  test.each([
    ['price', CHAT],
    ['throughput', ['A2', 'A1', 'D1', 'C2', 'C1', 'B1']],
    ['latency', ['A2', 'D1', 'A1', 'C2', 'C1', 'B1']],
  ])('by %s', (by, expected) => {
    expect(ids({ provider_sort: by }, { random: 0.99 })).toEqual(expected);
    expect(ids({ provider: { sort: by } }, { random: 0.99 })).toEqual(expected);
    expect(ids({ provider: { sort: { by } } }, { random: 0.99 })).toEqual(expected);
  });

  test('puts what was never measured behind what was, by price', () => {
    expect(ids({ provider_sort: 'latency' }, { snapshot: {} })).toEqual(['A2', 'A1', 'B1', 'C1', 'C2', 'D1']);
  });

  test.each([
    [':nitro', ['C3', 'A2', 'A1', 'D1', 'C2', 'C1', 'B1']],
    [':floor', CHAT],
  ])('follows the suffix %s', (suffix, expected) => {
    expect(ids({ model: `acme/chat-70b${suffix}` })).toEqual(expected);
  });

  test('lets an explicit sort win over a suffix', () => {
    expect(ids({ model: 'acme/chat-70b:floor', provider_sort: 'throughput' })[1]).toBe('A1');
  });

  test("follows each model's own suffix", () => {
    expect(ids({ model: 'acme/mini-8b:nitro', models: ['acme/chat-70b:nitro'] })).toEqual([
      'M1',
      'M2',
      'C3',
      'A2',
      'A1',
      'D1',
      'C2',
      'C1',
      'B1',
    ]);
  });
});

describe('an explicit order', () => {
  test.each([
    [
      'takes a base slug as all its endpoints, by price',
      { provider_order: ['gamma', 'alpha'] },
      ['C1', 'C2', 'A2', 'A1', 'D1', 'B1'],
    ],
    [
      'takes them by sort where there is one',
      { provider_order: ['gamma'], provider_sort: 'latency' },
      ['C2', 'C1', 'A2', 'D1', 'A1', 'B1'],
    ],
    [
      'takes exact slugs verbatim',
      { provider_order: ['gamma/us', 'alpha', 'gamma/eu'] },
      ['C2', 'A2', 'A1', 'C1', 'D1', 'B1'],
    ],
    [
      'takes each endpoint once, where it is named first',
      { provider_order: ['alpha/turbo', 'alpha', 'alpha/turbo'] },
      ['A2', 'A1', 'C1', 'C2', 'D1', 'B1'],
    ],
    [
      'skips what is not configured',
      { provider_order: ['zeta', 'azure', 'beta'] },
      ['B1', 'A2', 'A1', 'C1', 'C2', 'D1'],
    ],
    ['is read whatever its case', { provider_order: ['BETA'] }, ['B1', 'A2', 'A1', 'C1', 'C2', 'D1']],
    [
      'stays inside of what is allowed',
      { provider_order: ['beta', 'gamma'], provider_only: ['gamma', 'alpha'] },
      ['C1', 'C2', 'A2', 'A1'],
    ],
    [
      'closes without fallbacks',
      { provider_order: ['gamma/eu', 'beta'], provider_allow_fallbacks: false },
      ['C1', 'B1'],
    ],
    ['closes for the nested form too', { provider: { order: ['gamma/eu'], allow_fallbacks: false } }, ['C1']],
  ])('%s', (_, fields, expected) => {
    expect(ids(fields)).toEqual(expected);
  });

  test('balances what follows it', () => {
    expect(ids({ provider_order: ['beta'] }, { random: 0.9 })).toEqual(['B1', 'A1', 'A2', 'C1', 'C2', 'D1']);
  });

  test('holds in each model of a list', () => {
    expect(ids({ models: ['acme/mini-8b'], provider_order: ['beta'] })).toEqual([
      'B1',
      'A2',
      'A1',
      'C1',
      'C2',
      'D1',
      'M2',
      'M1',
    ]);
  });
});

describe('without fallbacks', () => {
  test('takes the cheapest stable endpoint, not a drawn one', () => {
    expect(ids({ provider_allow_fallbacks: false }, { random: 0.99 })).toEqual(['A2']);
  });

  test('takes the first by sort', () => {
    expect(ids({ provider_allow_fallbacks: false, provider_sort: 'latency', provider_ignore: ['alpha'] })).toEqual([
      'D1',
    ]);
  });

  test('takes one endpoint of each model', () => {
    expect(ids({ models: ['acme/mini-8b', 'acme/doc'], provider_allow_fallbacks: false })).toEqual(['A2', 'M1', 'X1']);
  });

  test('takes the first that is fast enough', () => {
    expect(ids({ provider: { allow_fallbacks: false, preferred_max_latency: 0.45, ignore: ['alpha/turbo'] } })).toEqual(
      ['D1'],
    );
  });
});

describe('several models', () => {
  test('stand one behind the other', () => {
    expect(ids({ models: ['acme/mini-8b', 'acme/doc'] })).toEqual([...CHAT, 'M1', 'M2', 'X1', 'X3', 'X2']);
  });

  test('are named once', () => {
    expect(ids({ models: ['acme/chat-70b', 'acme/mini-8b', 'acme/mini-8b:floor'] })).toEqual([...CHAT, 'M1', 'M2']);
  });

  test('share one order with partition none', () => {
    expect(ids({ models: ['acme/mini-8b'], provider: { sort: { by: 'price', partition: 'none' } } })).toEqual([
      'M1',
      'M2',
      'A2',
      'A1',
      'C1',
      'C2',
      'D1',
      'B1',
    ]);
  });

  test('share one draw with partition none and no sort', () => {
    const fields = { models: ['acme/mini-8b'], provider: { sort: { partition: 'none' } } };
    expect(ids(fields)[0]).toBe('M1');
    expect(ids(fields, { random: 0.79 })[0]).toBe('M2');
  });

  test('stand apart with partition model', () => {
    expect(ids({ models: ['acme/mini-8b'], provider: { sort: { by: 'price', partition: 'model' } } })).toEqual([
      ...CHAT,
      'M1',
      'M2',
    ]);
  });

  test('may be one model at two providers', () => {
    expect(ids({ model: 'beta:acme/chat-70b', models: ['gamma:acme/chat-70b', 'acme/chat-70b'] })).toEqual([
      'B1',
      'C1',
      'C2',
      'A2',
      'A1',
      'D1',
    ]);
  });

  test('name the first one that was requested', () => {
    expect(run({ model: 'acme/doc', models: ['acme/mini-8b'] }).model).toBe('acme/doc');
  });
});

describe('performance cutoffs', () => {
  test.each([
    ['a bare throughput is the median', { preferred_min_throughput: 60 }, ['A2', 'A1', 'B1', 'C1', 'C2', 'D1']],
    ['a bare latency is the median, in seconds', { preferred_max_latency: 0.5 }, ['A2', 'D1', 'B1', 'A1', 'C1', 'C2']],
    [
      'every percentile must hold',
      { preferred_min_throughput: { p50: 60, p90: 40 } },
      ['A2', 'A1', 'C1', 'C2', 'D1', 'B1'],
    ],
    [
      'both quantities must hold',
      { preferred_min_throughput: 45, preferred_max_latency: 0.4 },
      ['A2', 'D1', 'A1', 'C1', 'C2', 'B1'],
    ],
    ['a percentile that was not measured is not met', { preferred_max_latency: { p99: 100 } }, CHAT],
    ['an empty object requires nothing', { preferred_max_latency: {} }, CHAT],
    [
      "the whole list is demoted, the caller's order too",
      { order: ['gamma'], preferred_max_latency: 0.5 },
      ['A2', 'D1', 'B1', 'C1', 'C2', 'A1'],
    ],
  ])('%s', (_, provider, expected) => {
    expect(ids({ provider })).toEqual(expected);
  });

  test('can put a fallback model first', () => {
    expect(ids({ model: 'acme/doc', models: ['acme/mini-8b'], provider: { preferred_min_throughput: 120 } })).toEqual([
      'M1',
      'X1',
      'X3',
      'X2',
      'M2',
    ]);
  });
});

describe('stickiness', () => {
  test.each([
    ['moves the remembered endpoint to the front', 'gamma/us', {}, ['C2', 'A2', 'A1', 'C1', 'D1', 'B1']],
    ["accepts the endpoint's id", 'gamma/us acme/chat-70b', {}, ['C2', 'A2', 'A1', 'C1', 'D1', 'B1']],
    ['holds under a sort', 'gamma/eu', { provider_sort: 'throughput' }, ['C1', 'A2', 'A1', 'D1', 'C2', 'B1']],
    ['never moves an unstable endpoint before stable ones', 'beta', {}, CHAT],
    ['gives way to an explicit order', 'gamma/us', { provider_order: ['beta'] }, ['B1', 'A2', 'A1', 'C1', 'C2', 'D1']],
    ['does nothing for an endpoint that is filtered out', 'gamma/us', { provider_zdr: true }, ['A2', 'A1']],
    ['does nothing for what is not there', 'unknown', {}, CHAT],
    ['stays within its own model', 'beta', { model: 'acme/chat-70b', models: ['acme/mini-8b'] }, [...CHAT, 'M2', 'M1']],
    [
      'stays behind other models in a common pool',
      'gamma/us',
      { models: ['acme/mini-8b'], provider: { sort: { by: 'price', partition: 'none' } } },
      ['M1', 'M2', 'C2', 'A2', 'A1', 'C1', 'D1', 'B1'],
    ],
    [
      'gives way to cutoffs',
      'gamma/us',
      { provider: { preferred_max_latency: 1 } },
      ['A2', 'A1', 'D1', 'B1', 'C2', 'C1'],
    ],
    ['decides where there are no fallbacks', 'gamma/us', { provider_allow_fallbacks: false }, ['C2']],
  ])('%s', (_, sticky, fields, expected) => {
    expect(ids(fields, { sticky })).toEqual(expected);
  });

  test('may differ from model to model', () => {
    const sticky = (model: string) => (model === 'acme/mini-8b' ? 'beta' : 'gamma/us');
    expect(ids({ models: ['acme/mini-8b'] }, { sticky })).toEqual(['C2', 'A2', 'A1', 'C1', 'D1', 'B1', 'M2', 'M1']);
  });
});

describe('a snapshot', () => {
  test('overrides what was measured, value by value', () => {
    const base = sampleSnapshot();
    const slow = { ...base, 'alpha/turbo acme/chat-70b': { health: 'down' as const } };
    expect(ids({}, { snapshot: slow })).toEqual(['A1', 'C1', 'C2', 'D1', 'B1', 'A2']);
  });

  test('treats any value but ok and degraded as down', () => {
    const snapshot = { 'alpha/turbo acme/chat-70b': { health: 'unhealthy' } } as unknown as Snapshot;
    expect(ids({}, { snapshot }).at(-1)).toBe('A2');
  });

  test('is not confused by names that objects inherit', () => {
    const { slugs } = plannerFor(
      { providers: { constructor: { baseUrl: 'https://a.example', models: ['toString'] } } },
      {},
    );
    expect(slugs({ model: 'toString' })).toEqual(['constructor']);
  });
});

function providersAt(prices: Readonly<Record<string, number | undefined>>) {
  const providers = Object.entries(prices).map(([slug, price]) => {
    const endpoint = price === undefined ? {} : { pricing: { prompt: price, completion: price } };
    return [slug, { baseUrl: `https://${slug}.example/v1`, models: { m: endpoint } }] as const;
  });
  return { providers: Object.fromEntries(providers) };
}

/** A small seeded generator, so that a draw that fails can be drawn again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
