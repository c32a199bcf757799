import type { LimitLevel } from '../contracts/limit-store.js';
import type { Rule } from './rules.js';

/** A rule of a request, and where it stands. */
export interface Standing {
  readonly rule: Rule;
  readonly level: LimitLevel;
}

/**
 * What a limited caller is told with every response: OpenAI's `x-ratelimit-…` of the tightest rule for requests and for
 * tokens, and the headers of draft-ietf-httpapi-ratelimit-headers for all windows.
 */
export function limitHeaders(standings: readonly Standing[], now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const unit of ['requests', 'tokens'] as const) {
    const tightest = tightestOf(standings, unit);
    if (tightest === undefined) continue;
    const { rule, level } = tightest;
    headers[`x-ratelimit-limit-${unit}`] = String(rule.limit);
    headers[`x-ratelimit-remaining-${unit}`] = String(Math.floor(rule.remaining(level)));
    headers[`x-ratelimit-reset-${unit}`] = duration(rule.resetMs(level, now));
  }
  const policies: string[] = [];
  const states: string[] = [];
  for (const { rule, level } of standings) {
    const windowMs = rule.windowMs(now);
    if (windowMs === undefined) continue;
    // The draft counts in whole numbers, so money is told in cents.
    const factor = rule.unit === 'usd' ? 100 : 1;
    const unit = rule.unit === 'requests' ? '' : `;qu="${rule.unit === 'usd' ? 'usd-cents' : rule.unit}"`;
    policies.push(`"${rule.name}";q=${Math.floor(rule.limit * factor)}${unit};w=${Math.ceil(windowMs / 1_000)}`);
    const resetS = Math.ceil(rule.resetMs(level, now) / 1_000);
    states.push(`"${rule.name}";r=${Math.floor(rule.remaining(level) * factor)};t=${resetS}`);
  }
  if (policies.length > 0) {
    headers['ratelimit-policy'] = policies.join(', ');
    headers['ratelimit'] = states.join(', ');
  }
  return headers;
}

function tightestOf(standings: readonly Standing[], unit: Rule['unit']): Standing | undefined {
  let tightest: Standing | undefined;
  let least = Infinity;
  for (const standing of standings) {
    const { rule, level } = standing;
    if (rule.unit !== unit) continue;
    const share = rule.remaining(level) / rule.limit;
    if (share >= least) continue;
    least = share;
    tightest = standing;
  }
  return tightest;
}

/** As OpenAI writes it: `340ms`, `1s`, `6m0s`, `1h0m0s`. */
export function duration(ms: number): string {
  if (ms <= 999) return `${Math.max(0, Math.ceil(ms))}ms`;
  const seconds = Math.ceil(ms / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
