import type { ChatRequest } from '../../chat/types.js';
import type { BodyEdits, RequestBody } from '../../json/request-body.js';

/** A body of which some top-level members were replaced: every other member keeps its received bytes. */
export class ChangedBody implements RequestBody {
  readonly request: ChatRequest;
  readonly received = undefined;
  readonly #original: RequestBody;
  readonly #changed: Readonly<Record<string, string>>;

  constructor(original: RequestBody, request: ChatRequest, members: Iterable<string>) {
    this.request = request;
    this.#original = original;
    this.#changed = Object.fromEntries([...members].map((member) => [member, JSON.stringify(request[member])]));
  }

  bytesFor({ set, remove }: BodyEdits): Uint8Array {
    return this.#original.bytesFor({ set: { ...this.#changed, ...set }, remove });
  }

  exactMember(key: string): unknown {
    return Object.hasOwn(this.#changed, key) ? undefined : this.#original.exactMember?.(key);
  }
}
