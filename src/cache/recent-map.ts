/**
 * A map that forgets what was not asked for lately, once it is full. In two halves: what is found in the younger one stays
 * where it is, so that to be asked for moves nothing, and the older one goes as a whole.
 */
export class RecentMap<V> {
  readonly #half: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** @param limit - Values that are held at most; at least half as many are. */
  constructor(limit: number) {
    this.#half = limit >> 1;
  }

  get(key: string): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }
}
