// Options of the processes of the money experiment.

/** USD per million tokens of a completion; prompts are free, so that a reservation is never less than the cost. */
export const PRICES: Readonly<Record<string, number>> = { a: 2, b: 3, c: 5 };
export const MAX_TOKENS = 60;
/** USD that each caller may spend. */
export const BUDGET_USD = 0.004;
export const NANO = 1e9;

export interface MoneyUpstreamSetup {
  readonly name: string;
  readonly seed: number;
  /** Share of the requests with a fault. */
  readonly faultShare: number;
  /** The file of its bills. */
  readonly bills: string;
}

export interface MoneyGatewaySetup {
  readonly name: string;
  readonly upstreams: readonly { readonly name: string; readonly port: number }[];
  readonly redisPort: number;
  /** The ledger that all gateways append to. */
  readonly ledger: string;
  readonly seed: number;
}

/** Nano-USD of a completion at an upstream. */
export function nanoOf(upstream: string, tokens: number): number {
  return tokens * PRICES[upstream]! * 1_000;
}
