import { completionLimit } from '../chat/completion-limit.js';
import { completionBytes } from '../chat/output-size.js';
import { countImages } from '../chat/prompt-size.js';
import { costOf } from '../chat/usage.js';
import type { Usage } from '../chat/types.js';
import type { PlannedCandidate, RequestContext } from '../request/context.js';
import type { UpstreamResponse } from './response/upstream-response.js';

/** Cost of one attempt. */
export interface AttemptCost {
  /** USD; 0 with a caller's own key, because the caller pays the provider; `undefined` if the endpoint has no price. */
  readonly costUsd: number | undefined;
  /** Estimated from the sizes of prompt and output, because the upstream reported no usage. */
  readonly estimated: boolean;
  /** Prompt and completion together. */
  readonly tokens: number | undefined;
  /** Of `tokens`, where they were estimated: the prompt. */
  readonly promptTokens?: number | undefined;
}

const UNKNOWN: AttemptCost = Object.freeze({ costUsd: undefined, estimated: false, tokens: undefined });

/** The cost of a reported `usage`, or else an estimate from the prompt and from `bytes` of output. */
export function costOfAttempt(
  { request, route, spend }: RequestContext,
  { endpoint, credential }: PlannedCandidate,
  usage: Usage | undefined,
  bytes: () => number,
): AttemptCost {
  const { pricing, id, maxCompletionTokens } = endpoint;
  const isPaidByCaller = credential === 'caller';
  const images = pricing !== undefined && pricing.image > 0 && request !== undefined ? countImages(request) : 0;
  if (usage !== undefined) {
    return {
      costUsd: isPaidByCaller ? 0 : costOf(usage, pricing, images),
      estimated: false,
      tokens: usage.total_tokens,
    };
  }
  // Measuring a prompt takes time, so it is skipped if neither a price nor a limit needs it.
  const prompt = pricing === undefined && spend === undefined ? undefined : route?.prompt;
  if (prompt === undefined || request === undefined) return UNKNOWN;
  const promptTokens = prompt.tokensAt(id);
  // Text with more bytes per token than usual must not count for more tokens than the model could generate.
  const most = completionLimit(request, maxCompletionTokens) ?? Infinity;
  const completionTokens = Math.min(Math.ceil(bytes() / prompt.bytesPerTokenAt(id)), most);
  const counted = { prompt_tokens: promptTokens, completion_tokens: completionTokens };
  const costUsd = isPaidByCaller ? 0 : costOf(counted, pricing, images);
  return { costUsd, estimated: true, tokens: promptTokens + completionTokens, promptTokens };
}

/** UTF-8 bytes of output that the upstream has sent so far. */
export function bytesOf(response: UpstreamResponse): number {
  return response.kind === 'stream'
    ? response.reader.progress.outputBytes
    : completionBytes(response.completion.choices);
}
