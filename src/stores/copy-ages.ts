import type { Clock } from '../contracts/clock.js';
import { BoundedMap } from '../util/bounded-map.js';

interface Copy {
  /** When Redis was last known to hold this value, or the value was stored here; monotonic milliseconds. */
  readonly checkedAt: number;
  /** Redis does not hold it: the value is too large, or the write failed. */
  readonly isOnlyHere: boolean;
}

/** Ages of this process's copies of values in Redis. A copy whose age was dropped counts as old. */
export class CopyAges {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #copies: BoundedMap<Copy>;

  constructor(clock: Clock, maxAgeMs: number, maxCopies: number) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#copies = new BoundedMap(maxCopies);
  }

  /** The copy may be served without reading Redis. */
  isFresh(key: string): boolean {
    const copy = this.#copies.get(key);
    return copy !== undefined && this.#clock.now() - copy.checkedAt < this.#maxAgeMs;
  }

  /** Redis holds a value under this key, or held one. */
  isShared(key: string): boolean {
    return this.#copies.get(key)?.isOnlyHere === false;
  }

  isOnlyHere(key: string): boolean {
    return this.#copies.get(key)?.isOnlyHere === true;
  }

  checked(key: string, isOnlyHere: boolean): void {
    this.#copies.set(key, { checkedAt: this.#clock.now(), isOnlyHere });
  }

  delete(key: string): void {
    this.#copies.delete(key);
  }

  clear(): void {
    this.#copies.clear();
  }
}
