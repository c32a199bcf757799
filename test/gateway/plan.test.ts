import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, GatewayError, isGatewayError, type Gateway, type GatewayOptions } from '../../src/index.js';
import { chat } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

const BASE = { baseUrl: 'http://127.0.0.1:1/v1' };
const PRICING = { prompt: 3, completion: 15 };
const providers = {
  a: { ...BASE, models: { m: { pricing: PRICING, contextLength: 1_000, zdr: false } } },
  b: { ...BASE, dataCollection: 'deny', models: { m: {}, n: {} } },
} as const;

function gatewayFor(options: Partial<GatewayOptions> = {}): Gateway {
  const gateway = createGateway({ keys: ['demo-key'], providers, random: () => 0, ...options } as GatewayOptions);
  onTestFinished(() => gateway.close());
  return gateway;
}

function refusal(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('gateway.plan', () => {
  it('shows prices and context lengths where they are declared, and the estimate of the prompt', () => {
    const plan = gatewayFor().plan({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(400) }] });
    expect(plan.candidates).toEqual([
      {
        provider: 'a',
        model: 'm',
        slug: 'a',
        upstreamModel: 'm',
        pricing: { ...PRICING, request: 0, image: 0 },
        contextLength: 1_000,
      },
      { provider: 'b', model: 'm', slug: 'b', upstreamModel: 'm' },
    ]);
    expect(plan.promptTokens).toBe(110);
    expect(JSON.parse(JSON.stringify(plan))).toMatchObject({ promptTokens: 110 });
    expect(gatewayFor().plan({ model: 'm' }, { promptTokens: 7 }).promptTokens).toBe(7);
  });

  it('shows them in a dry run and in status()', async () => {
    const upstream = await upstreamFor(chat('Hello.'));
    const { post, gateway } = await gatewayOver([], {
      providers: { p: { baseUrl: upstream.baseUrl, models: { m: { pricing: PRICING, contextLength: 1_000 } } } },
    });
    const plan = await (await post({}, { headers: { 'x-nordlys-dry-run': 'plan' } })).json();
    expect(plan).toMatchObject({ candidates: [{ pricing: PRICING, contextLength: 1_000 }], promptTokens: 5 });
    expect(gateway.status().endpoints).toMatchObject([{ pricing: PRICING, contextLength: 1_000 }]);
  });

  it('has the reason of every excluded endpoint if none remains', () => {
    const error = refusal(() => gatewayFor().plan({ model: 'm', provider: { zdr: true } }));
    expect(error.metadata).toMatchObject({
      counts: { 'data_policy:zdr': 2 },
      excluded: [
        { provider: 'a', model: 'm', slug: 'a', reason: 'data_policy:zdr' },
        { provider: 'b', model: 'm', slug: 'b', reason: 'data_policy:zdr' },
      ],
    });
  });

  it('has it for each filter and each model', () => {
    const error = refusal(() =>
      gatewayFor().plan({ models: ['m', 'n'], provider: { only: ['a'], data_collection: 'deny' } }),
    );
    const excluded = error.metadata?.['excluded'] as readonly { slug: string; model: string; reason: string }[];
    expect(excluded.map(({ slug, model, reason }) => `${slug} ${model}: ${reason}`).sort()).toEqual([
      'a m: data_policy:training',
      'b m: allowed_providers',
      'b n: allowed_providers',
    ]);
  });

  it('keeps the list short, and counts all', () => {
    const many = Object.fromEntries(
      Array.from({ length: 70 }, (_, index) => [`p${index}`, { ...BASE, models: ['m'] }]),
    );
    const error = refusal(() => gatewayFor({ providers: many }).plan({ model: 'm', provider: { zdr: true } }));
    expect(error.metadata?.['excluded']).toHaveLength(50);
    expect(error.metadata?.['counts']).toEqual({ 'data_policy:zdr': 70 });
  });
});

describe('gateway.planWithHooks', () => {
  it('runs the hooks as a request of this caller would', async () => {
    const seen: unknown[] = [];
    const gateway = gatewayFor({
      hooks: {
        beforeRoute: async ({ caller, req, requestId, request, models }) => {
          await Promise.resolve();
          seen.push(caller, req.headers['x-region'], req.method, requestId, models);
          return { ...request, provider: { order: ['b'] } };
        },
        selectCandidates: ({ candidates, caller, explain }) => {
          seen.push(candidates.map(({ slug }) => slug));
          explain({ model: 'm', reason: 'test' } as never);
          return candidates.filter(({ slug }) => slug === caller?.['only']);
        },
      },
    });
    const caller = { id: 'team-a', only: 'b' };
    const headers = { 'X-Region': 'eu', 'x-request-id': 'mine' };
    const plan = await gateway.planWithHooks({ model: 'm' }, { caller, headers });
    expect(plan.candidates).toMatchObject([{ slug: 'b' }]);
    expect(plan.excluded).toEqual([{ provider: 'a', model: 'm', slug: 'a', reason: 'selectCandidates' }]);
    expect(plan.router).toMatchObject({ reason: 'test' });
    expect(plan.promptTokens).toBeGreaterThan(0);
    expect(seen).toEqual([caller, 'eu', 'POST', 'mine', ['m'], ['b', 'a']]);
  });

  it('plans as `plan` does where there are no hooks, with the same assumptions', async () => {
    const gateway = gatewayFor();
    const snapshot = { 'a m': { health: 'down' } } as const;
    for (const context of [{}, { snapshot }, { random: 0.99 }, { sticky: 'b' }, { promptTokens: 5_000 }]) {
      expect(await gateway.planWithHooks({ model: 'm' }, context)).toEqual(gateway.plan({ model: 'm' }, context));
    }
  });

  it('does not change the body, whatever a hook does to its request', async () => {
    const gateway = gatewayFor({ hooks: { beforeRoute: ({ request }) => void (request.model = 'n') } });
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
    expect((await gateway.planWithHooks(body)).candidates).toMatchObject([{ model: 'n' }]);
    expect(body.model).toBe('m');
  });

  it.each([
    ['a body that is wrong', { model: 1 }, {}, 'invalid_type'],
    ['a model that there is not', { model: 'none' }, {}, 'model_not_found'],
    ['filters that exclude all', { model: 'm', provider: { zdr: true } }, {}, 'privacy_restricted'],
    [
      'a hook that refuses',
      { model: 'm' },
      {
        beforeRoute: () => {
          throw new GatewayError('permission_denied', 'No.');
        },
      },
      'permission_denied',
    ],
    [
      'a hook that throws',
      { model: 'm' },
      { selectCandidates: () => Promise.reject(new Error('x')) },
      'internal_error',
    ],
    ['a hook that selects no candidate', { model: 'm' }, { selectCandidates: () => [] }, 'no_provider_available'],
  ])('rejects for %s, as the request would be refused', async (_what, body, hooks, code) => {
    const error: unknown = await gatewayFor({ hooks })
      .planWithHooks(body)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).code).toBe(code);
  });
});
