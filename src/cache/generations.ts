import { randomBytes } from 'node:crypto';
import type { Clock } from '../contracts/clock.js';
import { UNCOPIED_KEY_PREFIX } from '../contracts/store.js';
import { BoundedMap } from '../util/bounded-map.js';
import type { StoreGuard } from './store-guard.js';

/**
 * How long a generation counts as current once it was read, in milliseconds: with the time that a store may take to
 * respond, a purge reaches every process within a second.
 */
const CURRENT_MS = 500;
/** Longer than any entry lives: what a purge has hidden must not come back. */
const KEPT_MS = 400 * 24 * 3_600_000;
/** Tenants whose generation is kept at hand. The others' are read again. */
const MAX_TENANTS = 10_000;
/** Where the generation of all tenants is kept. No tenant has this name. */
const ALL = '';

/**
 * Which generation of entries may be served, for each tenant and for all. It is part of the keys, so a purge is one new
 * generation: entries of the old one are not found any more, by no process that shares the store. A store that can
 * `clear` needs none in its keys; there it only says which responses were asked for before the last purge.
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

  /** The generation of `tenant`, as far as this process knows. Empty while nothing was purged. */
  of(tenant: string): string {
    const own = this.#tenants.get(tenant)?.value ?? '';
    return this.#all.value === '' && own === '' ? '' : `${this.#all.value}.${own}`;
  }

  /** Reads what may have changed in a shared store. Without a promise where nothing had to be waited for. */
  refresh(tenant: string): void | Promise<void> {
    if (this.#store.clears) return undefined;
    const all = this.#all.refresh();
    const own = this.#tenant(tenant).refresh();
    return all === undefined && own === undefined ? undefined : Promise.all([all, own]).then(() => undefined);
  }

  /** Hides everything of `tenant`, or of all. Rejects where the store did not take it over. */
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

/** The generation of one tenant, or of all. */
class Generation {
  value = '';
  readonly #tenant: string;
  readonly #key: string;
  readonly #store: StoreGuard;
  readonly #clock: Clock;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  /** Made here, and not seen in the store yet. */
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
    // Counted from the beginning of the read: a purge that falls into it is seen by the next one.
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
      // The store has lost it, or is out of reach. Which of the two is unknown, and whether ours was the last one as well:
      // a new one takes effect if it is found there the next time.
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
