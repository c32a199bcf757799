import { completionBytes } from '../chat/output-size.js';
import { BYTES_PER_TOKEN, countImages } from '../chat/prompt-size.js';
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
}

/** The cost of a reported `usage`; without one, of the prompt and of `bytes` of output. */
export function costOfAttempt(
  { request, route }: RequestContext,
  endpoint: Endpoint,
  usage: Usage | undefined,
  bytes: () => number,
): AttemptCost {
  const { pricing, id } = endpoint;
  if (pricing === undefined || request === undefined) return { costUsd: undefined, estimated: false };
  const images = pricing.image > 0 ? countImages(request) : 0;
  if (usage !== undefined) return { costUsd: costOf(usage, pricing, images), estimated: false };
  const prompt = route?.prompt;
  if (prompt === undefined) return { costUsd: undefined, estimated: false };
  const counted = {
    prompt_tokens: prompt.tokensAt(id),
    completion_tokens: Math.ceil(bytes() / (prompt.bytesPerTokenAt(id) || BYTES_PER_TOKEN)),
  };
  return { costUsd: costOf(counted, pricing, images), estimated: true };
}

/** UTF-8 bytes of output that the upstream has sent so far. */
export function bytesOf(answer: UpstreamResponse): number {
  return answer.kind === 'stream' ? answer.reader.progress.outputBytes : completionBytes(answer.completion.choices);
}
