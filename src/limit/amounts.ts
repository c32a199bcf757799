import { choicesOf, completionLimit } from '../chat/completion-limit.js';
import { highestPrice } from '../chat/prices.js';
import { countImages } from '../chat/prompt-size.js';
import type { ChatRequest } from '../chat/types.js';
import type { Endpoint } from '../contracts/routing.js';
import type { Rule } from './rules.js';

/** What a request may use, before its response is known. */
export interface AmountParts {
  readonly request: ChatRequest;
  /** Tokens that most completions of this caller and model stay below. */
  expected(model: string): number;
  /** USD of a request to an endpoint without a price. */
  readonly unpricedUsd: number;
}

/** USD that a prompt of so many tokens, and its completion, may cost at `endpoint`. */
export function priceAt(
  endpoint: Endpoint,
  promptTokens: number,
  reserve: Rule['reserve'],
  parts: AmountParts,
): number {
  const { pricing } = endpoint;
  if (pricing === undefined) return parts.unpricedUsd;
  const images = pricing.image > 0 ? countImages(parts.request) : 0;
  return highestPrice(promptTokens, completionAt(endpoint, reserve, parts), pricing, images);
}

/** Tokens of a completion at `endpoint`: its maximum, or the estimate for most of them. */
export function completionAt(
  { model, maxCompletionTokens }: Endpoint,
  reserve: Rule['reserve'],
  parts: AmountParts,
): number {
  const most = completionLimit(parts.request, maxCompletionTokens);
  if (most !== undefined && reserve === 'worst') return most;
  const expected = parts.expected(model) * choicesOf(parts.request);
  return most === undefined ? expected : Math.min(most, expected);
}
