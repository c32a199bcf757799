import type { AttemptRecord } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import type { ResolvedLimits } from './limit-options.js';

/** What the attempts of one request have cost, and which are in flight. */
export class AttemptCosts {
  usd = 0;
  tokens = 0;
  readonly #options: Pick<ResolvedLimits, 'onAbort' | 'unpriced'>;
  /** Endpoints of the attempts in flight. */
  readonly #open: Endpoint[] = [];
  #hasBegun = false;

  constructor(options: Pick<ResolvedLimits, 'onAbort' | 'unpriced'>) {
    this.#options = options;
  }

  /** Attempts in flight. */
  get open(): number {
    return this.#open.length;
  }

  /** Some attempt was made. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  began(endpoint: Endpoint): void {
    this.#hasBegun = true;
    this.#open.push(endpoint);
  }

  /**
   * @param isOwn - the caller's own key pays for it
   * @param mostUsd - the highest cost of an attempt at `endpoint`; `Infinity` if it is unknown
   * @returns USD to charge instead of the cost in the record, which is lower than what was reserved, or unknown
   */
  ended(
    endpoint: Endpoint,
    { costUsd, tokens, possiblyBilled, outcome }: AttemptRecord,
    isOwn: boolean,
    mostUsd: (endpoint: Endpoint) => number,
  ): number | undefined {
    const at = this.#open.indexOf(endpoint);
    if (at >= 0) this.#open.splice(at, 1);
    if (!possiblyBilled && outcome !== 'ok' && costUsd === undefined) return undefined;
    this.tokens += tokens ?? 0;
    if (isOwn) return undefined;
    const { onAbort, unpriced = 0 } = this.#options;
    const usd = costUsd ?? unpriced;
    const isReserved = outcome === 'cancelled' && onAbort === 'reserved' && at >= 0;
    const reserved = isReserved ? mostUsd(endpoint) : 0;
    const atLeast = Number.isFinite(reserved) ? reserved : 0;
    this.usd += Math.max(usd, atLeast);
    if (atLeast > usd) return atLeast;
    return costUsd === undefined && usd > 0 ? usd : undefined;
  }

  /**
   * What must be reserved for one more attempt that uses `amount`, while those in flight continue (`beside`) or have ended.
   * @param mostAt - the largest amount that an attempt at an endpoint uses
   */
  neededFor(unit: 'usd' | 'tokens', amount: number, beside: boolean, mostAt: (endpoint: Endpoint) => number): number {
    let needed = this[unit] + amount;
    if (beside) for (const endpoint of this.#open) needed += mostAt(endpoint);
    return needed;
  }
}
