import { countOf } from './counts.js';
import type { ChatRequest } from './types.js';

/**
 * The largest number of tokens that all completions of `request` can have. `undefined`: neither the request nor the model
 * sets a limit.
 * @param modelLimit - the model's own limit, for a request without one
 */
export function completionLimit(request: ChatRequest, modelLimit: number | undefined): number | undefined {
  const most = positive(request.max_completion_tokens) ?? positive(request.max_tokens) ?? modelLimit;
  return most === undefined ? undefined : most * choicesOf(request);
}

/** Completions that `request` asks for. */
export function choicesOf(request: ChatRequest): number {
  return positive(request.n) ?? 1;
}

function positive(value: unknown): number | undefined {
  const count = countOf(value);
  return count === 0 ? undefined : count;
}
