import { expect, it } from 'vitest';
import type { AttemptRecord } from '../../src/contracts/hooks.js';
import type { LimitOptions } from '../../src/contracts/limits.js';
import type { Endpoint } from '../../src/contracts/routing.js';
import { AttemptCosts } from '../../src/limit/attempt-costs.js';
import { Limits } from '../../src/limit/limit.js';
import type { RequestContext } from '../../src/request/context.js';
import { FakeClock } from '../support/fake-clock.js';

/** An endpoint whose requests cost `usd` each. */
const endpointAt = (usd: number, id = `e${usd}`): Endpoint =>
  ({
    id,
    slug: id,
    model: 'm',
    pricing: { prompt: 0, completion: 0, request: usd, image: 0 },
    provider: { timeouts: {} },
  }) as never;

const planOf = (...candidates: readonly Endpoint[]) =>
  ({ candidates, usesCallerCredential: () => false, promptTokens: () => 10 }) as never;

const record = (given: Partial<AttemptRecord>): AttemptRecord =>
  ({ outcome: 'ok', possiblyBilled: false, ...given }) as AttemptRecord;

/** Limits in memory, and requests of one caller that have passed their stage. */
async function limitsWith(rules: LimitOptions['rules'], options: Partial<LimitOptions> = {}) {
  const limits = new Limits(
    { rules, ...options },
    { clock: new FakeClock(), hooks: { hooks: {}, watch() {} } as never },
  );
  const request = { model: 'm', messages: [] };
  const caller = { id: 'a' };
  const enter = async () => {
    const context = {
      caller,
      request,
      req: { headers: {} },
      res: { writableEnded: false },
      client: { onAbort() {} },
      attempts: [],
      route: {},
    } as unknown as RequestContext;
    await limits.stage(context);
    return context.spend!;
  };
  const used = async () => (await limits.usage('a')).limits.map((limit) => limit.used);
  return { limits, enter, used, preview: () => limits.previewFor(caller, request as never) };
}

it('is settled once, however often it ends', async () => {
  const { limits, enter, used } = await limitsWith([{ name: 'day', by: 'caller', usd: 1, per: 'day' }]);
  const spend = await enter();
  const endpoint = endpointAt(0.4);
  await spend.begin(planOf(endpoint));
  expect(await spend.reprice(endpoint, false)).toBe(true);
  spend.attemptEnded(endpoint, record({ costUsd: 0.3 }));
  for (let times = 0; times < 3; times++) spend.finish();
  expect(await used()).toEqual([0.3]);
  expect(await limits.usage('a')).toMatchObject({ requests: 1, costUsd: 0.3 });
});

it('names the endpoints that cost more than what remains', async () => {
  const { enter } = await limitsWith([{ name: 'day', by: 'caller', usd: 1, per: 'day' }]);
  const [cheap, dear] = [endpointAt(0.2), endpointAt(1.5)];
  const decision = await (await enter()).begin(planOf(cheap, dear));
  expect(decision).toEqual({ kind: 'reserved', tooDear: [dear] });
});

it('releases what one group has granted if another refuses', async () => {
  const { enter, used } = await limitsWith([
    { name: 'day', by: 'caller', usd: 1, per: 'day' },
    { name: 'model', by: 'model', requests: 1, per: 'day' },
  ]);
  const endpoint = endpointAt(0.4);
  await (await enter()).begin(planOf(endpoint));
  const refused = await enter();
  expect(() => refused.begin(planOf(endpoint))).toThrow(/The limit "model"/);
  expect((await used())[0]).toBe(0.4);
});

it('a preview that is refused uses nothing and counts no refusal', async () => {
  const { limits, preview, used } = await limitsWith([{ name: 'day', by: 'caller', usd: 1, per: 'day' }]);
  expect(() => preview().preview(planOf(endpointAt(1.5)))).toThrow(/The budget "day"/);
  expect(limits.statistics().events.size).toBe(0);
  expect(await used()).toEqual([0]);
});

it("an attempt with a caller's own key costs nothing, also at an endpoint without a price", () => {
  const costs = new AttemptCosts({ onAbort: 'reserved', unpriced: 0.01 });
  const endpoint = endpointAt(0.4);
  for (const isOwn of [true, false]) {
    costs.began(endpoint);
    costs.ended(endpoint, record({ tokens: 7 }), isOwn, () => 0.4);
    expect(costs.usd).toBe(isOwn ? 0 : 0.01);
  }
  expect(costs.tokens).toBe(14);
});

it('an aborted attempt at an endpoint without a price has no cost that could be charged', async () => {
  const rules: LimitOptions['rules'] = [{ name: 'tpm', by: 'caller', tokens: 100_000, per: '1m' }];
  const { limits, enter } = await limitsWith(rules, { onAbort: 'reserved' });
  const spend = await enter();
  const endpoint = { ...endpointAt(0.4), pricing: undefined };
  await spend.begin(planOf(endpoint));
  await spend.reprice(endpoint, false);
  const charged: number[] = [];
  const aborted = record({ outcome: 'cancelled', possiblyBilled: true, tokens: 7 });
  spend.attemptEnded(endpoint, aborted, (usd) => void charged.push(usd));
  spend.finish();
  expect(charged).toEqual([]);
  expect(await limits.usage('a')).toMatchObject({ costUsd: 0 });
});
