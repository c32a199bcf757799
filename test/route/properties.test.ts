import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import type { Snapshot } from '../../src/contracts/routing.js';
import { isGatewayError } from '../../src/errors/gateway-error.js';
import type { EndpointOptions } from '../../src/options/provider-types.js';
import type { RouteOptions } from '../../src/options/types.js';
import type { RoutableEndpoint } from '../../src/route/endpoint.js';
import { type Plan, plan } from '../../src/route/plan/plan.js';
import { createRegistry } from '../../src/route/registry.js';
import { UNMEASURED } from './no-stats.js';

const SLUGS = ['a', 'b', 'c', 'd'];
const MODELS = ['m', 'author/n'];
const PARAMETERS = [
  'temperature',
  'tools',
  'tool_choice',
  'seed',
  'response_format',
  'structured_outputs',
  'verbosity',
];

const price = fc.constantFrom(0, 0.5, 1, 2, 40);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });

const endpoint: fc.Arbitrary<EndpointOptions> = fc.record({
  pricing: maybe(fc.record({ prompt: price, completion: price, request: price, image: price })),
  contextLength: maybe(fc.integer({ min: 1, max: 100 })),
  maxCompletionTokens: maybe(fc.integer({ min: 1, max: 100 })),
  quantization: maybe(fc.constantFrom('fp8', 'fp4', 'mxfp4', 'bf16')),
  supportedParameters: maybe(fc.subarray(PARAMETERS)),
  zdr: fc.boolean(),
  dataCollection: fc.constantFrom('allow', 'deny'),
  distillable: fc.boolean(),
  tier: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.constantFrom('flex', 'priority')),
});

/** Each endpoint has a tag of its own, but for some that stand for their provider. */
function withTags(endpoints: readonly EndpointOptions[]): readonly EndpointOptions[] {
  return endpoints.map((each, index) =>
    index === 0 && each.tier === undefined ? each : { ...each, tag: `t${index}` },
  );
}

const models = fc
  .record(Object.fromEntries(MODELS.map((model) => [model, fc.array(endpoint, { maxLength: 3 }).map(withTags)])))
  .filter((table) => Object.values(table).some((endpoints) => endpoints.length > 0));

const options: fc.Arbitrary<RouteOptions> = fc
  .record(Object.fromEntries(SLUGS.map((slug) => [slug, models])))
  .map((tables) => ({
    providers: Object.fromEntries(
      Object.entries(tables).map(([slug, table]) => [slug, { baseUrl: `https://${slug}.example`, models: table }]),
    ),
  }));

const names = maybe(fc.uniqueArray(fc.constantFrom(...SLUGS, 'a/t1', 'b/t1', 'C', 'd/t0'), { maxLength: 3 }));
const cutoff = fc.integer({ min: 0, max: 100 });
const level = fc.constantFrom('ok' as const, 'degraded' as const, 'down' as const);

const request = fc.record(
  {
    model: fc.constantFrom('m', 'author/n', 'm:nitro', 'author/n:floor', 'a:m'),
    models: maybe(fc.subarray(MODELS)),
    provider_order: names,
    provider_only: names,
    provider_sort: maybe(fc.constantFrom('price', 'throughput', 'latency')),
    provider_quantizations: maybe(fc.subarray(['fp8', 'fp4', 'unknown'])),
    provider_data_collection: maybe(fc.constantFrom('allow', 'deny')),
    provider_zdr: maybe(fc.boolean()),
    provider_enforce_distillable_text: maybe(fc.boolean()),
    provider_require_parameters: maybe(fc.boolean()),
    provider_allow_fallbacks: maybe(fc.boolean()),
    provider_max_prompt_price: maybe(price),
    provider_max_completion_price: maybe(price),
    provider_max_request_price: maybe(price),
    provider_max_image_price: maybe(price),
    service_tier: maybe(fc.constantFrom('auto', 'default', 'flex', 'priority', 'fast')),
    max_tokens: maybe(fc.integer({ min: 1, max: 120 })),
    tools: maybe(fc.constant([{ type: 'function', function: { name: 'f' } }])),
    seed: maybe(fc.integer()),
    provider: maybe(
      fc.record({
        ignore: fc.subarray(SLUGS, { maxLength: 2 }),
        sort: fc.record({ partition: fc.constantFrom('model', 'none') }),
        preferred_min_throughput: maybe(cutoff),
        preferred_max_latency: maybe(fc.record({ p50: cutoff })),
      }),
    ),
  },
  { requiredKeys: ['model'] },
);

const performance = fc.record({
  health: level,
  throughput: maybe(fc.record({ p50: cutoff })),
  latency: maybe(fc.record({ p50: cutoff })),
});

const situation = fc.record({
  options,
  request,
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  promptTokens: fc.integer({ min: 0, max: 120 }),
  performances: fc.array(performance, { minLength: 24, maxLength: 24 }),
  sticky: maybe(fc.constantFrom('a', 'b/t1', 'c')),
});

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

interface Outcome {
  readonly plan: Plan | undefined;
  readonly endpoints: readonly RoutableEndpoint[];
  readonly snapshot: Snapshot;
}

function decide({ options, request, performances, ...rest }: Situation): Outcome {
  const { table } = createRegistry(options);
  const snapshot: Snapshot = Object.fromEntries(
    table.endpoints.map(({ id }, index) => [id, performances[index] ?? {}]),
  );
  try {
    const input = {
      request: { messages: [], ...(request as object) } as ChatRequest,
      table,
      performance: UNMEASURED,
      anyModel: false,
    };
    return { plan: plan({ ...input, ...rest, snapshot }), endpoints: table.endpoints, snapshot };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return { plan: undefined, endpoints: table.endpoints, snapshot };
  }
}

const chosen = ({ plan: decided }: Outcome) => (decided?.candidates ?? []).map((candidate) => candidate.endpoint);

function holds(check: (situation: Situation, outcome: Outcome) => void): void {
  fc.assert(
    fc.property(situation, (given) => check(given, decide(given))),
    { numRuns: 1_000 },
  );
}

const names2 = (list: readonly string[] | undefined, { slug, tier, provider }: RoutableEndpoint) =>
  list === undefined ||
  list.length === 0 ||
  list.some((name) => name.toLowerCase() === slug || (tier === undefined && name.toLowerCase() === provider.slug));

/** `m` at one provider first, then `m` wherever it is: two models of a plan that have one name. */
const isNamedTwice = ({ model, models }: Situation['request']) => model === 'a:m' && models?.includes('m') === true;

describe('every request over every table', () => {
  test('no filter admits what it should not', () => {
    holds(({ request, promptTokens }, outcome) => {
      for (const endpoint of chosen(outcome)) {
        const { pricing } = endpoint;
        expect(names2(request.provider_only, endpoint)).toBe(true);
        if (request.provider_zdr === true) expect(endpoint.zdr).toBe(true);
        if (request.provider_data_collection === 'deny') expect(endpoint.dataCollection).toBe('deny');
        if (request.provider_enforce_distillable_text === true) expect(endpoint.distillable).toBe(true);
        expect(promptTokens + (request.max_tokens ?? 0)).toBeLessThanOrEqual(endpoint.contextLength ?? Infinity);
        expect(request.max_tokens ?? 0).toBeLessThanOrEqual(endpoint.maxCompletionTokens ?? Infinity);
        const caps = [
          [request.provider_max_prompt_price, pricing?.prompt],
          [request.provider_max_completion_price, pricing?.completion],
          [request.provider_max_request_price, pricing?.request],
          [request.provider_max_image_price, pricing?.image],
        ] as const;
        for (const [cap, value] of caps) if (cap !== undefined) expect(value ?? Infinity).toBeLessThanOrEqual(cap);
      }
    });
  });

  test('an ignored provider is never called, whatever else allows or orders it', () => {
    holds(({ request }, outcome) => {
      const ignored = request.provider?.ignore ?? [];
      for (const { provider, tier } of chosen(outcome)) {
        if (tier === undefined) expect(ignored).not.toContain(provider.slug);
      }
    });
  });

  test('every endpoint of the models is either planned once or excluded once with a reason', () => {
    holds((_, outcome) => {
      if (outcome.plan === undefined) return;
      const models = new Set(outcome.plan.preferences.models.map(({ model }) => model));
      const there = outcome.endpoints.filter(({ model }) => models.has(model)).map(({ id }) => id);
      const listed = [
        ...chosen(outcome).map(({ id }) => id),
        ...outcome.plan.excluded.map(({ slug, model }) => `${slug} ${model}`),
      ];
      expect(listed.toSorted()).toEqual(there.toSorted());
      for (const { reason } of outcome.plan.excluded) expect(reason).not.toBe('');
    });
  });

  test("the caller's order comes first, in its order, without cutoffs and within a model", () => {
    holds(({ request }, outcome) => {
      const order = request.provider_order?.map((name) => name.toLowerCase());
      if (order === undefined || order.length === 0 || request.provider !== undefined || isNamedTwice(request)) return;
      const place = ({ slug, tier, provider }: RoutableEndpoint) =>
        order.findIndex((name) => name === slug || (tier === undefined && name === provider.slug));
      for (const model of MODELS) {
        const places = chosen(outcome)
          .filter((endpoint) => endpoint.model === model)
          .map(place);
        const named = places.filter((at) => at >= 0);
        expect(places.slice(0, named.length)).toEqual(named.toSorted((a, b) => a - b));
      }
    });
  });

  test('healthier endpoints of a model come first, without an order, cutoffs or a tier', () => {
    const rank = { ok: 0, degraded: 1, down: 2 };
    holds(({ request }, outcome) => {
      const { provider_order, provider, service_tier } = request;
      if (provider_order?.length || provider !== undefined || service_tier !== undefined || isNamedTwice(request))
        return;
      for (const model of MODELS) {
        const ranks = chosen(outcome)
          .filter((endpoint) => endpoint.model === model)
          .map(({ id }) => rank[outcome.snapshot[id]?.health ?? 'ok']);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }
    });
  });

  test('equal input has equal output, and the input is not changed', () => {
    holds((given, outcome) => {
      const before = JSON.stringify(given.request);
      const again = decide(given);
      expect(chosen(again).map(({ id }) => id)).toEqual(chosen(outcome).map(({ id }) => id));
      expect(JSON.stringify(given.request)).toBe(before);
    });
  });

  test("the order of the draw's losers does not depend on the draw", () => {
    holds((given, outcome) => {
      const { provider, provider_allow_fallbacks } = given.request;
      if (provider !== undefined || provider_allow_fallbacks === false || given.sticky !== undefined) return;
      const others = chosen(decide({ ...given, random: 0 })).map(({ id }) => id);
      expect(
        chosen(outcome)
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(others.toSorted());
    });
  });
});

test('every request has a plan or a GatewayError', () => {
  const { table } = createRegistry({
    providers: {
      a: { baseUrl: 'https://a.example', models: ['m'] },
      b: { baseUrl: 'https://b.example', models: { m: { tier: 'flex' } } },
    },
  });
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    names,
    fc.constantFrom('m', 'auto', 'price', 'deny', -1, Number.NaN),
  );
  const fields = [
    'model',
    'models',
    'messages',
    'tools',
    'response_format',
    'max_tokens',
    'service_tier',
    'session_id',
    'provider',
    'provider_order',
    'provider_only',
    'provider_ignore',
    'provider_sort',
    'provider_zdr',
    'provider_quantizations',
    'provider_max_prompt_price',
    'provider_data_collection',
    'provider_allow_fallbacks',
    '__proto__',
    'constructor',
  ];
  const nested = fc.record(
    {
      order: value,
      only: value,
      sort: fc.oneof(value, fc.record({ by: value, partition: value })),
      max_price: fc.oneof(value, fc.record({ prompt: value })),
      preferred_max_latency: value,
    },
    { requiredKeys: [] },
  );
  const anything = fc.record(
    { ...Object.fromEntries(fields.map((field) => [field, value])), provider: fc.oneof(value, nested) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(anything, value), fc.boolean(), (request, anyModel) => {
      try {
        const { candidates } = plan({ request: request as ChatRequest, table, performance: UNMEASURED, anyModel });
        expect(candidates.length).toBeGreaterThan(0);
      } catch (error) {
        if (!isGatewayError(error)) throw error;
      }
    }),
    { numRuns: 3_000 },
  );
});
