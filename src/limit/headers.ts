import type { LimitLevel } from '../contracts/limit-store.js';
import type { Rule } from './rules.js';

/** A rule of a request, and its level. */
export interface Standing {
  readonly rule: Rule;
  readonly level: LimitLevel;
}

/**
 * Rate-limit headers of every response to a limited caller: OpenAI's `x-ratelimit-…` of the tightest rule for requests and for
 * tokens, and the headers of draft-ietf-httpapi-ratelimit-headers for all windows.
 */
export function limitHeaders(standings: readonly Standing[], now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  const requests = tightestOf(standings, 'requests', now);
  if (requests !== undefined) {
    headers['x-ratelimit-limit-requests'] = requests.limit;
    headers['x-ratelimit-remaining-requests'] = requests.remaining;
    headers['x-ratelimit-reset-requests'] = requests.reset;
  }
  const tokens = tightestOf(standings, 'tokens', now);
  if (tokens !== undefined) {
    headers['x-ratelimit-limit-tokens'] = tokens.limit;
    headers['x-ratelimit-remaining-tokens'] = tokens.remaining;
    headers['x-ratelimit-reset-tokens'] = tokens.reset;
  }
  let policies = '';
  let states = '';
  for (const { rule, level } of standings) {
    const policy = rule.policyAt(now);
    if (policy === undefined) continue;
    const left = Math.floor(rule.remaining(level) * rule.headerScale);
    const resetS = Math.ceil(rule.resetMs(level, now) / 1_000);
    policies = policies === '' ? policy : `${policies}, ${policy}`;
    const state = `"${rule.name}";r=${left};t=${resetS}`;
    states = states === '' ? state : `${states}, ${state}`;
  }
  if (policies !== '') {
    headers['ratelimit-policy'] = policies;
    headers['ratelimit'] = states;
  }
  return headers;
}

/** The values of OpenAI's headers for the rule of `unit` that has the smallest share left. */
function tightestOf(
  standings: readonly Standing[],
  unit: Rule['unit'],
  now: number,
): { readonly limit: string; readonly remaining: string; readonly reset: string } | undefined {
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
  if (tightest === undefined) return undefined;
  const { rule, level } = tightest;
  return {
    limit: rule.limitText,
    remaining: String(Math.floor(rule.remaining(level))),
    reset: duration(rule.resetMs(level, now)),
  };
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
