import { UNCOPIED_KEY_PREFIX, type CacheStore } from '../contracts/store.js';
import type { CopyAges } from './copy-ages.js';
import type { RedisValues } from './redis-values.js';

/**
 * Values in Redis with copies in the memory of this process. A copy is served for a limited time before Redis is read
 * again, which limits how long it outlives a value that another process has replaced or deleted.
 */
export class NearCopies implements CacheStore {
  readonly #memory: CacheStore;
  readonly #values: RedisValues;
  readonly #ages: CopyAges;
  readonly #revalidating = new Map<string, Promise<Uint8Array | undefined>>();
  readonly size?: NonNullable<CacheStore['size']>;

  constructor(memory: CacheStore, values: RedisValues, ages: CopyAges) {
    this.#memory = memory;
    this.#values = values;
    this.#ages = ages;
    if (memory.size !== undefined) this.size = memory.size;
  }

  get(key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (isUncopied(key)) return this.#values.failOpen.admits() ? this.#readShared(key) : undefined;
    const near = this.#memory.get(key);
    if (near instanceof Promise) return near;
    if ((near !== undefined && this.#ages.isFresh(key)) || !this.#values.failOpen.admits()) return near;
    return near === undefined ? this.#readThrough(key) : this.#revalidateOnce(key, near);
  }

  async set(key: string, value: Uint8Array, expiresAt: number): Promise<void> {
    if (isUncopied(key)) {
      await this.#values.set(key, value, expiresAt);
      return;
    }
    const wasShared = this.#ages.isShared(key);
    await this.#memory.set(key, value, expiresAt);
    this.#ages.checked(key, true);
    if (await this.#values.set(key, value, expiresAt)) this.#ages.checked(key, false);
    // Other processes must not go on serving the previous value.
    else if (wasShared) await this.#values.delete(key);
  }

  async delete(key: string): Promise<void> {
    await this.#memory.delete(key);
    this.#ages.delete(key);
    await this.#values.delete(key);
  }

  close(): Promise<void> | void {
    this.#ages.clear();
    return this.#memory.close?.();
  }

  /** Reads a value from Redis, as all processes must see the same one. */
  async #readShared(key: string): Promise<Uint8Array | undefined> {
    const found = await this.#values.get(key);
    return found === undefined || found === 'unknown' ? undefined : found.value;
  }

  async #readThrough(key: string): Promise<Uint8Array | undefined> {
    const found = await this.#values.get(key);
    if (found === undefined || found === 'unknown') return undefined;
    return this.#keep(key, found);
  }

  /** Concurrent requests for the same key share one read of Redis. */
  #revalidateOnce(key: string, near: Uint8Array): Promise<Uint8Array | undefined> {
    const running = this.#revalidating.get(key);
    if (running !== undefined) return running;
    const current = this.#revalidate(key, near).finally(() => this.#revalidating.delete(key));
    this.#revalidating.set(key, current);
    return current;
  }

  /** `near` where Redis still holds it, otherwise what Redis holds now. */
  async #revalidate(key: string, near: Uint8Array): Promise<Uint8Array | undefined> {
    const found = await this.#values.get(key);
    // While Redis does not respond, an older value is better than none.
    if (found === 'unknown') return near;
    const current = await this.#memory.get(key);
    // This process has stored another value in the meantime.
    if (current !== undefined && current !== near) return current;
    const isOnlyHere = this.#ages.isOnlyHere(key);
    if (found === undefined && !isOnlyHere) {
      await this.#memory.delete(key);
      this.#ages.delete(key);
      return undefined;
    }
    if (found !== undefined && Buffer.compare(found.value, near) !== 0) return this.#keep(key, found);
    this.#ages.checked(key, found === undefined);
    return near;
  }

  async #keep(key: string, { value, expiresAt }: { value: Uint8Array; expiresAt: number }): Promise<Uint8Array> {
    await this.#memory.set(key, value, expiresAt);
    this.#ages.checked(key, false);
    return value;
  }
}

function isUncopied(key: string): boolean {
  return key.startsWith(UNCOPIED_KEY_PREFIX);
}
