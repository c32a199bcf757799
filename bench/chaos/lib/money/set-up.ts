// Options of the processes of the money experiment.

/** USD per million tokens of a completion; prompts are free, so that a reservation is never less than the cost. */
export const PRICES: Readonly<Record<string, number>> = { a: 2, b: 3, c: 5 };
export const MAX_TOKENS = 60;
export const NANO = 1e9;
/** Gateways that run at the same time. */
export const GATEWAYS = 4;
/** The number of an attempt within its request. */
export const ATTEMPT_HEADER = 'x-money-attempt';
/** The longest request, in milliseconds. */
export const TOTAL_MS = 20_000;
/** How long a gateway's reservations outlive it, in milliseconds. */
export const LEASE_MS = TOTAL_MS + 30_000;

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
  /** The file of what they know of their requests, line by line. */
  readonly journal: string;
  readonly seed: number;
}

/** Nano-USD that a caller may spend: each 4 % more than the one before, so that budgets are used up at different times. */
export function budgetOf(caller: string): number {
  return Math.round(1_000_000 * 1.04 ** Number(caller.slice('caller'.length)));
}

/** The caller of a request, by its id. */
export function callerOf(id: string): string {
  return id.split('-')[2]!;
}

/** Nano-USD of a completion at an upstream. */
export function nanoOf(upstream: string, tokens: number): number {
  return tokens * PRICES[upstream]! * 1_000;
}
