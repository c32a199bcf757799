import { LRUCache } from 'lru-cache';

/** A map of at most `limit` entries. When it is full, the least recently used entry is dropped. */
export class BoundedMap<V extends NonNullable<unknown>> {
  readonly #limit: number;
  // lru-cache allocates all its slots at once, so nothing is allocated before the first entry.
  #entries: LRUCache<string, V> | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  /** Marks the entry as recently used. */
  get(key: string): V | undefined {
    return this.#entries?.get(key);
  }

  set(key: string, value: V): void {
    this.#entries ??= new LRUCache({ max: this.#limit });
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    this.#entries?.delete(key);
  }

  clear(): void {
    this.#entries = undefined;
  }
}
