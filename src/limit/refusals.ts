import type { LimitLevel } from '../contracts/limit-store.js';
import { GatewayError } from '../errors/gateway-error.js';
import type { Rule } from './rules.js';

/** A rule that refuses a request, and its level. */
export interface Exceeded {
  readonly rule: Rule;
  readonly level: LimitLevel;
  /** The remaining amount is reserved in shares of other processes until they use or return it. */
  readonly isKept: boolean;
}

/** Retry delay where the end of the open requests is unknown. */
const UNKNOWN_WAIT_MS = 1_000;

/**
 * The error of a request that `exceeded` refuse. Budgets come first, because waiting does not help; then requests that can
 * never fit; then the rule with the longest wait.
 */
export function refusalOf(exceeded: readonly Exceeded[], now: number, budgetStatus: 402 | 429): GatewayError {
  const budget = exceeded.find(({ rule, isKept }) => rule.unit === 'usd' && !isKept);
  if (budget !== undefined) return budgetExceeded(budget, now, budgetStatus);
  const tooLarge = exceeded.find(({ level }) => level.waitMs === Infinity);
  if (tooLarge !== undefined) return tooLargeFor(tooLarge, now);
  let longest = exceeded[0]!;
  for (const entry of exceeded) if (waitOf(entry) > waitOf(longest)) longest = entry;
  return rateLimited(longest, now);
}

function budgetExceeded({ rule, level }: Exceeded, now: number, status: 402 | 429): GatewayError {
  const isTooLarge = level.waitMs === Infinity;
  const resetsAt = isTooLarge ? undefined : (rule.resetsAt(now) ?? afterWait(level, now));
  return new GatewayError(
    'budget_exceeded',
    `The budget "${rule.name}" of $${rule.limit} does not pay for this request: $${dollars(rule.remaining(level))} is left.${isTooLarge ? ' The request costs more than the whole budget.' : renewalAt(resetsAt)}`,
    { status, headers: { 'x-should-retry': 'false' }, metadata: metadataOf(rule, level, resetsAt) },
  );
}

function afterWait({ waitMs }: LimitLevel, now: number): number | undefined {
  return waitMs === undefined ? undefined : now + waitMs;
}

function renewalAt(resetsAt: number | undefined): string {
  return resetsAt === undefined ? '' : ` It is renewed at ${new Date(resetsAt).toISOString()}.`;
}

function tooLargeFor({ rule, level }: Exceeded, now: number): GatewayError {
  return new GatewayError(
    'request_too_large_for_limit',
    `This request needs more ${rule.unit} than the limit "${rule.name}" lets pass at once (${rule.capacity}). Shorten it, or request fewer tokens.`,
    { headers: { 'x-should-retry': 'false' }, metadata: metadataOf(rule, level, rule.resetsAt(now)) },
  );
}

function rateLimited(exceeded: Exceeded, now: number): GatewayError {
  const { rule, level, isKept } = exceeded;
  const waitMs = waitOf(exceeded);
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const what = rule.unit === 'concurrent' ? 'requests at once' : rule.unit;
  const reached = isKept ? 'is nearly reached: other processes hold the rest' : 'is reached';
  return new GatewayError(
    'rate_limit_exceeded',
    `The limit "${rule.name}" of ${rule.limit} ${what} ${reached}. Try again in ${seconds} s.`,
    {
      type: rule.unit === 'tokens' ? 'tokens' : 'requests',
      headers: { 'retry-after': String(seconds), 'retry-after-ms': String(waitMs) },
      metadata: { ...metadataOf(rule, level, now + waitMs), retry_after_ms: waitMs },
    },
  );
}

function waitOf({ level }: Exceeded): number {
  return level.waitMs === undefined ? UNKNOWN_WAIT_MS : Math.max(1, Math.ceil(level.waitMs));
}

function metadataOf(rule: Rule, level: LimitLevel, resetsAt: number | undefined): Readonly<Record<string, unknown>> {
  return {
    rule: rule.name,
    unit: rule.unit,
    limit: rule.limit,
    remaining: rule.unit === 'usd' ? Number(dollars(rule.remaining(level))) : Math.floor(rule.remaining(level)),
    ...(resetsAt === undefined ? {} : { resets_at: new Date(resetsAt).toISOString() }),
  };
}

/** USD to the hundredth of a cent. */
function dollars(usd: number): string {
  return String(Math.floor(usd * 10_000) / 10_000);
}

/** The error of a caller that the operator has blocked. */
export function blocked(by: string, untilMs: number): GatewayError {
  return new GatewayError('caller_blocked', `This ${by} is blocked until ${new Date(untilMs).toISOString()}.`, {
    headers: { 'x-should-retry': 'false' },
    metadata: { by, resets_at: new Date(untilMs).toISOString() },
  });
}
