import type { AttemptRecord } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import type { ResolvedLimits } from './limit-options.js';

/** What an attempt in flight may cost. */
export interface OpenAttempt {
  readonly endpoint: Endpoint;
  readonly usd: number;
  readonly tokens: number;
}

/** What the attempts of one request have cost, and what those in flight may cost. */
export class AttemptCosts {
  usd = 0;
  tokens = 0;
  readonly #options: Pick<ResolvedLimits, 'onAbort' | 'unpriced'>;
  readonly #open: OpenAttempt[] = [];

  constructor(options: Pick<ResolvedLimits, 'onAbort' | 'unpriced'>) {
    this.#options = options;
  }

  /** Attempts in flight. */
  get open(): number {
    return this.#open.length;
  }

  began(attempt: OpenAttempt): void {
    this.#open.push(attempt);
  }

  /**
   * @param isOwn - the caller's own key pays for it
   * @returns USD to charge instead of the cost in the record, which is lower than what was reserved
   */
  ended(
    endpoint: Endpoint,
    { costUsd, tokens, possiblyBilled, outcome }: AttemptRecord,
    isOwn: boolean,
  ): number | undefined {
    const at = this.#open.findIndex((open) => open.endpoint === endpoint);
    const reserved = at < 0 ? undefined : this.#open[at];
    if (reserved !== undefined) this.#open.splice(at, 1);
    if (!possiblyBilled && outcome !== 'ok' && costUsd === undefined) return undefined;
    this.tokens += tokens ?? 0;
    if (isOwn) return undefined;
    const { onAbort, unpriced = 0 } = this.#options;
    const usd = costUsd ?? unpriced;
    const atLeast = outcome === 'cancelled' && onAbort === 'reserved' ? (reserved?.usd ?? 0) : 0;
    this.usd += Math.max(usd, atLeast);
    return atLeast > usd ? atLeast : undefined;
  }

  /** What must be reserved for one more attempt that uses `amount`, while those in flight continue (`beside`) or have ended. */
  neededFor(unit: 'usd' | 'tokens', amount: number, beside: boolean): number {
    let needed = this[unit] + amount;
    if (beside) for (const open of this.#open) needed += open[unit];
    return needed;
  }
}
