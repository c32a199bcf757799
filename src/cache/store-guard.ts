import type { Clock, Timer } from '../contracts/clock.js';
import type { CacheStore } from '../contracts/store.js';
import { decodeEntry, type CachedResponse } from './entry.js';
import { isPromise } from '../util/is-promise.js';

/** Time limit of a lookup, in milliseconds. The stores of this package have shorter ones. */
const LOOKUP_LIMIT_MS = 250;

/** Guards requests against a failing store: what throws, rejects or takes too long counts as a miss. */
export class StoreGuard {
  /** Calls that threw, rejected or timed out. */
  faults = 0;
  readonly #store: CacheStore;
  readonly #clock: Clock;

  constructor(store: CacheStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The response under `key`. Synchronous where the store is. */
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

  /** The store has `clear`, so its keys need no generation. */
  get clears(): boolean {
    return typeof this.#store.clear === 'function';
  }

  /** Rejects with what the store throws: the caller of `purge` must know. */
  async clear(prefix: string): Promise<void> {
    await this.#store.clear?.(prefix);
  }

  /** The text under `key`; `undefined` also where the store fails, which the read of the entry counts already. */
  read(key: string): string | undefined | Promise<string | undefined> {
    try {
      const found = this.#store.get(key);
      return isPromise(found) ? this.#settled(found).then(textOf, () => undefined) : textOf(found);
    } catch {
      return undefined;
    }
  }

  /** As `set`; resolves when the store has written it, has failed or timed out. */
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

  /** The result of `work`. @throws Error when it times out */
  async #settled<T>(work: Promise<T>): Promise<T> {
    let limit: Timer | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      limit = this.#clock.setTimer(
        () => reject(new Error('The cache store did not respond in time.')),
        LOOKUP_LIMIT_MS,
      );
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
