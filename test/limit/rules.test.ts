import { describe, expect, it } from 'vitest';
import { CompletionEstimate } from '../../src/limit/completion-estimate.js';
import { duration } from '../../src/limit/headers.js';
import { resolveRules } from '../../src/limit/limit-options.js';
import { groupOf, tenantOf } from '../../src/limit/rules.js';

const ruleOf = (rule: object) => resolveRules('rules', [{ name: 'r', by: 'caller', ...rule }])[0]!;
const NOW = Date.parse('2026-03-01T10:00:00Z');

describe('a rule', () => {
  it('counts in the next window from the millisecond at which one ends', () => {
    const rule = ruleOf({ usd: 1, per: 'day' });
    const first = rule.placeOf('a', 'a', NOW).counter;
    expect(rule.placeOf('a', 'a', first.expiresAt - 1).counter.field).toBe(first.field);
    const second = rule.placeOf('a', 'a', first.expiresAt).counter;
    expect(second.field).not.toBe(first.field);
    expect(second.expiresAt - first.expiresAt).toBe(86_400_000);
  });

  it.each([
    [
      { requests: 600, per: '1m' },
      { capacity: 60_000, rate: 1, scale: 100 },
    ],
    [
      { requests: 7, per: '1s' },
      { capacity: 7_000, rate: 7, scale: 1_000 },
    ],
    [
      { tokens: 200_000, per: '1m', burst: 400_000 },
      { capacity: 1_200_000, rate: 10, scale: 3 },
    ],
  ])('%j drains whole units each millisecond', (given, { scale, ...counts }) => {
    const rule = ruleOf(given);
    expect(rule.counterAt('a', NOW)).toMatchObject({ kind: 'bucket', ...counts });
    expect(rule.scale).toBe(scale);
    expect(rule.counterAt('a', NOW).rate * 1_000).toBeCloseTo(
      (rule.limit / rule.windowMs(NOW)!) * rule.scale * 1_000,
      6,
    );
  });

  it('whose numbers are too large for that is exact to a millionth', () => {
    const rule = ruleOf({ tokens: 1_000_000_007, per: '30d' });
    const { capacity, rate } = rule.counterAt('a', NOW);
    expect(rate).toBe(1);
    expect(capacity / rule.scale).toBeCloseTo(1_000_000_007, 3);
  });

  it('keeps money in nano-USD, in a window of its own for each day', () => {
    const rule = ruleOf({ usd: 0.1 + 0.2, per: 'day' });
    const today = rule.counterAt('a', NOW);
    expect(today).toMatchObject({ kind: 'window', capacity: 300_000_000, expiresAt: Date.parse('2026-03-02') });
    expect(rule.counterAt('a', today.expiresAt - 1)).toEqual(today);
    expect(rule.counterAt('a', today.expiresAt).field).not.toBe(today.field);
    expect(rule.toStore(0.05)).toBe(50_000_000);
    expect(rule.toStore(Infinity)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('names its fields without white space, however long and odd the key', () => {
    for (const key of ['a b', '{x}', 'ü'.repeat(500), 'a\nb']) {
      const { field } = ruleOf({ requests: 1, per: '1m' }).counterAt(key, NOW);
      expect(field).toMatch(/^[\x21-\x7e]{1,200}$/);
    }
  });
});

describe('groups', () => {
  const caller = { id: 'c', team: 't' };
  const by = (by: unknown) => resolveRules('rules', [{ name: 'r', by, requests: 1, per: '1m' }])[0]!;

  it('keep what belongs to a tenant together, so that one call serves a request', () => {
    expect(tenantOf(caller)).toBe('t');
    expect(tenantOf({ id: 'c' })).toBe('c');
    expect(tenantOf({ id: 'c', team: 't', tenant: 'x' })).toBe('x');
    const groups = [by('caller'), by('session'), by('team'), by('tenant'), by(() => 't')].map((rule) =>
      groupOf(rule, rule.by === 'caller' ? 'c' : 't', 't'),
    );
    expect(new Set(groups)).toEqual(new Set(['tenant/t']));
  });

  it('give what tenants share one of its own', () => {
    expect(groupOf(by('model'), 'm', 'm')).toBe('rule/r/m');
    expect(
      groupOf(
        by(() => 'all'),
        'all',
        't',
      ),
    ).toBe('rule/r/all');
  });
});

it.each([
  [0, '0ms'],
  [340, '340ms'],
  [999.5, '1s'],
  [1_000, '1s'],
  [59_001, '1m0s'],
  [360_000, '6m0s'],
  [3_600_000, '1h0m0s'],
  [86_399_000, '23h59m59s'],
])('%d ms are written %s', (ms, text) => expect(duration(ms)).toBe(text));

it('estimates of completions are kept for 10,000 pairs of caller and model', () => {
  const estimate = new CompletionEstimate();
  for (let caller = 0; caller < 12_000; caller++) estimate.learn(`caller ${caller}`, caller % 2 === 0 ? 'a' : 'b', 1);
  const known = (caller: number, model: string): boolean => estimate.tokensFor(`caller ${caller}`, model) < 1_024;
  expect([known(0, 'a'), known(11_998, 'a'), known(1, 'b'), known(11_999, 'b')]).toEqual([false, true, true, true]);
});

it('the estimate of completions is what 95 % of them stay below', () => {
  const estimate = new CompletionEstimate();
  expect(estimate.tokensFor('a', 'm')).toBe(1_024);
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < 5_000; i++) estimate.learn('a', 'm', Math.floor(random() * 200));
  expect(estimate.tokensFor('a', 'm')).toBeGreaterThan(140);
  expect(estimate.tokensFor('a', 'm')).toBeLessThan(260);
  expect(estimate.tokensFor('b', 'm')).toBe(1_024);
});
