import type { AbstainReason, RouterExplanation, RouterStatus } from '../contracts/router.js';

/** Models that are counted by name: a hook may return any number of names. */
const MOST_MODELS = 1_000;

/** Counts what a router decides. */
export class RouterCounters {
  readonly #mode: RouterStatus['mode'];
  readonly #models = new Map<string, number>();
  readonly #abstained = new Map<AbstainReason, number>();
  #decisions = 0;
  #sticky = 0;

  constructor(mode: RouterStatus['mode']) {
    this.#mode = mode;
  }

  count({ model, reason, sticky }: RouterExplanation): void {
    this.#decisions++;
    if (sticky) this.#sticky++;
    if (reason !== undefined) this.#abstained.set(reason, (this.#abstained.get(reason) ?? 0) + 1);
    if (model === undefined || (this.#models.size >= MOST_MODELS && !this.#models.has(model))) return;
    this.#models.set(model, (this.#models.get(model) ?? 0) + 1);
  }

  status(): RouterStatus {
    return {
      mode: this.#mode,
      decisions: this.#decisions,
      models: Object.fromEntries(this.#models),
      abstained: Object.fromEntries(this.#abstained),
      sticky: this.#sticky,
    };
  }
}
