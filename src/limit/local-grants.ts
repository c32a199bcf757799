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

/** After what time a request that no share covers may be retried, in milliseconds. */
const RETRY_MS = 1_000;
const NOTHING: LimitLevel = { used: 0, settled: 0, waitMs: 0 };

/** A lease that this process granted without the store. */
interface LocalLease {
  readonly tickets: ShareTicket[];
  /** The request for it was never sent to the store. */
  readonly isOwn: boolean;
}

/** State of a call that the store has not replied to. */
interface WithoutReply {
  /** The store may still grant it. */
  readonly wasSent: boolean;
  /** The store has not replied for so long that it counts as unreachable, not as late. */
  readonly isUnreachable: boolean;
}

interface Parts {
  readonly clock: Clock;
  readonly known: KnownLevels;
  /** Processes that share the limits. */
  readonly processes: () => number;
  /** Divisor of the remaining amount of a window, for requests that no share covers. */
  readonly windowParts: () => number;
}

/**
 * What this process grants while the store does not reply. Windows are granted from the share that the store keeps for the
 * process. Buckets and concurrent requests are divided equally among processes; so are windows if the store keeps no
 * shares, or is unreachable and has kept none.
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

  reserve(order: LimitOrder, ticket: ShareTicket | undefined, { wasSent, isUnreachable }: WithoutReply): LimitReply {
    if (ticket?.isCovered === false && !isUnreachable) return this.#notCovered(order, ticket);
    const reply = this.#count(order, ticket, (counted) => this.#memory.reserve(counted));
    if (reply.outcome !== 'granted') return reply;
    const tickets = ticket?.isCovered === true ? [ticket] : [];
    for (const each of tickets) each.commit();
    if (order.lease === '') return reply;
    this.#open++;
    this.#leases.set(keyOf(order), { tickets, isOwn: !wasSent });
    return reply;
  }

  adjust(order: LimitOrder, ticket: ShareTicket | undefined, isUnreachable: boolean): LimitReply {
    const isCovered = ticket?.isCovered ?? true;
    if (!isCovered && !isUnreachable) {
      ticket!.giveBack();
      return this.#notCovered(order, ticket!);
    }
    const reply = this.#count(order, ticket, (counted) => this.#memory.adjust(counted));
    if (!isCovered || reply.outcome === 'refused') ticket?.giveBack();
    else this.commit(order, ticket);
    return reply;
  }

  /** The shares of `ticket` keep covering the lease. */
  commit(order: Pick<LimitOrder, 'group' | 'lease'>, ticket: ShareTicket | undefined): void {
    if (ticket === undefined) return;
    ticket.commit();
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

  /** `debt`, with the amount that shares have covered. */
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

  /** The store counts the lease now, so no share has to cover it. */
  release(order: Pick<LimitOrder, 'group' | 'lease'>): void {
    if (this.#leases.size === 0) return;
    const key = keyOf(order);
    for (const ticket of this.#leases.get(key)?.tickets ?? []) ticket.release();
    this.#leases.delete(key);
  }

  /** All debts are charged, so the next outage starts from the levels of that time. */
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

  /** The share does not cover the request, and only the store knows the remaining amount. */
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
   * This process's part of each counter: of the remaining amount of a window, without what its share granted; of the rate and the
   * size of a bucket.
   */
  #parted({ group, holds }: Pick<LimitOrder, 'group' | 'holds'>, ticket?: ShareTicket): readonly LimitHold[] {
    const processes = this.#parts.processes();
    const windowParts = this.#parts.windowParts();
    return holds.map((hold, index) => {
      const { counter } = hold;
      const part = isSum(hold)
        ? (counter.capacity - this.#levelOf(group, hold).used) / windowParts - (ticket?.committedIn(index) ?? 0)
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
