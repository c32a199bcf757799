import type { ChatRequest } from '../chat/types.js';
import { KeptDigits } from './kept-digits.js';
import type { BodyEdits, RequestBody } from './request-body.js';

/** A body of which some top-level members were replaced or left out: every other member keeps its received bytes. */
export class ChangedBody implements RequestBody {
  readonly request: ChatRequest;
  readonly received = undefined;
  readonly #original: RequestBody;
  /** The request with all digits; `request` itself where it has no long numbers. */
  readonly #exact: ChatRequest;
  readonly #changed: Record<string, string> = {};
  readonly #removed: string[] = [];

  /** @param members - that `request` has otherwise than the request of `original`, or lacks */
  constructor(original: RequestBody, request: ChatRequest, members: Iterable<string>) {
    this.request = request;
    this.#original = original;
    const exact = KeptDigits.of(original)?.restoredIn(request) ?? request;
    this.#exact = exact;
    for (const member of members) {
      if (exact[member] === undefined) this.#removed.push(member);
      else this.#changed[member] = JSON.stringify(exact[member]);
    }
  }

  bytesFor({ set, remove }: BodyEdits): Uint8Array {
    const removed = this.#removed.length === 0 ? remove : new Set([...remove, ...this.#removed]);
    return this.#original.bytesFor({ set: { ...this.#changed, ...set }, remove: removed });
  }

  exactRequest(): ChatRequest | undefined {
    return this.#exact === this.request ? undefined : this.#exact;
  }

  exactMember(key: string): unknown {
    return this.exactRequest()?.[key];
  }
}
