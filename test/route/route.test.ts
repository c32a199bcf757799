import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SerialisedBody } from '../../src/json/request-body.js';
import type { ChatRequest } from '../../src/chat/types.js';
import { RequestContext, type StageOutcome } from '../../src/request/context.js';
import type { Hooks } from '../../src/contracts/hooks.js';
import type { Candidate, AttemptOutcome } from '../../src/contracts/routing.js';
import type { SinkHead, ResponseSink } from '../../src/contracts/sink.js';
import { GatewayError, isGatewayError } from '../../src/errors/gateway-error.js';
import type { RouteOptions } from '../../src/options/types.js';
import { createRouter } from '../../src/route/route.js';
import { FakeClock } from '../support/fake-clock.js';
import { refusalOf } from './planner.js';
import { idOf, sampleOptions } from './sample-table.js';

const MODEL = 'acme/chat-70b';

function routerWith(hooks: Hooks = {}, options: Partial<RouteOptions> = {}) {
  const clock = new FakeClock();
  const checked: unknown[] = [];
  const router = createRouter(
    { ...sampleOptions, ...options },
    {
      clock,
      random: () => 0,
      hooks,
      validator: {
        check(body) {
          checked.push(body);
          return body as ChatRequest;
        },
      },
    },
  );
  return { clock, router, checked };
}

interface Sent {
  head?: SinkHead;
  body?: unknown;
}

function contextFor(request: Record<string, unknown>, headers: Record<string, string> = {}, callerId = 'tenant') {
  const sent: Sent = {};
  const sink: Partial<ResponseSink> = {
    json(head, body) {
      sent.head = head;
      sent.body = JSON.parse(Buffer.from(body).toString());
    },
  };
  const req = new IncomingMessage(new Socket());
  Object.assign(req.headers, headers);
  const context = new RequestContext(req, new ServerResponse(req), 'req_1', 0, () => sink as ResponseSink);
  context.caller = { id: callerId };
  context.request = { model: MODEL, messages: [{ role: 'user', content: 'hi' }], ...request };
  context.body = new SerialisedBody(context.request);
  return { context, sent };
}

const chosen = (context: RequestContext) => context.route?.candidates.map(({ endpoint }) => idOf(endpoint));

const OK: AttemptOutcome = { ok: true, countable: true, firstTokenMs: 300, durationMs: 1_000, completionTokens: 50 };
const FAILED: AttemptOutcome = { ...OK, ok: false };

describe('the stage', () => {
  test('writes the route, and does so at once', () => {
    const { router } = routerWith();
    const { context } = contextFor({ provider_only: ['alpha'], top_k: 5 });
    expect(router.stage(context)).toBe('next');
    expect(chosen(context)).toEqual(['A2', 'A1']);
    expect(context.route).toMatchObject({ model: MODEL, overrides: undefined });
    expect(context.route?.candidates[0]?.drop).toEqual(['top_k']);
    expect(context.route?.excluded).toContainEqual({
      provider: 'beta',
      model: MODEL,
      slug: 'beta',
      reason: 'allowed_providers',
    });
  });

  test('lists the members that no upstream gets', () => {
    const { router } = routerWith();
    const { context } = contextFor({});
    void router.stage(context);
    expect([...(context.route?.ownFields ?? [])].sort()).toEqual([
      'models',
      'provider',
      'provider_allow_fallbacks',
      'provider_configs',
      'provider_data_collection',
      'provider_enforce_distillable_text',
      'provider_ignore',
      'provider_max_completion_price',
      'provider_max_image_price',
      'provider_max_prompt_price',
      'provider_max_request_price',
      'provider_only',
      'provider_order',
      'provider_quantizations',
      'provider_require_parameters',
      'provider_sort',
      'provider_zdr',
      'session_id',
    ]);
  });

  test('hands on what callers bring along', () => {
    const { router } = routerWith();
    const { context } = contextFor({ provider_configs: { Alpha: { api_key: 'k' } } });
    void router.stage(context);
    expect(context.route?.overrides?.get('alpha')?.apiKey).toBe('k');
  });

  test('needs a parsed request', () => {
    const { router } = routerWith();
    const { context } = contextFor({});
    context.request = undefined;
    expect(() => router.stage(context)).toThrow(/Mount validate before it/);
  });

  test('follows what calls came to', () => {
    const { router } = routerWith();
    const { context } = contextFor({});
    void router.stage(context);
    const fastest = context.route!.candidates[0]!.endpoint;
    for (let call = 0; call < 3; call++) context.route!.record?.(fastest, FAILED);
    const { context: later } = contextFor({});
    void router.stage(later);
    expect(chosen(later)?.at(-1)).toBe('A2');
    expect(router.endpoints().find(({ slug, model }) => slug === 'alpha/turbo' && model === MODEL)).toMatchObject({
      health: 'down',
      succeeded: 0,
      failed: 3,
    });
  });

  test('sorts by what was measured', () => {
    const { router } = routerWith();
    const { context } = contextFor({});
    void router.stage(context);
    const [, , slow] = context.route!.candidates;
    context.route!.record?.(slow!.endpoint, OK);
    const { context: later } = contextFor({ provider_sort: 'throughput' });
    void router.stage(later);
    expect(chosen(later)?.[0]).toBe(idOf(slow!.endpoint));
  });
});

describe('conversations', () => {
  test('stay where they were served', () => {
    const { router, clock } = routerWith();
    const first = contextFor({}, { 'x-session-id': 's' }).context;
    void router.stage(first);
    first.route!.onServed?.(first.route!.candidates[2]!.endpoint, undefined);
    const next = contextFor({}, { 'x-session-id': 's' }).context;
    void router.stage(next);
    expect(chosen(next)?.[0]).toBe(idOf(first.route!.candidates[2]!.endpoint));
    const stranger = contextFor({}, { 'x-session-id': 's' }, 'other').context;
    void router.stage(stranger);
    expect(chosen(stranger)?.[0]).toBe('A2');
    clock.advance(600_000);
    const late = contextFor({}, { 'x-session-id': 's' }).context;
    void router.stage(late);
    expect(chosen(late)?.[0]).toBe('A2');
  });

  test('are not followed if the caller sets an order', () => {
    const { router } = routerWith();
    const { context } = contextFor({ provider_order: ['beta'], session_id: 's' });
    void router.stage(context);
    expect(context.route?.onServed).toBeUndefined();
  });
});

describe('beforeRoute', () => {
  test('replaces the request and its bytes', () => {
    const { router } = routerWith({ beforeRoute: ({ request }) => ({ ...request, model: 'acme/doc' }) });
    const { context } = contextFor({});
    expect(router.stage(context)).toBe('next');
    expect(context.route?.model).toBe('acme/doc');
    expect(context.request?.model).toBe('acme/doc');
    expect(context.body?.request).toBe(context.request);
    expect(context.body?.received).toBeUndefined();
  });

  test('may take its time', async () => {
    const { router } = routerWith({ beforeRoute: async ({ request }) => ({ ...request, model: 'acme/mini-8b' }) });
    const { context } = contextFor({});
    expect(await router.stage(context)).toBe('next');
    expect(chosen(context)).toEqual(['M1', 'M2']);
  });

  test('changes nothing by returning nothing', () => {
    const { router } = routerWith({ beforeRoute: () => undefined });
    const { context } = contextFor({});
    const before = context.body?.toString();
    void router.stage(context);
    expect(context.body?.toString()).toBe(before);
  });

  test('gets the caller and refuses by throwing', () => {
    const { router } = routerWith({
      beforeRoute({ caller, requestId }) {
        throw new GatewayError('permission_denied', `${caller?.id} ${requestId}`);
      },
    });
    expect(() => router.stage(contextFor({}).context)).toThrow('tenant req_1');
  });

  test('must return a request', () => {
    const { router } = routerWith({ beforeRoute: () => 'no' as unknown as ChatRequest });
    expect(() => router.stage(contextFor({}).context)).toThrow(TypeError);
  });
});

describe('selectCandidates', () => {
  const candidate = (slug: string, model = MODEL): Candidate => ({ slug, model, provider: '', upstreamModel: '' });

  test('sees the plan and may reorder it', () => {
    let seen: readonly string[] = [];
    const { router } = routerWith({
      selectCandidates({ candidates, excluded }) {
        seen = [...candidates.map(idOf), ...excluded.map(idOf)];
        return candidates.toReversed();
      },
    });
    const { context } = contextFor({});
    expect(router.stage(context)).toBe('next');
    expect(seen).toEqual(['A2', 'A1', 'B1', 'C1', 'C2', 'D1', 'C3']);
    expect(chosen(context)).toEqual(['D1', 'C2', 'C1', 'B1', 'A1', 'A2']);
  });

  test('does not change the plan by returning nothing', async () => {
    const { router } = routerWith({ selectCandidates: async () => undefined });
    const { context } = contextFor({ provider_only: ['gamma'] });
    expect(await router.stage(context)).toBe('next');
    expect(chosen(context)).toEqual(['C1', 'C2']);
  });

  test('may choose another model, a tier, and each endpoint once', () => {
    const { router } = routerWith({
      selectCandidates: () => [
        candidate('beta', 'acme/mini-8b'),
        candidate('gamma/priority'),
        candidate('gamma/priority'),
      ],
    });
    const { context } = contextFor({ top_k: 1 });
    void router.stage(context);
    expect(chosen(context)).toEqual(['M2', 'C3']);
    expect(context.route?.model).toBe('acme/mini-8b');
    expect(context.route?.candidates[0]?.drop).toEqual(['top_k']);
    expect(context.route?.excluded).toContainEqual({
      provider: 'alpha',
      model: MODEL,
      slug: 'alpha',
      reason: 'selectCandidates',
    });
    expect(context.route?.excluded.map(({ slug }) => slug)).not.toContain('gamma/priority');
  });

  test('chooses among all models where the request names none', () => {
    const { router } = routerWith({
      selectCandidates: ({ candidates }) => candidates.filter(({ model }) => model === 'acme/doc'),
    });
    const { context } = contextFor({ model: 'auto' });
    void router.stage(context);
    expect(chosen(context)).toEqual(['X1', 'X2', 'X3']);
    expect(context.route?.model).toBe('acme/doc');
  });

  test('refuses with 503 by returning no candidate', () => {
    const { router } = routerWith({ selectCandidates: () => [] });
    expect(refusalOf(() => router.stage(contextFor({}).context))).toMatchObject({
      status: 503,
      code: 'no_provider_available',
    });
  });

  test.each([
    [
      'an endpoint that is not configured',
      [candidate('unknown')],
      /"unknown" for "acme\/chat-70b", which is not a configured endpoint/,
    ],
    ['a model that no endpoint has', [candidate('alpha', 'gpt')], /not a configured endpoint/],
    [
      'an endpoint that the caller forbids',
      [candidate('beta')],
      /"beta", which the request excludes \(data_policy:zdr\)/,
    ],
    ['an endpoint that cannot hold the response', [candidate('alpha', 'acme/mini-8b')], /excludes \(max_tokens\)/],
  ])('may not choose %s', (_, candidates, message) => {
    const { router } = routerWith({ selectCandidates: () => candidates });
    const act = () => router.stage(contextFor({ provider_zdr: true, max_tokens: 9_000 }).context);
    expect(act).toThrow(TypeError);
    expect(act).toThrow(message);
  });
});

describe('the dry run', () => {
  test('responds with the plan and calls no provider', () => {
    const { router } = routerWith();
    const { context, sent } = contextFor({ provider_only: ['alpha'], top_k: 5 }, { 'x-nordlys-dry-run': 'plan' });
    expect(router.stage(context)).toBe('responded');
    expect(context.route).toBeUndefined();
    expect(sent.head?.status).toBe(200);
    expect(sent.body).toEqual(router.plan({ model: MODEL, provider_only: ['alpha'], top_k: 5 }));
  });

  test('shows what hooks make of the plan', async () => {
    const { router } = routerWith({
      beforeRoute: async ({ request }) => ({ ...request, provider_only: ['gamma'] }),
      selectCandidates: async ({ candidates }) => candidates.toReversed(),
    });
    const { context, sent } = contextFor({}, { 'x-nordlys-dry-run': 'plan' });
    const outcome: StageOutcome = await router.stage(context);
    expect(outcome).toBe('responded');
    expect((sent.body as { candidates: Candidate[] }).candidates.map(idOf)).toEqual(['C2', 'C1']);
  });

  test.each(['true', '1', '', 'Plan'])('does not mistake %j for a request', (value) => {
    const { router } = routerWith();
    const { context } = contextFor({}, { 'x-nordlys-dry-run': value });
    expect(refusalOf(() => router.stage(context))).toMatchObject({
      status: 400,
      code: 'invalid_value',
      param: 'x-nordlys-dry-run',
    });
  });
});

describe('plan()', () => {
  test('shows candidates, who is excluded and why, and what is dropped', () => {
    const { router } = routerWith();
    expect(router.plan({ model: 'acme/mini-8b', provider_only: ['alpha'], seed: 1 })).toEqual({
      candidates: [
        {
          provider: 'alpha',
          model: 'acme/mini-8b',
          slug: 'alpha',
          upstreamModel: 'acme/mini-8b',
          contextLength: 32_768,
          pricing: { prompt: 0.1, completion: 0.1, request: 0, image: 0 },
        },
      ],
      promptTokens: 5,
      excluded: [{ provider: 'beta', model: 'acme/mini-8b', slug: 'beta', reason: 'allowed_providers' }],
      droppedParameters: ['seed'],
    });
  });

  test('checks its body as a request is checked, and needs no messages', () => {
    const { router, checked } = routerWith();
    router.plan({ model: MODEL });
    router.plan({ model: MODEL, messages: [] });
    expect(checked).toEqual([
      { model: MODEL, messages: [{ role: 'user', content: '…' }] },
      { model: MODEL, messages: [] },
    ]);
  });

  test('prefers what-if statistics to live ones', () => {
    const { router } = routerWith();
    const snapshot = { [`alpha/turbo ${MODEL}`]: { health: 'down' as const } };
    expect(router.plan({ model: MODEL }, { snapshot }).candidates.map(idOf).at(-1)).toBe('A2');
    expect(router.plan({ model: MODEL }).candidates.map(idOf)[0]).toBe('A2');
  });

  test('accepts a draw, a prompt size and a sticky endpoint', () => {
    const { router } = routerWith();
    const first = (context: Parameters<typeof router.plan>[1]) =>
      idOf(router.plan({ model: MODEL }, context).candidates[0]!);
    expect(first({ random: 0.93 })).toBe('B1');
    expect(first({ random: () => 0.76 })).toBe('A1');
    expect(first({ promptTokens: 150_000 })).toBe('C1');
    expect(first({ sticky: 'gamma/us' })).toBe('C2');
  });

  test('uses the statistics of the given moment', () => {
    const { router, clock } = routerWith();
    const { context } = contextFor({});
    void router.stage(context);
    const first = context.route!.candidates[0]!.endpoint;
    for (let call = 0; call < 3; call++) context.route!.record?.(first, FAILED);
    const last = (now?: number) =>
      router
        .plan({ model: MODEL }, now === undefined ? {} : { now })
        .candidates.map(idOf)
        .at(-1);
    expect(last()).toBe('A2');
    expect(last(clock.now() + 60_000)).toBe('D1');
  });

  test('refuses as the request would be refused', () => {
    const { router } = routerWith();
    expect(refusalOf(() => router.plan({ model: 'gpt' })).code).toBe('model_not_found');
    expect(refusalOf(() => router.plan({ model: MODEL, provider_configs: { zeta: {} } })).code).toBe('invalid_value');
  });
});

describe('an update', () => {
  test('keeps statistics of endpoints that stay', () => {
    const { router } = routerWith();
    const { context } = contextFor({});
    void router.stage(context);
    for (let call = 0; call < 3; call++) context.route!.record?.(context.route!.candidates[0]!.endpoint, FAILED);
    router.update({ ...sampleOptions.providers, new: { baseUrl: 'https://new.example', models: [MODEL] } });
    expect(router.plan({ model: MODEL }).candidates.map(({ slug }) => slug)).toEqual([
      'alpha',
      'beta',
      'gamma/eu',
      'gamma/us',
      'delta',
      'new',
      'alpha/turbo',
    ]);
    expect(router.models().data.map(({ id }) => id)).toEqual([MODEL, 'acme/mini-8b', 'acme/doc', 'azure/other']);
  });

  test('that is wrong changes nothing', () => {
    const { router } = routerWith();
    expect(() => router.update({ p: { baseUrl: 'nonsense', models: [] } })).toThrow(/providers\.p\.baseUrl/);
    expect(router.plan({ model: MODEL }).candidates).toHaveLength(6);
  });

  test('keeps requests on the table that they began with', async () => {
    const { router } = routerWith({
      async selectCandidates({ candidates }) {
        router.update({ other: { baseUrl: 'https://other.example', models: ['m'] } });
        return candidates;
      },
    });
    const { context } = contextFor({});
    expect(await router.stage(context)).toBe('next');
    expect(chosen(context)).toHaveLength(6);
  });
});

test('lists models with the time it was made', () => {
  const { router } = routerWith();
  expect(router.models().data[0]).toEqual({
    id: MODEL,
    object: 'model',
    created: 1_750_000_000,
    owned_by: 'alpha',
    context_length: 200_000,
  });
});

test('what the stage throws at a caller is a GatewayError', () => {
  const { router } = routerWith();
  try {
    void router.stage(contextFor({ model: 'nope' }).context);
  } catch (error) {
    expect(isGatewayError(error)).toBe(true);
  }
  expect.assertions(1);
});
