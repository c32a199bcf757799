/**
 * Stores the counters of limits. Counters belong to groups; one call changes one group, atomically. All amounts are
 * whole numbers in the counter's own unit (requests, scaled tokens, nano-USD), except those of a `bucket`.
 */
export interface LimitStore {
  /**
   * Reserves all holds or none: one enforced hold that does not fit refuses them all. Takes effect once per lease id.
   */
  reserve(order: LimitOrder): LimitReply | Promise<LimitReply>;
  /** Changes all holds of a lease to the given amounts, or none. `unknown`: the lease does not exist any more. */
  adjust(order: LimitOrder): LimitReply | Promise<LimitReply>;
  /**
   * Replaces the holds of a lease by the amounts that were used. Takes effect once: a settled lease is ignored. An
   * expired lease, whose holds were returned, is charged.
   */
  settle(order: SettleOrder): LimitReply | Promise<LimitReply>;
  /** Reads the levels of the counters, and whether `amount` would fit. Changes nothing. */
  read(order: Pick<LimitOrder, 'group' | 'holds'>): LimitReply | Promise<LimitReply>;
  /** True for the first claim of `name` in this group within `ttlMs`. */
  claim(group: string, name: string, ttlMs: number): boolean | Promise<boolean>;
  /** Blocks the subject until `untilMs` (Unix time); a time in the past lifts the block. */
  block(subject: string, untilMs: number): void | Promise<void>;
  /** Registers process `id` for `ttlMs`, and reads the blocks and the number of processes. */
  sync(id: string, ttlMs: number): LimitSync | Promise<LimitSync>;
  /** Called by `gateway.close()`. */
  close?(): void | Promise<void>;
}

/**
 * Kind of a counter.
 * - `bucket`: drains at a constant rate; all of its capacity may be used at once.
 * - `window`: adds up until `expiresAt`.
 * - `sliding`: adds up over the last 60 slots.
 * - `held`: the sum of the current holds.
 */
export type LimitCounterKind = 'bucket' | 'window' | 'sliding' | 'held';

/** One counter. */
export interface LimitCounter {
  /** Unique in its group: printable ASCII without white space. */
  readonly field: string;
  /** How it counts. */
  readonly kind: LimitCounterKind;
  /** The limit, in the counter's unit. */
  readonly capacity: number;
  /** `bucket`: units that drain per millisecond. `sliding`: milliseconds of a slot. Otherwise 0. */
  readonly rate: number;
  /** `window`: Unix time in milliseconds at which it ends. Otherwise 0. */
  readonly expiresAt: number;
}

/** An amount of one counter. */
export interface LimitHold {
  /** The counter to hold from. */
  readonly counter: LimitCounter;
  /** How much, in the counter's unit. */
  readonly amount: number;
  /** False: counted, but never refused. */
  readonly enforced: boolean;
  /** `window`: the amount known to have been settled before. A store that has lost its data starts from it. */
  readonly floor?: number | undefined;
}

/** Holds of one lease in one group. */
export interface LimitOrder {
  /** The group of all its counters: one tenant. */
  readonly group: string;
  /** `''`: the amounts are final, and no `settle` follows. */
  readonly lease: string;
  /** The holds are returned if the lease is neither adjusted nor settled for this long, in milliseconds. */
  readonly ttlMs: number;
  /** What to hold, per counter. */
  readonly holds: readonly LimitHold[];
}

/** The amounts that a lease has used. */
export interface SettleOrder extends Pick<LimitOrder, 'group' | 'lease' | 'holds'> {
  /**
   * For a lease that this store does not know. `charge`: it was granted elsewhere, so its use is added, once per lease
   * id and hour.
   */
  readonly unknown: 'ignore' | 'charge';
}

/** Result of an order. */
export interface LimitReply {
  /** `unknown`: there is no such lease. */
  readonly outcome: 'granted' | 'refused' | 'unknown';
  /** In the order of the holds. */
  readonly levels: readonly LimitLevel[];
}

/** Level of a counter after a call. */
export interface LimitLevel {
  /** Settled and reserved together. */
  readonly used: number;
  /** `window`: the settled amount only. */
  readonly settled: number;
  /** Milliseconds until the amount fits: 0 now, `Infinity` never, `undefined` unknown. */
  readonly waitMs: number | undefined;
}

/** The blocked subjects, and how many processes share the store. */
export interface LimitSync {
  /** Processes that are alive, this one included. */
  readonly processes: number;
  /** Blocks in effect, with the Unix time in milliseconds at which each ends. */
  readonly blocks: readonly { readonly subject: string; readonly untilMs: number }[];
}
