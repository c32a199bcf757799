import type { Clock, Timer } from '../contracts/clock.js';
import type { CacheStore } from '../contracts/store.js';
import { decodeEntry, type CachedResponse } from './entry.js';
import { isPromise } from '../util/is-promise.js';

/** A store that has not answered by then has nothing, in milliseconds. Our own stores have tighter limits. */
const LOOKUP_LIMIT_MS = 250;

/** A store as requests see it: whatever goes wrong inside, there is simply no answer, and nobody waits for it. */
export class StoreGuard {
  /** Times that the store threw, rejected or did not answer. */
  faults = 0;
  readonly #store: CacheStore;
  readonly #clock: Clock;

  constructor(store: CacheStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The answer under `key`. Synchronous where the store is. */
  get(key: string): CachedResponse | undefined | Promise<CachedResponse | undefined> {
    try {
      const found = this.#store.get(key);
      return isPromise(found) ? this.#inTime(found) : decoded(found);
    } catch {
      return this.#fault();
    }
  }

  set(key: string, value: Uint8Array, expiresAt: number): void {
    try {
      const written = this.#store.set(key, value, expiresAt);
      if (isPromise(written)) written.catch(() => this.#fault());
    } catch {
      this.#fault();
    }
  }

  /** The store forgets by itself, so keys need no generation. */
  get clears(): boolean {
    return typeof this.#store.clear === 'function';
  }

  /** Rejects with what the store throws: whoever purges must know. */
  async clear(prefix: string): Promise<void> {
    await this.#store.clear?.(prefix);
  }

  /** The text under `key`; `undefined` also where the store fails: the entry read beside it counts that. */
  read(key: string): string | undefined | Promise<string | undefined> {
    try {
      const found = this.#store.get(key);
      return isPromise(found) ? this.#settled(found).then(textOf, () => undefined) : textOf(found);
    } catch {
      return undefined;
    }
  }

  /** As `set`, and resolves when the store has taken it, has failed or took too long. */
  async write(key: string, value: Uint8Array, expiresAt: number): Promise<void> {
    try {
      const written = this.#store.set(key, value, expiresAt);
      if (isPromise(written)) await this.#settled(written);
    } catch {
      this.#fault();
    }
  }

  size(): { readonly entries: number; readonly bytes: number } | undefined {
    try {
      const size = this.#store.size?.();
      return typeof size?.entries === 'number' && typeof size.bytes === 'number' ? size : undefined;
    } catch {
      return this.#fault();
    }
  }

  async #inTime(found: Promise<Uint8Array | undefined>): Promise<CachedResponse | undefined> {
    try {
      return decoded(await this.#settled(found));
    } catch {
      return this.#fault();
    }
  }

  /** `work`, or a rejection where it takes too long. */
  async #settled<T>(work: Promise<T>): Promise<T> {
    let limit: Timer | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      limit = this.#clock.setTimer(() => reject(new Error('The store did not answer in time.')), LOOKUP_LIMIT_MS);
    });
    return Promise.race([work, tooLate]).finally(() => limit?.cancel());
  }

  #fault(): undefined {
    this.faults++;
  }
}

function decoded(value: unknown): CachedResponse | undefined {
  return value instanceof Uint8Array ? decodeEntry(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined;
}
