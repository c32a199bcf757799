import { completionBytes } from '../chat/output-size.js';
import { countImages } from '../chat/prompt-size.js';
import { costOf } from '../chat/usage.js';
import type { Usage } from '../chat/types.js';
import type { RequestContext } from '../request/context.js';
import type { Endpoint } from '../contracts/routing.js';
import type { UpstreamResponse } from './response/upstream-response.js';

/** What one attempt cost. */
export interface AttemptCost {
  /** USD; `undefined` where the endpoint has no price. */
  readonly costUsd: number | undefined;
  /** Counted by us from the sizes of prompt and output, as the upstream did not report a usage. */
  readonly estimated: boolean;
  /** Prompt and completion together. */
  readonly tokens: number | undefined;
}

const UNKNOWN: AttemptCost = Object.freeze({ costUsd: undefined, estimated: false, tokens: undefined });

/** The cost of a reported `usage`; without one, of the prompt and of `bytes` of output. */
export function costOfAttempt(
  { request, route, spend }: RequestContext,
  endpoint: Endpoint,
  usage: Usage | undefined,
  bytes: () => number,
): AttemptCost {
  const { pricing, id } = endpoint;
  const images = pricing !== undefined && pricing.image > 0 && request !== undefined ? countImages(request) : 0;
  if (usage !== undefined) {
    return { costUsd: costOf(usage, pricing, images), estimated: false, tokens: usage.total_tokens };
  }
  // Measuring a prompt takes time: not where neither a price nor a limit asks for it.
  const prompt = pricing === undefined && spend === undefined ? undefined : route?.prompt;
  if (prompt === undefined) return UNKNOWN;
  const counted = {
    prompt_tokens: prompt.tokensAt(id),
    completion_tokens: Math.ceil(bytes() / prompt.bytesPerTokenAt(id)),
  };
  const tokens = counted.prompt_tokens + counted.completion_tokens;
  return { costUsd: costOf(counted, pricing, images), estimated: true, tokens };
}

/** UTF-8 bytes of output that the upstream has sent so far. */
export function bytesOf(answer: UpstreamResponse): number {
  return answer.kind === 'stream' ? answer.reader.progress.outputBytes : completionBytes(answer.completion.choices);
}
