import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FALLBACK_COST, RETRY_COST, RetryBudget } from '../../src/proxy/failover/retry-budget.js';

const CAPACITY = 500;

/** The bucket as a sum: it holds no more than its capacity, and nothing is taken that is not there. */
interface Model {
  tokens: number;
  /** What was given out and not (yet) given back. */
  paid: number[];
  spent: number;
  earned: number;
}
type Command = fc.Command<Model, RetryBudget>;

const expectSame = (model: Model, budget: RetryBudget): void => {
  expect(budget.tokens).toBe(model.tokens);
  expect(budget.tokens).toBeGreaterThanOrEqual(0);
  expect(budget.tokens).toBeLessThanOrEqual(CAPACITY);
  // No more can be out than there ever was: what bounds an outage's extra load.
  expect(model.spent).toBeLessThanOrEqual(CAPACITY + model.earned);
};

const take = (cost: number): Command => ({
  check: () => true,
  run(model, budget) {
    const enough = model.tokens >= cost;
    expect(budget.take(cost)).toBe(enough);
    if (enough) {
      model.tokens -= cost;
      model.spent += cost;
      model.paid.push(cost);
    }
    expectSame(model, budget);
  },
  toString: () => `take(${cost})`,
});

const refund = (which: number): Command => ({
  check: ({ paid }) => paid.length > 0,
  run(model, budget) {
    const cost = model.paid.splice(which % model.paid.length, 1)[0]!;
    budget.refund(cost);
    model.tokens = Math.min(CAPACITY, model.tokens + cost);
    model.spent -= cost;
    expectSame(model, budget);
  },
  toString: () => `refund(${which})`,
});

const earn = (times: number): Command => ({
  check: () => true,
  run(model, budget) {
    for (let time = 0; time < times; time++) budget.earn();
    model.tokens = Math.min(CAPACITY, model.tokens + times);
    model.earned += times;
    expectSame(model, budget);
  },
  toString: () => `earn(${times})`,
});

const costs = fc.constantFrom(0, FALLBACK_COST, FALLBACK_COST, RETRY_COST);

it('a retry budget holds what its model holds, whatever is taken, given back and earned', () => {
  const commands = [costs.map(take), costs.map(take), fc.nat(200).map(refund), fc.nat(30).map(earn)];
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 300, size: 'max' }), (run) => {
      const model = { tokens: CAPACITY, paid: [], spent: 0, earned: 0 };
      fc.modelRun(() => ({ model, real: new RetryBudget() }), run);
    }),
    { numRuns: 300 },
  );
});

it('an outage costs a hundred further calls at most, and a success pays for a fifth of one', () => {
  const budget = new RetryBudget();
  const callsLeft = (): number => {
    let calls = 0;
    while (budget.take(FALLBACK_COST)) calls++;
    return calls;
  };
  expect(callsLeft()).toBe(CAPACITY / FALLBACK_COST);
  for (let success = 0; success < FALLBACK_COST; success++) budget.earn();
  expect(callsLeft()).toBe(1);
});
