import { BYTES_PER_TOKEN, measurePrompt, type PromptSize, tokensOf } from '../chat/prompt-size.js';
import type { ChatRequest } from '../chat/types.js';

/** Weight of the newest response in the running mean. */
const ALPHA = 0.05;
/** Shorter prompts say less: what frames a message outweighs its text. Their weight is their share of this. */
const FULL_WEIGHT_BYTES = 256;
/** No tokenizer is outside of this, whatever an upstream counts. */
const LEAST_RATIO = 0.5;
const MOST_RATIO = 16;
/** Replaced provider tables may bring new endpoints for ever; those that were learnt first then go. */
const MAX_ENDPOINTS = 10_000;

/** About how many tokens the prompt of `request` has, at an endpoint of which nothing was learnt. */
export function estimatePromptTokens(request: ChatRequest): number {
  return tokensOf(measurePrompt(request));
}

/**
 * How many bytes of text make a token, endpoint by endpoint: tokenizers and languages differ, and every response's usage
 * tells. A running mean over responses, so that it follows a change of traffic.
 */
export class PromptCalibration {
  readonly #ratios = new Map<string, number>();

  /** UTF-8 bytes per token at the endpoint with this id. */
  bytesPerToken(endpointId: string): number {
    return this.#ratios.get(endpointId) ?? BYTES_PER_TOKEN;
  }

  /** The endpoint counted `promptTokens` for a prompt of this size. What images take is too uncertain to learn from. */
  learn(endpointId: string, { bytes, fixedTokens, images }: PromptSize, promptTokens: number | undefined): void {
    if (promptTokens === undefined || images > 0 || bytes === 0) return;
    const tokens = promptTokens - fixedTokens;
    if (!(tokens >= 1)) return;
    const seen = Math.min(Math.max(bytes / tokens, LEAST_RATIO), MOST_RATIO);
    const before = this.bytesPerToken(endpointId);
    const weight = ALPHA * Math.min(1, bytes / FULL_WEIGHT_BYTES);
    if (this.#ratios.size >= MAX_ENDPOINTS && !this.#ratios.has(endpointId)) this.#forgetOne();
    this.#ratios.set(endpointId, before + weight * (seen - before));
  }

  #forgetOne(): void {
    for (const oldest of this.#ratios.keys()) {
      this.#ratios.delete(oldest);
      return;
    }
  }
}

/** The prompt of one request, measured when first asked for and only once. */
export class PromptEstimate {
  readonly #request: ChatRequest;
  readonly #given: number | undefined;
  readonly #calibration: PromptCalibration | undefined;
  #size: PromptSize | undefined;

  /** @param given - the number of tokens, where it is known */
  constructor(request: ChatRequest, calibration?: PromptCalibration, given?: number) {
    this.#request = request;
    this.#calibration = calibration;
    this.#given = given;
  }

  get size(): PromptSize {
    return (this.#size ??= measurePrompt(this.#request));
  }

  /** Tokens of the prompt as the endpoint with this id will count them. */
  tokensAt(endpointId: string): number {
    return this.#given ?? tokensOf(this.size, this.bytesPerTokenAt(endpointId));
  }

  bytesPerTokenAt(endpointId: string): number {
    return this.#calibration?.bytesPerToken(endpointId) ?? BYTES_PER_TOKEN;
  }

  /** A response counted `promptTokens`. Learnt from only where the prompt was measured: where nothing asks, it is free. */
  learn(endpointId: string, promptTokens: number | undefined): void {
    if (this.#size !== undefined) this.#calibration?.learn(endpointId, this.#size, promptTokens);
  }
}
