import { addTenant } from './tenant-set.js';

/** Consecutive refusals after which the endpoint itself is at fault: as many as open a circuit breaker. */
const MIN_REFUSALS = 5;
/** The same for moderation: it depends on the prompts, so a few refusals in a row are little evidence about the endpoint. */
const MIN_MODERATIONS = 20;

/**
 * Counts consecutive refusals that each look like the fault of one request (moderation, a firewall's page, "cannot
 * afford so many tokens"): if many requests in a row are refused, the cause is the endpoint. The requests must come
 * from two tenants, so that a single caller cannot put an endpoint into cooldown for all others. One tenant suffices
 * only if the endpoint has served no other, and never for moderation.
 */
export class RefusalStreak {
  #count = 0;
  readonly #refused = new Set<string>();
  readonly #tenants = new Set<string>();

  /** Counts a refusal. True: the endpoint itself is at fault. */
  add(tenant: string, isModeration: boolean): boolean {
    this.#count++;
    addTenant(this.#tenants, tenant);
    addTenant(this.#refused, tenant);
    const areSeveral = this.#refused.size >= 2;
    if (isModeration) return areSeveral && this.#count >= MIN_MODERATIONS;
    return this.#count >= MIN_REFUSALS && (areSeveral || this.#tenants.size <= 1);
  }

  /** A request of `tenant` succeeded. */
  reset(tenant: string): void {
    if (this.#count > 0) {
      this.#count = 0;
      this.#refused.clear();
    }
    addTenant(this.#tenants, tenant);
  }
}
