import type { Clock, Timer } from '../contracts/clock.js';
import type { SettleOrder } from '../contracts/limit-store.js';

/** Most settlements that are kept while the store is unreachable; beyond this the oldest are dropped. */
const MAX_DEBTS = 10_000;
const RETRY_MS = 1_000;

interface DebtHandlers {
  /** False: the store did not confirm the settlement. */
  readonly pay: (debt: SettleOrder) => Promise<boolean>;
  /** The settlement was dropped and will not be charged. */
  readonly onLost: (debt: SettleOrder) => void;
  readonly onAllPaid: () => void;
}

/** Settlements that the store has not confirmed yet, in order of arrival. They are retried until it does. */
export class Debts {
  /** Settlements that were dropped. */
  lost = 0;
  readonly #clock: Clock;
  readonly #handlers: DebtHandlers;
  readonly #debts: SettleOrder[] = [];
  #paying: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, handlers: DebtHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#debts.length;
  }

  add(debt: SettleOrder): void {
    this.#debts.push(debt);
    if (this.#debts.length > MAX_DEBTS) {
      this.#handlers.onLost(this.#debts.shift()!);
      this.lost++;
    }
    this.#later();
  }

  /** One last try. */
  async close(): Promise<void> {
    await this.#paying;
    await this.#payAll();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #later(): void {
    if (this.#paying !== undefined) return;
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#paying = this.#payAll().finally(() => {
        this.#paying = undefined;
        if (this.#debts.length > 0) this.#later();
      });
    }, RETRY_MS);
  }

  async #payAll(): Promise<void> {
    for (let debt = this.#debts.shift(); debt !== undefined; debt = this.#debts.shift()) {
      if (await this.#handlers.pay(debt)) continue;
      this.#debts.unshift(debt);
      return;
    }
    this.#handlers.onAllPaid();
  }
}
