import { isRecord } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { AnthropicTraits } from './traits.js';

/** Smallest budget that the API takes, in tokens. */
const MIN_BUDGET = 1_024;

/** Share of `max_tokens` that a manual model thinks with. Absent: the smallest budget. */
const SHARES: ReadonlyMap<string, number> = new Map([
  ['medium', 0.5],
  ['high', 0.8],
  ['xhigh', 0.95],
  ['max', 0.95],
]);
const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** Budgets, in tokens, up to which an adaptive model is given the effort. */
const NEAREST_EFFORTS: readonly (readonly [budget: number, effort: string])[] = [
  [4_096, 'low'],
  [16_384, 'medium'],
  [Number.POSITIVE_INFINITY, 'high'],
];

/** What a request asks of the model's reasoning. */
export interface WantedReasoning {
  readonly effort: string | undefined;
  /** Tokens. */
  readonly budget: number | undefined;
  /** Reasoning text is left out of the response; signatures stay. */
  readonly exclude: boolean;
  /** The member that asks. */
  readonly param: string;
}

/** Where thinking must be off for this one request. */
export interface ThinkingObstacles {
  readonly forcedTool: boolean;
  /** The conversation ends in results of a turn whose signed thinking was lost. */
  readonly lostThinking: boolean;
}

/** Limit of the response, in tokens. */
export interface TokenLimit {
  /** By the caller. */
  readonly given: number | undefined;
  /** Of the endpoint. */
  readonly endpoint: number | undefined;
  readonly fallback: number;
}

/** `thinking`, `output_config.effort` and `max_tokens` of the body. */
export interface SentThinking {
  readonly thinking: Readonly<Record<string, unknown>> | undefined;
  readonly effort: string | undefined;
  readonly maxTokens: number;
  readonly dropped: string | undefined;
}

/**
 * Reads `reasoning_effort` and OpenRouter's `reasoning`.
 * @throws UnsupportedRequest when the two contradict each other.
 */
export function wantedReasoning(request: ChatRequest): WantedReasoning {
  const { effort: openai, reasoning, exclude } = membersOf(request);
  const nested = reasoning['effort'] ?? (reasoning['enabled'] === false ? 'none' : undefined);
  if (openai !== undefined && typeof nested === 'string' && openai !== nested) {
    throw new UnsupportedRequest('reasoning_effort', 'reasoning_effort and reasoning ask for different efforts.');
  }
  const tokens = reasoning['max_tokens'];
  const budget = typeof tokens === 'number' && tokens > 0 ? Math.floor(tokens) : undefined;
  const implied = reasoning['enabled'] === true && budget === undefined ? 'medium' : undefined;
  const effort = (typeof nested === 'string' ? nested : undefined) ?? openai ?? implied;
  return { effort, budget, exclude, param: openai === undefined ? 'reasoning' : 'reasoning_effort' };
}

function membersOf(request: ChatRequest) {
  const effort = typeof request.reasoning_effort === 'string' ? request.reasoning_effort : undefined;
  const reasoning = isRecord(request['reasoning']) ? request['reasoning'] : {};
  return { effort, reasoning, exclude: reasoning['exclude'] === true || request['include_reasoning'] === false };
}

/** What is sent of `wanted` to a model with these traits. A caller's own limit is never raised. */
export function sentThinking(
  wanted: WantedReasoning,
  traits: AnthropicTraits,
  limit: TokenLimit,
  obstacles: ThinkingObstacles,
): SentThinking {
  const off: SentThinking = {
    thinking: undefined,
    effort: undefined,
    maxTokens: limit.given ?? limit.endpoint ?? limit.fallback,
    dropped: undefined,
  };
  const { effort, budget, param } = wanted;
  if (effort === undefined && budget === undefined) return off;
  if (effort === 'none' && budget === undefined) return withoutThinking(off, traits, param);
  const isUnknown = budget === undefined && !EFFORTS.has(effort ?? '');
  if (isUnknown || traits.thinking === 'none') return { ...off, dropped: param };
  if (traits.thinking === 'manual') {
    if (obstacles.forcedTool || obstacles.lostThinking) return { ...off, dropped: param };
    return manual(wanted, limit, off);
  }
  if (obstacles.forcedTool && traits.thinking !== 'always') return { ...off, dropped: param };
  return adaptive(wanted, off);
}

function withoutThinking(off: SentThinking, { thinking }: AnthropicTraits, param: string): SentThinking {
  if (thinking === 'adaptive') return { ...off, thinking: { type: 'disabled' } };
  return thinking === 'always' ? { ...off, effort: 'low', dropped: param } : off;
}

function adaptive({ effort, budget, exclude }: WantedReasoning, off: SentThinking): SentThinking {
  const nearest = budget === undefined ? undefined : NEAREST_EFFORTS.find(([most]) => budget <= most)?.[1];
  return {
    ...off,
    thinking: { type: 'adaptive', display: display(exclude) },
    effort: nearest ?? (effort === 'minimal' ? 'low' : effort),
    dropped: budget === undefined ? undefined : 'reasoning.max_tokens',
  };
}

function manual(
  { effort, budget, exclude, param }: WantedReasoning,
  limit: TokenLimit,
  off: SentThinking,
): SentThinking {
  const base = limit.given ?? limit.endpoint ?? limit.fallback;
  const share = SHARES.get(effort ?? '');
  const wantedBudget = Math.max(MIN_BUDGET, budget ?? (share === undefined ? MIN_BUDGET : Math.floor(share * base)));
  const raised = Math.min(wantedBudget + base, limit.endpoint ?? Number.POSITIVE_INFINITY);
  const maxTokens = limit.given ?? raised;
  const tokens = Math.min(wantedBudget, maxTokens - 1);
  if (tokens < MIN_BUDGET) return { ...off, dropped: param };
  return {
    ...off,
    thinking: { type: 'enabled', budget_tokens: tokens, display: display(exclude) },
    maxTokens,
  };
}

function display(exclude: boolean): 'omitted' | 'summarized' {
  return exclude ? 'omitted' : 'summarized';
}
