/**
 * Where limits are counted. Counters live in groups; one call works on one group, as one atomic step. All amounts are
 * whole numbers in the counter's own unit (requests, scaled tokens, nano-USD), except those of a `bucket`.
 */
export interface LimitStore {
  /**
   * True: the store keeps shares of counters for processes, by `LimitOrder.sharing`. A process that loses the store then
   * grants no more than its share, and no limit is exceeded. Without it such a process guesses its share from what it
   * last heard, and may grant what others are granted by the store.
   */
  readonly keepsShares?: boolean | undefined;
  /** Reserves every hold, or none: a hold that does not fit and is enforced refuses them all. Once per lease id. */
  reserve(order: LimitOrder): LimitReply | Promise<LimitReply>;
  /** Changes what a lease holds to the given amounts, or nothing. `unknown` where there is no such lease any more. */
  adjust(order: LimitOrder): LimitReply | Promise<LimitReply>;
  /**
   * Replaces what a lease holds by what was used. Takes effect once: a lease that was settled is ignored. A lease that
   * had expired, and whose holds had gone back, is charged.
   */
  settle(order: SettleOrder): LimitReply | Promise<LimitReply>;
  /** What counters hold now, and whether `amount` would fit. Changes nothing. */
  read(order: Pick<LimitOrder, 'group' | 'holds' | 'sharing'>): LimitReply | Promise<LimitReply>;
  /** True for the first who claims `name` in this group within `ttlMs`. */
  claim(group: string, name: string, ttlMs: number): boolean | Promise<boolean>;
  /** Refuses the subject until `untilMs` (Unix time); a moment that has passed lifts the block. */
  block(subject: string, untilMs: number): void | Promise<void>;
  /** Says that process `id` is alive for `ttlMs`, and asks who is blocked and how many processes there are. */
  sync(id: string, ttlMs: number): LimitSync | Promise<LimitSync>;
  close?(): void | Promise<void>;
}

/**
 * How a counter counts.
 * - `bucket`: fills up and drains at a constant rate; the whole of it may be used at once.
 * - `window`: adds up until `expiresAt`.
 * - `sliding`: adds up over the last 60 slots.
 * - `held`: counts what leases hold at this moment.
 */
export type LimitCounterKind = 'bucket' | 'window' | 'sliding' | 'held';

/** One counter. */
export interface LimitCounter {
  /** Unique in its group: printable ASCII without white space. */
  readonly field: string;
  readonly kind: LimitCounterKind;
  readonly capacity: number;
  /** `bucket`: units that drain per millisecond. `sliding`: milliseconds of a slot. Otherwise 0. */
  readonly rate: number;
  /** `window`: Unix time in milliseconds at which it ends. Otherwise 0. */
  readonly expiresAt: number;
}

/** An amount of one counter. */
export interface LimitHold {
  readonly counter: LimitCounter;
  readonly amount: number;
  /** False: it is counted, whether it fits or not. */
  readonly enforced: boolean;
  /** `window`: what is known to have been settled before. A store that has lost its data begins there. */
  readonly floor?: number | undefined;
  /** What this call does with the process's share of the counter. Absent: the call leaves it as it is. */
  readonly share?: LimitShare | undefined;
}

/** Part of a counter that the store keeps for one process, in the counter's unit. Others cannot reserve it. */
export interface LimitShare {
  /**
   * What the call may take out of the share. `reserve` and `adjust` take it before anything else. What is refused keeps
   * it if it would have covered the whole amount, and gives it up otherwise. `settle` takes it where it charges a lease
   * that the store does not know.
   */
  readonly own: number;
  /** What the share is to be when the call arrives, `own` included. Absent: what it is. */
  readonly total?: number | undefined;
}

/** The process that calls, where the store keeps shares. */
export interface LimitSharing {
  readonly process: string;
  /** Grows with each call of the process. A call that arrives after a later one does not set `total`. */
  readonly sequence: number;
  /** A call that is granted enlarges the share up to what is left of the counter, divided by this number. */
  readonly parts: number;
  /** No share is kept that would be too small for this many requests like the one that is made. */
  readonly minRequests: number;
  /** The share is given up if the process is not heard from for this time. */
  readonly ttlMs: number;
}

/** Holds of one lease in one group. */
export interface LimitOrder {
  readonly group: string;
  /** `''`: the amounts are final, nothing will be settled. */
  readonly lease: string;
  /** The holds go back where nothing was heard of the lease for so long. */
  readonly ttlMs: number;
  readonly holds: readonly LimitHold[];
  readonly sharing?: LimitSharing | undefined;
}

/** What a lease has used in the end. */
export interface SettleOrder extends Pick<LimitOrder, 'group' | 'lease' | 'holds' | 'sharing'> {
  /** `charge`: the lease was granted elsewhere, so its use is added; once per lease id and hour. */
  readonly unknown: 'ignore' | 'charge';
}

/** What became of an order. */
export interface LimitReply {
  readonly outcome: 'granted' | 'refused' | 'unknown';
  /** In the order of the holds. */
  readonly levels: readonly LimitLevel[];
}

/** What a counter holds after a call. */
export interface LimitLevel {
  /** Settled and reserved together. */
  readonly used: number;
  /** `window`: settled only. */
  readonly settled: number;
  /** Milliseconds until the amount will fit: 0 now, `Infinity` never, `undefined` where nobody can tell. */
  readonly waitMs: number | undefined;
  /** What the process's share has grown by, beyond what the call asked for; negative where `total` was not to be had. */
  readonly share?: number | undefined;
}

/** Who is blocked, and how many processes share the store. */
export interface LimitSync {
  readonly processes: number;
  readonly blocks: readonly { readonly subject: string; readonly untilMs: number }[];
}
