import { expect, it } from 'vitest';
import { resolveRules } from '../../src/limit/limit-options.js';
import { refusalOf } from '../../src/limit/refusals.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const NANO = 1_000_000_000;
const [rule] = resolveRules('rules', [{ name: 'day', by: 'caller', usd: 1, per: 'day' }]);

it('a budget that is used up is an error that no retry helps against', () => {
  const level = { used: NANO, settled: NANO, waitMs: 50_400_000 };
  const error = refusalOf([{ rule: rule!, level, isKept: false }], NOW, 402);
  expect(error).toMatchObject({ code: 'budget_exceeded', status: 402, headers: { 'x-should-retry': 'false' } });
});

it('a request that costs more than a whole budget is not told to wait for the next one', () => {
  const level = { used: 0, settled: 0, waitMs: Infinity };
  const error = refusalOf([{ rule: rule!, level, isKept: false }], NOW, 402);
  expect(error.code).toBe('budget_exceeded');
  expect(error.message).toMatch(/costs more than the whole budget\.$/);
  expect(error.metadata).not.toHaveProperty('resets_at');
});

it('a budget of which other processes hold the rest may be tried again', () => {
  const level = { used: NANO / 2, settled: NANO / 2, waitMs: 1_234 };
  const error = refusalOf([{ rule: rule!, level, isKept: true }], NOW, 402);
  expect(error).toMatchObject({
    code: 'rate_limit_exceeded',
    status: 429,
    headers: { 'retry-after': '2', 'retry-after-ms': '1234' },
  });
  expect(error.message).toContain('other processes hold the rest');
});
