/** As many consecutive refusals as open a breaker. */
const MANY = 5;
/** Moderation is about what people write: even several of them in a row say little of the endpoint. */
const MANY_MODERATED = 20;

/**
 * Refusals that each look like the fault of one request (moderation, a firewall's page, "cannot afford so many
 * tokens"), counted in a row: what many requests report is no longer the fault of one. They must come from two tenants,
 * so that no single caller can rest an endpoint for all others; from one only where it has served no other, and never
 * by moderation.
 */
export class RefusalStreak {
  #count = 0;
  readonly #refused = new Set<string>();
  /** Two are enough to tell "one" from "several". */
  readonly #tenants = new Set<string>();

  /** True: the endpoint itself is at fault. */
  add(tenant: string, isModeration: boolean): boolean {
    this.#count++;
    remember(this.#tenants, tenant);
    remember(this.#refused, tenant);
    const areSeveral = this.#refused.size >= 2;
    if (isModeration) return areSeveral && this.#count >= MANY_MODERATED;
    return this.#count >= MANY && (areSeveral || this.#tenants.size <= 1);
  }

  /** A request of `tenant` succeeded. */
  reset(tenant: string): void {
    this.#count = 0;
    this.#refused.clear();
    remember(this.#tenants, tenant);
  }
}

function remember(tenants: Set<string>, tenant: string): void {
  if (tenants.size < 2) tenants.add(tenant);
}
