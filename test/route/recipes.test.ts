import { hash } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { RequestContext } from '../../src/request/context.js';
import type { Hooks } from '../../src/contracts/hooks.js';
import type { ResponseSink } from '../../src/contracts/sink.js';
import { GatewayError } from '../../src/errors/gateway-error.js';
import { createRouter } from '../../src/route/route.js';
import { FakeClock } from '../support/fake-clock.js';
import { idOf, sampleOptions } from './sample-table.js';

/** The candidates after `hooks`: ids of the sample table, in order. */
async function candidatesFor(
  hooks: Hooks,
  request: Readonly<Record<string, unknown>>,
  callerId = 'tenant',
): Promise<readonly string[]> {
  const router = createRouter(sampleOptions, {
    clock: new FakeClock(),
    random: () => 0,
    hooks,
    validator: { check: (body) => body as ChatRequest },
  });
  const req = new IncomingMessage(new Socket());
  const context = new RequestContext(req, new ServerResponse(req), 'req_1', 0, () => ({}) as ResponseSink);
  context.caller = { id: callerId };
  context.request = { messages: [{ role: 'user', content: 'hi' }], ...request } as ChatRequest;
  await router.stage(context);
  return context.route?.candidates.map(({ endpoint }) => idOf(endpoint)) ?? [];
}

describe('routing by content', () => {
  const hooks: Hooks = {
    beforeRoute({ request }) {
      if (request.model !== 'auto') return undefined;
      const text = JSON.stringify(request.messages);
      return { ...request, model: text.length > 8_000 || text.includes('```') ? 'acme/chat-70b' : 'acme/mini-8b' };
    },
  };
  const prompt = (content: string) => ({ model: 'auto', messages: [{ role: 'user', content }] });

  test.each([
    ['a short question', prompt('What time is it?'), 'M1'],
    ['code', prompt('Fix this: ```js\nlet x\n```'), 'A2'],
    ['a long text', prompt('x'.repeat(9_000)), 'A2'],
    ['a model that is named', { model: 'acme/doc' }, 'X1'],
  ])('%s', async (_, request, first) => {
    expect((await candidatesFor(hooks, request))[0]).toBe(first);
  });
});

describe('providers by tenant', () => {
  const tenants: Readonly<Record<string, readonly string[]>> = { careful: ['gamma'], none: [] };
  const hooks: Hooks = {
    selectCandidates: ({ candidates, caller }) =>
      candidates.filter(({ provider }) => tenants[caller?.id ?? '']?.includes(provider) ?? true),
  };

  test.each([
    ['careful', ['C1', 'C2']],
    ['another', ['A2', 'A1', 'B1', 'C1', 'C2', 'D1']],
  ])('%s', async (tenant, expected) => {
    expect(await candidatesFor(hooks, { model: 'acme/chat-70b' }, tenant)).toEqual(expected);
  });

  test('a tenant without providers is refused', async () => {
    await expect(candidatesFor(hooks, { model: 'acme/chat-70b' }, 'none')).rejects.toMatchObject({ status: 503 });
  });
});

test('a split between two models keeps each tenant on its side', async () => {
  const share = (tenant: string) => Number.parseInt(hash('sha256', `seed ${tenant}`, 'hex').slice(0, 8), 16) / 2 ** 32;
  const hooks: Hooks = {
    beforeRoute: ({ request, caller }) => ({
      ...request,
      model: share(caller?.id ?? '') < 0.5 ? 'acme/mini-8b' : 'acme/doc',
    }),
  };
  const sides = await Promise.all(
    Array.from({ length: 40 }, async (_, tenant) => {
      const [first] = await candidatesFor(hooks, {}, `t${tenant}`);
      const [again] = await candidatesFor(hooks, {}, `t${tenant}`);
      expect(again).toBe(first);
      return first;
    }),
  );
  expect(new Set(sides)).toEqual(new Set(['M1', 'X1']));
});

test('a guard of costs lowers the cap, and refuses callers without a remaining budget', () => {
  const budgets: Readonly<Record<string, number>> = { rich: 100, poor: 0.3, broke: 0 };
  const hooks: Hooks = {
    beforeRoute({ request, caller }) {
      const budget = budgets[caller?.id ?? ''] ?? 0;
      if (budget === 0) throw new GatewayError('insufficient_quota', 'Your budget for this month is spent.');
      return { ...request, provider_max_completion_price: Math.min(budget, 5) };
    },
  };
  const request = { model: 'acme/chat-70b', models: ['acme/mini-8b'] };
  return Promise.all([
    expect(candidatesFor(hooks, request, 'rich')).resolves.toContain('A2'),
    expect(candidatesFor(hooks, request, 'poor')).resolves.toEqual(['M1', 'M2']),
    expect(candidatesFor(hooks, request, 'broke')).rejects.toMatchObject({ status: 429 }),
  ]);
});
