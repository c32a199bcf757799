import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { Encoding } from './encoding.js';
import { numberOf, textOf } from './json.js';

/** What `reasoning_effort` and OpenRouter's `reasoning` ask for. */
interface RequestedReasoning {
  /** `none` … `max`. */
  readonly effort?: string | undefined;
  /** Tokens. */
  readonly budget?: number | undefined;
  /** Path of the member that asks. */
  readonly param: string;
}

/** Tokens for models that take a budget. `max` and `xhigh` are whatever the model allows. */
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576 };
const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
const LEVELS: readonly string[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];

/** Whether thoughts must not be shown; signatures are sent all the same, because the next turn needs them. */
export function excludesReasoning(request: ChatRequest): boolean {
  const { reasoning } = request;
  return (isRecord(reasoning) && reasoning['exclude'] === true) || request['include_reasoning'] === false;
}

/** `thinkingConfig`; `undefined` where nothing was requested. */
export function thinkingConfig(encoding: Encoding): JsonObject | undefined {
  const { request, traits, dropped } = encoding;
  const requested = requestedReasoning(request);
  if (requested === undefined) return undefined;
  if (!isKnown(requested)) {
    dropped.add(requested.param);
    return undefined;
  }
  const off = requested.effort === 'none' || requested.budget === 0;
  if (traits.thinking === 'none') {
    if (!off) dropped.add(requested.param);
    return undefined;
  }
  const amount =
    traits.thinking === 'budget'
      ? { thinkingBudget: budgetOf(requested, encoding) }
      : { thinkingLevel: levelOf(requested, encoding) };
  return { ...amount, ...(!off && !excludesReasoning(request) && { includeThoughts: true }) };
}

function isKnown({ effort, budget }: RequestedReasoning): boolean {
  return (effort === undefined || EFFORTS.has(effort)) && (budget === undefined || budget >= 0);
}

function requestedReasoning(request: ChatRequest): RequestedReasoning | undefined {
  const effort = textOf(request.reasoning_effort);
  const { reasoning } = request;
  const own = isRecord(reasoning) ? reasoningIn(reasoning) : undefined;
  if (own === undefined) return effort === undefined ? undefined : { effort, param: 'reasoning_effort' };
  if (effort !== undefined && own.effort !== undefined && own.effort !== effort)
    throw new UnsupportedRequest('reasoning_effort', 'reasoning_effort and reasoning.effort differ.');
  return own;
}

function reasoningIn(reasoning: JsonObject): RequestedReasoning | undefined {
  const budget = numberOf(reasoning['max_tokens']);
  if (reasoning['enabled'] === false) return { effort: 'none', param: 'reasoning.enabled' };
  if (budget !== undefined) return { budget, param: 'reasoning.max_tokens' };
  const effort = textOf(reasoning['effort']);
  if (effort !== undefined) return { effort, param: 'reasoning.effort' };
  return reasoning['enabled'] === true ? { effort: 'medium', param: 'reasoning.enabled' } : undefined;
}

/** A caller's own budget is sent as it is; where the model cannot be silenced, it gets its least. */
function budgetOf({ effort, budget, param }: RequestedReasoning, { traits, dropped }: Encoding): number {
  const { minThinkingBudget: min, maxThinkingBudget: max } = traits;
  if (budget !== undefined && budget > 0) return budget;
  if (effort === 'none' || budget === 0) {
    if (min > 0) dropped.add(param);
    return min;
  }
  return Math.min(Math.max(BUDGETS[effort ?? ''] ?? max, min), max);
}

function levelOf({ effort, budget, param }: RequestedReasoning, { traits, dropped }: Encoding): string {
  if (budget !== undefined) dropped.add(param);
  const wanted = budget === undefined ? levelOfEffort(effort) : levelOfBudget(budget);
  const known = traits.thinkingLevels;
  if (known.includes(wanted)) return wanted;
  if (effort === 'none') dropped.add(param);
  // The next level above the wanted one, else the highest there is.
  const above = LEVELS.slice(LEVELS.indexOf(wanted)).find((level) => known.includes(level));
  return above ?? known.at(-1)!;
}

function levelOfEffort(effort: string | undefined): string {
  if (effort === 'none' || effort === 'minimal') return 'MINIMAL';
  return LEVELS.find((level) => level.toLowerCase() === effort) ?? 'HIGH';
}

function levelOfBudget(budget: number): string {
  if (budget <= 0) return 'MINIMAL';
  if (budget <= 1_024) return 'LOW';
  return budget <= 8_192 ? 'MEDIUM' : 'HIGH';
}
