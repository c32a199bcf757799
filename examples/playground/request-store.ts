// The last requests, as the gateway's hooks reported them, for a demonstration. Prompts are stored only if a guard checked them.
import type { AttemptRecord, Hooks } from 'nordlys-proxy';

export interface StoredRequest {
  readonly attempts: StoredAttempt[];
  /** The last message as the provider got it, where a guard was switched on. */
  sent?: string;
  /** Once the response has ended. */
  response?: {
    readonly provider: string | undefined;
    readonly slug: string | undefined;
    readonly model: string | undefined;
    readonly cache: string | undefined;
    readonly complete: boolean;
    readonly finishReason: string | undefined;
    readonly promptTokens: number | undefined;
    readonly completionTokens: number | undefined;
    readonly costUsd: number | undefined;
    readonly durationMs: number;
    readonly firstTokenMs: number | undefined;
  };
  /** Set if the request ended in an error. */
  error?: { readonly code: string; readonly message: string; readonly status: number };
}

type StoredAttempt = Pick<
  AttemptRecord,
  'attempt' | 'slug' | 'model' | 'outcome' | 'status' | 'durationMs' | 'firstTokenMs' | 'received' | 'upstreamError'
>;

export class RequestStore {
  readonly #capacity: number;
  readonly #requests = new Map<string, StoredRequest>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  find(id: string): StoredRequest | undefined {
    return this.#requests.get(id);
  }

  /** Hooks that only observe. */
  readonly hooks: Hooks = {
    afterAttempt: ({ requestId, record }) => {
      const { attempt, slug, model, outcome, status, durationMs, firstTokenMs, received, upstreamError } = record;
      const details = { attempt, slug, model, outcome, status, durationMs, firstTokenMs, received, upstreamError };
      this.#of(requestId).attempts.push(details);
    },
    afterResponse: ({ requestId, provider, slug, model, cache, complete, finishReason, usage, ...rest }) => {
      this.#of(requestId).response = {
        provider,
        slug,
        model,
        cache,
        complete,
        finishReason,
        promptTokens: usage?.prompt_tokens,
        completionTokens: usage?.completion_tokens,
        costUsd: rest.costUsd,
        durationMs: rest.durationMs,
        firstTokenMs: rest.firstTokenMs,
      };
    },
    onError: ({ requestId, error: { code, message, status } }) => {
      this.#of(requestId).error = { code, message, status };
    },
  };

  noteSent(id: string, text: string): void {
    this.#of(id).sent = text;
  }

  #of(id: string): StoredRequest {
    let request = this.#requests.get(id);
    if (request === undefined) {
      request = { attempts: [] };
      this.#requests.set(id, request);
      if (this.#requests.size > this.#capacity) this.#forgetOldest();
    }
    return request;
  }

  #forgetOldest(): void {
    for (const oldest of this.#requests.keys()) {
      this.#requests.delete(oldest);
      return;
    }
  }
}
