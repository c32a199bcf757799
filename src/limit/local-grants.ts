import type { Clock } from '../contracts/clock.js';
import type {
  LimitHold,
  LimitLevel,
  LimitOrder,
  LimitReply,
  LimitStore,
  SettleOrder,
} from '../contracts/limit-store.js';
import { memoryLimits } from '../stores/memory-limits.js';
import type { KnownLevels } from './known-levels.js';
import { isSum, type ShareTicket } from './process-shares.js';

/** When a request that a share does not cover may be tried again. */
const RETRY_MS = 1_000;
const NOTHING: LimitLevel = { used: 0, settled: 0, waitMs: 0 };

/** A lease that this process has granted by itself. */
interface LocalLease {
  readonly tickets: ShareTicket[];
  /** The store was never asked for it. */
  readonly isOwn: boolean;
}

/** What became of a call that the store has not replied to. */
interface Unanswered {
  /** The store may still grant it. */
  readonly wasSent: boolean;
  /** The store is not merely late. */
  readonly isGone: boolean;
}

interface Parts {
  readonly clock: Clock;
  readonly known: KnownLevels;
  /** Processes that share the limits. */
  readonly processes: () => number;
  /** By what the rest of a window is divided for what no share covers. */
  readonly windowParts: () => number;
}

/**
 * What this process grants while the store does not reply. Windows are granted from the share that the store keeps for the
 * process. Of buckets and of requests at once each process has the same part; so it is with windows if the store keeps no
 * shares, or if it is gone and has kept none.
 */
export class LocalGrants {
  readonly #parts: Parts;
  readonly #leases = new Map<string, LocalLease>();
  #memory: LimitStore;
  /** Leases that are counted in `#memory` and not settled. */
  #open = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#memory = memoryLimits({ clock: parts.clock });
  }

  reserve(order: LimitOrder, ticket: ShareTicket | undefined, { wasSent, isGone }: Unanswered): LimitReply {
    if (ticket?.isCovered === false && !isGone) return this.#notCovered(order, ticket);
    const reply = this.#count(order, ticket, (counted) => this.#memory.reserve(counted));
    if (reply.outcome !== 'granted') return reply;
    const tickets = ticket?.isCovered === true ? [ticket] : [];
    for (const each of tickets) each.tie();
    if (order.lease === '') return reply;
    this.#open++;
    this.#leases.set(keyOf(order), { tickets, isOwn: !wasSent });
    return reply;
  }

  adjust(order: LimitOrder, ticket: ShareTicket | undefined, isGone: boolean): LimitReply {
    const isCovered = ticket?.isCovered ?? true;
    if (!isCovered && !isGone) {
      ticket!.giveBack();
      return this.#notCovered(order, ticket!);
    }
    const reply = this.#count(order, ticket, (counted) => this.#memory.adjust(counted));
    if (!isCovered || reply.outcome === 'refused') ticket?.giveBack();
    else this.tie(order, ticket);
    return reply;
  }

  /** The shares that `ticket` has taken from go on covering the lease. */
  tie(order: Pick<LimitOrder, 'group' | 'lease'>, ticket: ShareTicket | undefined): void {
    if (ticket === undefined) return;
    ticket.tie();
    const lease = this.#leases.get(keyOf(order));
    if (lease === undefined) this.#leases.set(keyOf(order), { tickets: [ticket], isOwn: false });
    else lease.tickets.push(ticket);
  }

  settle(order: Omit<SettleOrder, 'unknown'>): void {
    this.#open--;
    void this.#memory.settle({ ...order, unknown: 'ignore' });
    const lease = this.#leases.get(keyOf(order));
    if (lease?.isOwn === true) for (const ticket of lease.tickets) ticket.shrink(order.holds);
  }

  /** `debt`, and how much of the shares it has been covered by. */
  withOwn(debt: SettleOrder): SettleOrder {
    const lease = this.#leases.get(keyOf(debt));
    if (lease === undefined || lease.tickets.length === 0) return debt;
    const holds = debt.holds.map((hold) => {
      let own = 0;
      for (const ticket of lease.tickets) own += ticket.ownOf(hold.counter.field);
      return own === 0 ? hold : { ...hold, share: { own } };
    });
    return { ...debt, holds };
  }

  /** The store counts the lease now: no share has to cover it any more. */
  release(order: Pick<LimitOrder, 'group' | 'lease'>): void {
    if (this.#leases.size === 0) return;
    const key = keyOf(order);
    for (const ticket of this.#leases.get(key)?.tickets ?? []) ticket.untie();
    this.#leases.delete(key);
  }

  /** Everything has been charged: the next outage begins with what is left then. */
  clear(): void {
    if (this.#open === 0) this.#memory = memoryLimits({ clock: this.#parts.clock });
  }

  /** Counts what no share covers, and replies for all holds. */
  #count(
    order: LimitOrder,
    ticket: ShareTicket | undefined,
    call: (order: LimitOrder) => LimitReply | Promise<LimitReply>,
  ): LimitReply {
    if (ticket?.isCovered !== true)
      return retryable(call({ ...order, holds: this.#parted(order, ticket) }) as LimitReply, order.holds);
    const counted = order.holds.filter((hold) => !isSum(hold));
    const reply = retryable(
      call({ ...order, holds: this.#parted({ ...order, holds: counted }) }) as LimitReply,
      counted,
    );
    let next = 0;
    const levels = order.holds.map((hold) =>
      isSum(hold) ? { ...this.#levelOf(order.group, hold), waitMs: 0 } : reply.levels[next++]!,
    );
    return { outcome: reply.outcome, levels };
  }

  /** The share does not cover it. Whether anything is left, only the store knows. */
  #notCovered(order: LimitOrder, ticket: ShareTicket): LimitReply {
    const levels = order.holds.map((hold, index) => {
      const level = this.#levelOf(order.group, hold);
      if (!ticket.isShortOf(index)) return { ...level, waitMs: 0 };
      const { capacity, expiresAt, kind } = hold.counter;
      const isUsedUp = kind === 'window' && level.used + hold.amount > capacity;
      return { ...level, waitMs: isUsedUp ? Math.max(1, expiresAt - this.#parts.clock.wallNow()) : RETRY_MS };
    });
    return { outcome: 'refused', levels };
  }

  #levelOf(group: string, { counter }: LimitHold): LimitLevel {
    return this.#parts.known.get(group, counter.field) ?? NOTHING;
  }

  /**
   * This process's part of each counter: of what was left of a window, without what was granted from a share of it; of the
   * rate and the size of a bucket.
   */
  #parted({ group, holds }: Pick<LimitOrder, 'group' | 'holds'>, ticket?: ShareTicket): readonly LimitHold[] {
    const processes = this.#parts.processes();
    const windowParts = this.#parts.windowParts();
    return holds.map((hold, index) => {
      const { counter } = hold;
      const part = isSum(hold)
        ? (counter.capacity - this.#levelOf(group, hold).used) / windowParts - (ticket?.tiedAt(index) ?? 0)
        : counter.capacity / processes;
      const least = counter.kind === 'held' ? 1 : 0;
      const capacity = Math.max(least, Math.floor(part));
      const rate = counter.kind === 'bucket' ? counter.rate / processes : counter.rate;
      return { ...hold, counter: { ...counter, capacity, rate } };
    });
  }
}

/** What exceeds only this process's part of a counter, and not all of it, may be granted when the store is back. */
function retryable({ outcome, levels }: LimitReply, holds: readonly LimitHold[]): LimitReply {
  const inTime = (level: LimitLevel, { amount, counter }: LimitHold): LimitLevel =>
    level.waitMs === Infinity && amount <= counter.capacity ? { ...level, waitMs: RETRY_MS } : level;
  return { outcome, levels: levels.map((level, index) => inTime(level, holds[index]!)) };
}

/** Groups and leases hold no white space. */
function keyOf({ group, lease }: Pick<LimitOrder, 'group' | 'lease'>): string {
  return `${group} ${lease}`;
}
