import type { ChatRequest } from '../chat/types.js';
import { KeptDigits } from './kept-digits.js';
import type { BodyEdits, RequestBody } from './request-body.js';

/** A body of which some top-level members were replaced: every other member keeps its received bytes. */
export class ChangedBody implements RequestBody {
  readonly request: ChatRequest;
  readonly received = undefined;
  readonly #original: RequestBody;
  /** The request with all digits; `request` itself where it has no long numbers. */
  readonly #exact: ChatRequest;
  readonly #changed: Readonly<Record<string, string>>;

  constructor(original: RequestBody, request: ChatRequest, members: Iterable<string>) {
    this.request = request;
    this.#original = original;
    const exact = KeptDigits.of(original)?.restoredIn(request) ?? request;
    this.#exact = exact;
    this.#changed = Object.fromEntries([...members].map((member) => [member, JSON.stringify(exact[member])]));
  }

  bytesFor({ set, remove }: BodyEdits): Uint8Array {
    return this.#original.bytesFor({ set: { ...this.#changed, ...set }, remove });
  }

  exactRequest(): ChatRequest | undefined {
    return this.#exact === this.request ? undefined : this.#exact;
  }

  exactMember(key: string): unknown {
    return this.exactRequest()?.[key];
  }
}
