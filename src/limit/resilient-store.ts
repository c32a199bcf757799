import type { Clock } from '../contracts/clock.js';
import type {
  LimitHold,
  LimitLevel,
  LimitOrder,
  LimitReply,
  LimitStore,
  LimitSync,
  SettleOrder,
} from '../contracts/limit-store.js';
import { GatewayError } from '../errors/gateway-error.js';
import { FailOpen } from '../stores/fail-open.js';
import { memoryLimits } from '../stores/memory-limits.js';
import { Debts } from './debts.js';
import type { ResolvedLimits } from './limit-options.js';

/** Where a lease was granted: settlements go there. */
export type Grantor = 'store' | 'local' | 'none';

/** A reply, and where it came from. */
export interface GrantedReply extends LimitReply {
  readonly by: Grantor;
}

/** A settlement is no request's business any more: it may take this long. */
const SETTLE_MS = 500;
/** Counters whose last level is remembered. */
const MAX_KNOWN = 10_000;

/** How long one request may still be held up by the store, in milliseconds: all its calls together. */
export interface WaitLimits {
  leftMs: number;
}

type Parts = Pick<ResolvedLimits, 'store' | 'onStoreError' | 'storeTimeoutMs' | 'processes'> & {
  readonly clock: Clock;
  /** Called once per outage. */
  readonly onOutage: () => void;
};

/**
 * A limit store that may be slow, wrong or gone. No request waits for it longer than its timeout; what is used while it is
 * gone is counted here, up to this process's share of what was left, and charged when it is back.
 */
export class ResilientStore {
  readonly #parts: Parts;
  readonly #breaker: FailOpen;
  readonly #debts: Debts;
  readonly #known = new Map<string, LimitLevel>();
  #local: LimitStore;
  #localLeases = 0;
  #processes = 1;
  #isOut = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#breaker = new FailOpen(parts.clock);
    this.#local = memoryLimits({ clock: parts.clock });
    this.#debts = new Debts(
      parts.clock,
      (debt) => this.#pay(debt),
      () => this.#paid(),
    );
  }

  /** Calls that failed or came too late. */
  get faults(): number {
    return this.#breaker.faults;
  }

  /** Settlements that wait for the store. */
  get debts(): number {
    return this.#debts.size;
  }

  /** Settlements that could not be kept. */
  get lost(): number {
    return this.#debts.lost;
  }

  /** The level of a counter as it was last heard of. */
  known(group: string, field: string): LimitLevel | undefined {
    return this.#known.get(`${group} ${field}`);
  }

  /** @throws GatewayError 503 where the store is gone and nothing is to pass without it. */
  reserve(order: LimitOrder, patience: WaitLimits): GrantedReply | Promise<GrantedReply> {
    const asked = this.#withFloors(order);
    return this.#ask(
      () => this.#parts.store.reserve(asked),
      (reply) => this.#heard(asked, reply),
      (isAmbiguous) => {
        let isGranted = false;
        try {
          const reply = this.#reserveWithout(order);
          isGranted = reply.outcome === 'granted';
          return reply;
        } finally {
          // The store may have granted it after all. Where it goes on, its settlement finds that lease; else it goes back.
          if (isAmbiguous && !isGranted) this.#owe({ ...order, holds: zeroed(order.holds), unknown: 'ignore' });
        }
      },
      patience,
    );
  }

  /** Where nothing was heard, the attempt goes on: its request has been let in. */
  adjust(order: LimitOrder, by: Grantor, patience: WaitLimits): GrantedReply | Promise<GrantedReply> {
    if (by === 'none') return granted('none');
    if (by === 'local') return this.#localReply(() => this.#local.adjust({ ...order, holds: this.#shares(order) }));
    return this.#ask(
      () => this.#parts.store.adjust(order),
      (reply) => this.#heard(order, reply),
      () => granted('store'),
      patience,
    );
  }

  /** Takes effect exactly once, now or when the store is back. */
  settle(order: Omit<SettleOrder, 'unknown'>, by: Grantor): GrantedReply | Promise<GrantedReply> {
    if (by === 'local') {
      this.#localLeases--;
      void this.#local.settle({ ...order, unknown: 'ignore' });
    }
    if (by !== 'store') {
      this.#owe({ ...order, unknown: 'charge' });
      return granted(by);
    }
    const settlement: SettleOrder = { ...order, unknown: 'ignore' };
    return this.#ask(
      () => this.#parts.store.settle(settlement),
      (reply) => this.#heard(order, reply),
      () => {
        this.#owe(settlement);
        return granted('store');
      },
      { leftMs: SETTLE_MS },
    );
  }

  read(order: Pick<LimitOrder, 'group' | 'holds'>): GrantedReply | Promise<GrantedReply> {
    return this.#ask(
      () => this.#parts.store.read(order),
      (reply) => this.#heard(order, reply),
      () => ({
        outcome: 'granted',
        by: 'none',
        levels: order.holds.map(({ counter }) => this.known(order.group, counter.field) ?? NOTHING),
      }),
    );
  }

  /** Whether this process is the first; not while nobody can tell. */
  async claim(group: string, name: string, ttlMs: number): Promise<boolean> {
    return (await this.#breaker.run(async () => this.#parts.store.claim(group, name, ttlMs), SETTLE_MS)) ?? false;
  }

  async sync(id: string, ttlMs: number): Promise<LimitSync | undefined> {
    const sync = await this.#breaker.run(async () => this.#parts.store.sync(id, ttlMs), this.#parts.storeTimeoutMs);
    if (sync !== undefined) this.#processes = sync.processes;
    return sync;
  }

  /** @throws what the store throws: who blocks somebody must hear that it did not work. */
  async block(subject: string, untilMs: number): Promise<void> {
    await this.#parts.store.block(subject, untilMs);
  }

  /** Settles what still waits, as far as the store takes it. */
  async close(): Promise<void> {
    await this.#debts.close();
  }

  /** The reply of a store that answers at once, or a promise of one that has to be waited for. */
  #ask(
    call: () => LimitReply | Promise<LimitReply>,
    heard: (reply: LimitReply) => GrantedReply,
    failed: (isAmbiguous: boolean) => GrantedReply,
    patience: WaitLimits = { leftMs: this.#parts.storeTimeoutMs },
  ): GrantedReply | Promise<GrantedReply> {
    if (patience.leftMs <= 0 || !this.#breaker.admits()) return failed(false);
    let first: LimitReply | Promise<LimitReply>;
    try {
      first = call();
    } catch {
      first = Promise.reject(new Error('The limit store threw.'));
    }
    // A store in this process is neither lost nor late: nothing has to be remembered of it.
    if (!(first instanceof Promise)) return { outcome: first.outcome, levels: first.levels, by: 'store' };
    const startedAt = this.#parts.clock.now();
    return this.#breaker
      .run(() => first as Promise<LimitReply>, patience.leftMs)
      .then((reply) => {
        patience.leftMs -= this.#parts.clock.now() - startedAt;
        if (reply !== undefined) return heard(reply);
        this.#outage();
        // What comes late still says where the counters stand.
        (first as Promise<LimitReply>).then(heard, nothing);
        return failed(true);
      });
  }

  #heard(order: Pick<LimitOrder, 'group' | 'holds'>, reply: LimitReply): GrantedReply {
    this.#isOut = false;
    for (const [index, level] of reply.levels.entries()) {
      const { counter } = order.holds[index]!;
      this.#remember(`${order.group} ${counter.field}`, level);
    }
    return { outcome: reply.outcome, levels: reply.levels, by: 'store' };
  }

  #remember(key: string, level: LimitLevel): void {
    // The newest stand last, and the oldest go first.
    this.#known.delete(key);
    this.#known.set(key, level);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
  }

  #reserveWithout(order: LimitOrder): GrantedReply {
    const { onStoreError } = this.#parts;
    if (onStoreError === 'closed') {
      throw new GatewayError('limits_unavailable', 'The limits cannot be checked at the moment. Try again soon.', {
        headers: { 'retry-after': '1', 'retry-after-ms': '1000' },
      });
    }
    if (onStoreError === 'open') return granted('none');
    const reply = this.#localReply(() => this.#local.reserve({ ...order, holds: this.#shares(order) }));
    if (reply.outcome === 'granted' && order.lease !== '') this.#localLeases++;
    return reply;
  }

  #localReply(call: () => LimitReply | Promise<LimitReply>): GrantedReply {
    return { ...(call() as LimitReply), by: 'local' };
  }

  /** This process's share of each counter: of what was left of a window, of the rate and the size of a bucket. */
  #shares({ group, holds }: Pick<LimitOrder, 'group' | 'holds'>): readonly LimitHold[] {
    const processes = this.#parts.processes ?? this.#processes;
    return holds.map((hold) => {
      const { counter } = hold;
      const isSum = counter.kind === 'window' || counter.kind === 'sliding';
      const left = isSum ? counter.capacity - (this.known(group, counter.field)?.used ?? 0) : counter.capacity;
      const least = counter.kind === 'held' ? 1 : 0;
      const capacity = Math.max(least, Math.floor(left / processes));
      return {
        ...hold,
        counter: { ...counter, capacity, rate: counter.kind === 'bucket' ? counter.rate / processes : counter.rate },
      };
    });
  }

  /** Tells the store where windows stood, in case that it has lost them. */
  #withFloors(order: LimitOrder): LimitOrder {
    if (this.#known.size === 0 || !order.holds.some(({ counter }) => counter.kind === 'window')) return order;
    const holds = order.holds.map((hold) => {
      const floor = hold.counter.kind === 'window' ? this.known(order.group, hold.counter.field)?.settled : undefined;
      return floor === undefined ? hold : { ...hold, floor };
    });
    return { ...order, holds };
  }

  #owe(debt: SettleOrder): void {
    if (debt.lease !== '') this.#debts.add(debt);
  }

  async #pay(debt: SettleOrder): Promise<boolean> {
    const reply = await this.#breaker.run(async () => this.#parts.store.settle(debt), SETTLE_MS);
    if (reply !== undefined) this.#heard(debt, reply);
    return reply !== undefined;
  }

  /** What was counted here has been charged: the next outage begins with what is left then. */
  #paid(): void {
    if (this.#localLeases === 0) this.#local = memoryLimits({ clock: this.#parts.clock });
  }

  #outage(): void {
    if (this.#isOut) return;
    this.#isOut = true;
    this.#parts.onOutage();
  }
}

const NOTHING: LimitLevel = { used: 0, settled: 0, waitMs: 0 };

function nothing(): void {}

function granted(by: Grantor): GrantedReply {
  return { outcome: 'granted', levels: [], by };
}

function zeroed(holds: readonly LimitHold[]): readonly LimitHold[] {
  return holds.map((hold) => ({ ...hold, amount: 0 }));
}
