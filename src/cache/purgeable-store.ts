import type { Clock } from '../contracts/clock.js';
import type { CachedResponse } from './entry.js';
import { Generations } from './generations.js';
import type { StoreGuard } from './store-guard.js';

type Found = CachedResponse | undefined;

/** A store from which a tenant's entries, or all, can be purged, also where it has no `clear` of its own. */
export class PurgeableStore {
  readonly #store: StoreGuard;
  readonly #generations: Generations;

  constructor(store: StoreGuard, clock: Clock) {
    this.#store = store;
    this.#generations = new Generations(store, clock);
  }

  /** The generation since the last purge of `tenant`. Responses that were requested in an older one are not stored. */
  generationOf(tenant: string): string {
    return this.#generations.of(tenant);
  }

  /** Reads whether other processes have purged. Synchronous where the store need not be read. */
  refresh(tenant: string): void | Promise<void> {
    return this.#generations.refresh(tenant);
  }

  /** The entry under `key`, unless it was purged. A generation that may be outdated is read at the same time. */
  get(tenant: string, key: string): Found | Promise<Found> {
    const refreshed = this.#generations.refresh(tenant);
    const name = this.#nameOf(key, this.generationOf(tenant));
    const found = this.#store.get(name);
    if (refreshed === undefined) return found;
    return Promise.all([found, refreshed]).then(([entry]) => {
      const nameNow = this.#nameOf(key, this.generationOf(tenant));
      return nameNow === name ? entry : this.#store.get(nameNow);
    });
  }

  /** Stores an entry that was requested in `generation`. */
  set(key: string, value: Uint8Array, expiresAt: number, generation: string): void {
    this.#store.set(this.#nameOf(key, generation), value, expiresAt);
  }

  /** Purges the entries of `tenant`, or all. Rejects where the store did not accept it. */
  purge(tenant: string | undefined): Promise<void> {
    return this.#generations.renew(tenant);
  }

  /** `key` in the store: with the generation, where the store has no `clear`. */
  #nameOf(key: string, generation: string): string {
    return generation === '' || this.#store.clears ? key : `${key}.${generation}`;
  }
}
