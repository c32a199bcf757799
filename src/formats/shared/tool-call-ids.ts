import { fnv1a } from './fnv.js';

/** Which tool call ids an upstream takes. */
export interface IdRule {
  /** Matches one character that must be replaced; needs the flag `g`. */
  readonly forbidden: RegExp;
  /** @defaultValue no limit */
  readonly maxLength?: number;
}

/** The calls of one id in the latest turn that uses it. */
interface CallsOfId {
  readonly turn: number;
  /** Ids that were sent and have no result, in the order of the calls. */
  readonly open: string[];
  /** The id that was sent last. */
  latest: string;
}

/**
 * Tool call ids of one conversation in a form that the upstream takes, the same in call and result.
 * An id that was used before gets a hash: some models count from `call_0` in every turn, some give parallel calls one
 * id. Results belong to the calls of the latest turn that uses their id, in order; a further one to the last of them.
 */
export class ToolCallIds {
  readonly #rule: IdRule;
  readonly #calls = new Map<string, CallsOfId>();
  readonly #used = new Set<string>();

  constructor(rule: IdRule) {
    this.#rule = rule;
  }

  /**
   * The id to send for a call of the message `turn`.
   * @param fallback - used where `id` is empty, as the ids of some servers are
   */
  call(id: string, fallback: string, turn: number): string {
    let sent = this.#fitted(id === '' ? fallback : id);
    for (let round = 0; this.#used.has(sent); round++) sent = this.#hashed(sent, `${id}${fallback}${round}`);
    this.#used.add(sent);
    const calls = this.#calls.get(id);
    if (calls?.turn === turn) {
      calls.open.push(sent);
      calls.latest = sent;
    } else {
      this.#calls.set(id, { turn, open: [sent], latest: sent });
    }
    return sent;
  }

  /** The id that was sent for the call that a result with this id belongs to; `undefined` where there was none. */
  result(id: string): string | undefined {
    const calls = this.#calls.get(id);
    return calls?.open.shift() ?? calls?.latest;
  }

  #fitted(id: string): string {
    const clean = id.replace(this.#rule.forbidden, '_');
    return clean.length <= this.#maxLength ? clean : this.#hashed(clean, id);
  }

  #hashed(clean: string, whole: string): string {
    return `${clean.slice(0, Math.min(40, this.#maxLength - 9))}_${fnv1a(whole)}`;
  }

  get #maxLength(): number {
    return this.#rule.maxLength ?? Number.POSITIVE_INFINITY;
  }
}
