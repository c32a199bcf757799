import type { Clock } from '../contracts/clock.js';
import type { CachedResponse } from './entry.js';
import { Generations } from './generations.js';
import type { StoreGuard } from './store-guard.js';

type Found = CachedResponse | undefined;

/** A store from which a tenant's entries, or all, can be purged, whether it can forget by itself or not. */
export class PurgeableStore {
  readonly #store: StoreGuard;
  readonly #generations: Generations;

  constructor(store: StoreGuard, clock: Clock) {
    this.#store = store;
    this.#generations = new Generations(store, clock);
  }

  /** Which purge was the last one for `tenant`, as far as this process knows: what was asked for before it is not kept. */
  generationOf(tenant: string): string {
    return this.#generations.of(tenant);
  }

  /** Reads what other processes may have purged. Without a promise where nothing had to be waited for. */
  refresh(tenant: string): void | Promise<void> {
    return this.#generations.refresh(tenant);
  }

  /** The entry under `key` that was not purged. A generation that may be out of date is read beside it, not before it. */
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

  /** Keeps an entry that was asked for in `generation`. */
  set(key: string, value: Uint8Array, expiresAt: number, generation: string): void {
    this.#store.set(this.#nameOf(key, generation), value, expiresAt);
  }

  /** Purges the entries of `tenant`, or all. Rejects where the store did not take it over. */
  purge(tenant: string | undefined): Promise<void> {
    return this.#generations.renew(tenant);
  }

  /** `key` as the store knows it: with the generation, where the store cannot forget by itself. */
  #nameOf(key: string, generation: string): string {
    return generation === '' || this.#store.clears ? key : `${key}.${generation}`;
  }
}
