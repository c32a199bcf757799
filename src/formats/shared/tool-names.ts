import { fnv1a } from './fnv.js';

/** Which tool names an upstream takes. */
export interface NameRule {
  /** Matches one character that must be replaced; needs the flag `g`. */
  readonly forbidden: RegExp;
  readonly maxLength: number;
  /** What the first character must match. @defaultValue any allowed character */
  readonly first?: RegExp;
}

/** `_`, then the 8 hex digits of the hash. */
const HASH_LENGTH = 9;

/**
 * Names of one request in a form that the upstream takes, and back. Names that already fit stay as they are; of two
 * that become equal the later one gets a hash.
 */
export class ToolNames {
  readonly #rule: NameRule;
  readonly #sent = new Map<string, string>();
  readonly #originals = new Map<string, string>();

  /**
   * @param names - all names that the request declares, so that those that fit are never displaced
   * @param reserved - names of the format's own tools
   */
  constructor(rule: NameRule, names: Iterable<string>, reserved: Iterable<string> = []) {
    this.#rule = rule;
    for (const name of reserved) this.#originals.set(name, name);
    for (const name of names) if (this.#fitted(name) === name && !this.#originals.has(name)) this.#bind(name, name);
  }

  /** The name to send for `original`. */
  sent(original: string): string {
    return this.#sent.get(original) ?? this.#bind(original, this.#free(original));
  }

  /** A name for a tool of the format's own, close to `wanted`, that no tool of the caller has. */
  own(wanted: string): string {
    const name = this.#free(wanted);
    this.#originals.set(name, wanted);
    return name;
  }

  /** The caller's name of a tool that the upstream called. */
  original(sent: string): string {
    return this.#originals.get(sent) ?? sent;
  }

  #bind(original: string, sent: string): string {
    this.#sent.set(original, sent);
    this.#originals.set(sent, original);
    return sent;
  }

  #free(original: string): string {
    let name = this.#fitted(original);
    for (let round = 0; this.#originals.has(name); round++)
      name = this.#hashed(this.#clean(original), original + round);
    return name;
  }

  #fitted(original: string): string {
    const clean = this.#clean(original);
    return clean.length <= this.#rule.maxLength ? clean : this.#hashed(clean, original);
  }

  #clean(original: string): string {
    const clean = original.replace(this.#rule.forbidden, '_');
    if (clean === '') return 'tool';
    return this.#rule.first === undefined || this.#rule.first.test(clean) ? clean : `_${clean}`;
  }

  #hashed(clean: string, whole: string): string {
    return `${clean.slice(0, this.#rule.maxLength - HASH_LENGTH)}_${fnv1a(whole)}`;
  }
}
