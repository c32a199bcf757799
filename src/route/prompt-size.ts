import { BYTES_PER_TOKEN, measurePrompt, type PromptSize, tokensOf } from '../chat/prompt-size.js';
import type { ChatRequest } from '../chat/types.js';
import type { RequestBody } from '../json/request-body.js';

/** Weight of the newest response in the running mean. */
const ALPHA = 0.05;
/** Shorter prompts count less, in proportion to this size, because the overhead of messages outweighs their text. */
const FULL_WEIGHT_BYTES = 256;
/** Bounds of bytes per token: ratios outside are counting errors of an upstream. */
const MIN_RATIO = 0.5;
const MAX_RATIO = 16;
/** `gateway.update()` may add new endpoints without end; the oldest are dropped. */
const MAX_ENDPOINTS = 10_000;

/** Estimated tokens of the prompt of `request`, without calibration. */
export function estimatePromptTokens(request: ChatRequest): number {
  return tokensOf(measurePrompt(request));
}

/**
 * Bytes of text per token, by endpoint, because tokenizers and languages differ. A running mean over the usage that
 * responses report, so that it follows changes of traffic.
 */
export class PromptCalibration {
  readonly #ratios = new Map<string, number>();

  /** UTF-8 bytes per token at the endpoint with this id. */
  bytesPerToken(endpointId: string): number {
    return this.#ratios.get(endpointId) ?? BYTES_PER_TOKEN;
  }

  /**
   * The endpoint reported `promptTokens` for a prompt of this size. Prompts with images are skipped: their tokens vary
   * too much.
   */
  learn(endpointId: string, { bytes, fixedTokens, images }: PromptSize, promptTokens: number | undefined): void {
    if (promptTokens === undefined || images > 0 || bytes === 0) return;
    const tokens = promptTokens - fixedTokens;
    if (!(tokens >= 1)) return;
    const seen = Math.min(Math.max(bytes / tokens, MIN_RATIO), MAX_RATIO);
    const before = this.bytesPerToken(endpointId);
    const weight = ALPHA * Math.min(1, bytes / FULL_WEIGHT_BYTES);
    if (this.#ratios.size >= MAX_ENDPOINTS && !this.#ratios.has(endpointId)) this.#dropOldest();
    this.#ratios.set(endpointId, before + weight * (seen - before));
  }

  #dropOldest(): void {
    for (const oldest of this.#ratios.keys()) {
      this.#ratios.delete(oldest);
      return;
    }
  }
}

/** What is known of a prompt before it is measured. */
interface PromptFacts {
  readonly calibration?: PromptCalibration | undefined;
  /** The number of its tokens. */
  readonly promptTokens?: number | undefined;
  /** The body of its request. */
  readonly body?: RequestBody | undefined;
}

/** The prompt of one request, measured once, on first use. */
export class PromptEstimate {
  readonly #request: ChatRequest;
  readonly #facts: PromptFacts;
  #size: PromptSize | undefined;

  constructor(request: ChatRequest, facts: PromptFacts = {}) {
    this.#request = request;
    this.#facts = facts;
  }

  get size(): PromptSize {
    return (this.#size ??= measurePrompt(this.#request, this.#facts.body?.isAscii));
  }

  /** Tokens of the prompt as the endpoint with this id will count them. */
  tokensAt(endpointId: string): number {
    return this.#facts.promptTokens ?? tokensOf(this.size, this.bytesPerTokenAt(endpointId));
  }

  bytesPerTokenAt(endpointId: string): number {
    return this.#facts.calibration?.bytesPerToken(endpointId) ?? BYTES_PER_TOKEN;
  }

  /** A response reported `promptTokens`. Ignored if the prompt was not measured, which would take time. */
  learn(endpointId: string, promptTokens: number | undefined): void {
    if (this.#size !== undefined) this.#facts.calibration?.learn(endpointId, this.#size, promptTokens);
  }
}
