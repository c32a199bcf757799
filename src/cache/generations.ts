import { randomBytes } from 'node:crypto';
import type { Clock } from '../contracts/clock.js';
import { UNCOPIED_KEY_PREFIX } from '../contracts/store.js';
import { BoundedMap } from '../util/bounded-map.js';
import type { StoreGuard } from './store-guard.js';

/**
 * How long a generation counts as current after it was read, in milliseconds. Together with the time limit of stores, a
 * purge takes effect in every process within a second.
 */
const CURRENT_MS = 500;
/** Longer than the lifetime of any entry: purged entries must not become visible again. */
const KEPT_MS = 400 * 24 * 3_600_000;
/** Tenants whose generation is kept in memory. Others are read again. */
const MAX_TENANTS = 10_000;
/** Name of the generation of all tenants. No tenant has this name. */
const ALL = '';

/**
 * The current generation of entries, of each tenant and of all. It is part of the keys, so a purge only writes a new
 * generation: no process that shares the store finds entries of the old one any more. A store with `clear` needs none in
 * its keys; there it only identifies responses that were requested before the last purge.
 */
export class Generations {
  readonly #store: StoreGuard;
  readonly #clock: Clock;
  readonly #all: Generation;
  readonly #tenants = new BoundedMap<Generation>(MAX_TENANTS);

  constructor(store: StoreGuard, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#all = new Generation(ALL, store, clock);
  }

  /** The generation of `tenant` as this process knows it. Empty while nothing was purged. */
  of(tenant: string): string {
    const own = this.#tenants.get(tenant)?.value ?? '';
    return this.#all.value === '' && own === '' ? '' : `${this.#all.value}.${own}`;
  }

  /** Reads the generation again where it may have changed in a shared store. Synchronous where it need not be read. */
  refresh(tenant: string): void | Promise<void> {
    if (this.#store.clears) return undefined;
    const all = this.#all.refresh();
    const own = this.#tenant(tenant).refresh();
    return all === undefined && own === undefined ? undefined : Promise.all([all, own]).then(() => undefined);
  }

  /** Purges the entries of `tenant`, or of all tenants. Rejects where the store did not accept it. */
  renew(tenant: string | undefined): Promise<void> {
    return (tenant === undefined ? this.#all : this.#tenant(tenant)).renew();
  }

  #tenant(tenant: string): Generation {
    let generation = this.#tenants.get(tenant);
    if (generation === undefined) {
      generation = new Generation(tenant, this.#store, this.#clock);
      this.#tenants.set(tenant, generation);
    }
    return generation;
  }
}

/** The generation of one tenant, or of all tenants. */
class Generation {
  value = '';
  readonly #tenant: string;
  readonly #key: string;
  readonly #store: StoreGuard;
  readonly #clock: Clock;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  /** Created in this process, and not read from the store yet. */
  #isUnwritten = false;

  constructor(tenant: string, store: StoreGuard, clock: Clock) {
    this.#tenant = tenant;
    this.#key = `${UNCOPIED_KEY_PREFIX}generation:${tenant}`;
    this.#store = store;
    this.#clock = clock;
  }

  refresh(): void | Promise<void> {
    if (this.#reading !== undefined) return this.#reading;
    const now = this.#clock.now();
    if (now - this.#readAt < CURRENT_MS) return undefined;
    const found = this.#store.read(this.#key);
    // Measured from the start of the read: a purge during the read is found by the next one.
    this.#readAt = now;
    if (!(found instanceof Promise)) return this.#learn(found);
    this.#reading = found.then((text) => {
      this.#reading = undefined;
      this.#learn(text);
    });
    return this.#reading;
  }

  async renew(): Promise<void> {
    this.value = newGeneration();
    if (this.#store.clears) return this.#store.clear(this.#tenant === ALL ? '' : `${this.#tenant}:`);
    this.#isUnwritten = true;
    await this.#write(this.value);
    const { value } = this;
    if ((await this.#store.read(this.#key)) !== value) {
      throw new Error(
        'The cache was purged in this process only: its store did not keep the purge. It is tried again with the next requests.',
      );
    }
    this.#isUnwritten = false;
  }

  #learn(found: string | undefined): void {
    if (found === this.value) {
      this.#isUnwritten = false;
    } else if (this.#isUnwritten) {
      void this.#write(this.value);
    } else if (found !== undefined) {
      this.value = found;
    } else if (this.value !== '') {
      // The store has lost the generation or cannot be reached, and other processes may have purged since. A new
      // generation takes effect if the next read finds it there.
      void this.#write(newGeneration());
    }
  }

  #write(value: string): Promise<void> {
    return this.#store.write(this.#key, Buffer.from(value), this.#clock.wallNow() + KEPT_MS);
  }
}

function newGeneration(): string {
  return randomBytes(9).toString('base64url');
}
