import { fnv1a } from './fnv.js';

/** Which tool call ids an upstream takes. */
export interface IdRule {
  /** Matches one character that must be replaced; needs the flag `g`. */
  readonly forbidden: RegExp;
  /** @defaultValue no limit */
  readonly maxLength?: number;
}

/**
 * Tool call ids of one conversation in a form that the upstream takes, the same in call and result.
 * An id that was used before (some models count from `call_0` in every turn) gets a hash, and results belong to the
 * latest call of their id.
 */
export class ToolCallIds {
  readonly #rule: IdRule;
  readonly #latest = new Map<string, string>();
  readonly #used = new Set<string>();

  constructor(rule: IdRule) {
    this.#rule = rule;
  }

  /** @param fallback - used where `id` is empty, as the ids of some servers are */
  call(id: string, fallback: string): string {
    let sent = this.#fitted(id === '' ? fallback : id);
    for (let round = 0; this.#used.has(sent); round++) sent = this.#hashed(sent, `${id}${fallback}${round}`);
    this.#used.add(sent);
    this.#latest.set(id, sent);
    return sent;
  }

  /** The id that was sent for the call with this id; `undefined` where there was none. */
  result(id: string): string | undefined {
    return this.#latest.get(id);
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
