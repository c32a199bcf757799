import { randomUUID } from 'node:crypto';
import type { Clock } from '../contracts/clock.js';
import type { LimitCounter, LimitHold, LimitOrder, LimitReply } from '../contracts/limit-store.js';
import type { KnownLevels } from './known-levels.js';

/** A share that its process does not renew goes back to the counter after this time, in milliseconds. */
const SHARE_MS = 120_000;
/** Most counters of which a share is kept; the least recently used are removed first. */
const MAX_SHARES = 10_000;

/** How large shares are. */
export interface ShareDivision {
  /** A share is at most the remaining amount of its counter, divided by this number. */
  readonly parts: number;
  /** A share too small for this many requests is not kept, so the last part of a window is granted by the store alone. */
  readonly minRequests: number;
}

/**
 * If the operator has set the number of processes, the remaining amount is divided among them. If not, half of it stays
 * in the store, for processes that have just started and for a caller whose requests all arrive at one process.
 */
export function divisionFor(stated: number | undefined, seen: number): ShareDivision {
  return stated === undefined ? { parts: 2 * seen, minRequests: 16 } : { parts: stated, minRequests: 2 };
}

/** What this process keeps of one counter, in the counter's unit. */
interface Share {
  readonly group: string;
  readonly counter: LimitCounter;
  /** What it may grant while the store does not reply. */
  free: number;
  /** What it granted from the share, and the store has not counted yet. */
  committed: number;
  /** When the store may give `free` to other processes, by the monotonic clock. */
  expiresAt: number;
  /** Calls on this counter that the store has not replied to. */
  open: number;
}

interface Taken {
  readonly share: Share;
  readonly field: string;
  readonly amount: number;
  /** What the share had for the call: all of `amount`, or less. */
  readonly covered: number;
  /** What of `covered` is still set aside for the call. */
  own: number;
}

/** What one call has taken from the shares of its counters, by hold; `undefined` where no share is kept. */
export class ShareTicket {
  readonly #taken: readonly (Taken | undefined)[];
  #sentAt = 0;
  #isCommitted = false;

  constructor(taken: readonly (Taken | undefined)[]) {
    this.#taken = taken;
  }

  /** All shares cover their holds, so the process may grant the call without the store. */
  get isCovered(): boolean {
    return this.#taken.every((taken) => taken === undefined || taken.covered === taken.amount);
  }

  /** What this process granted from the counter of the hold at `index`, and the store has not counted yet. */
  committedIn(index: number): number {
    return this.#taken[index]?.share.committed ?? 0;
  }

  /** This ticket took more for some hold than `other` did. */
  hasMoreThan(other: ShareTicket): boolean {
    return this.#taken.some((taken, index) => (taken?.covered ?? 0) > (other.#taken[index]?.covered ?? 0));
  }

  /** The counter had enough for `order`, but it was reserved in shares, and this ticket did not take enough from its own. */
  isKeptFrom({ holds }: Pick<LimitOrder, 'holds'>, { outcome, levels }: LimitReply): boolean {
    if (outcome !== 'refused' || this.isCovered) return false;
    return holds.every(({ counter, amount, enforced }, index) => {
      const { used, waitMs } = levels[index]!;
      return !enforced || waitMs === 0 || (this.isShortOf(index) && used + amount <= counter.capacity);
    });
  }

  /** The share covers less than the hold at `index` needs. */
  isShortOf(index: number): boolean {
    const taken = this.#taken[index];
    return taken !== undefined && taken.covered < taken.amount;
  }

  ownOf(field: string): number {
    return this.#taken.find((taken) => taken?.field === field)?.own ?? 0;
  }

  /** Must be called directly before the call is sent. Returns its holds with the shares to keep. */
  send(order: Pick<LimitOrder, 'group' | 'holds'>, now: number, most: (hold: LimitHold) => number): LimitHold[] {
    this.#sentAt = now;
    return order.holds.map((hold, index) => {
      const taken = this.#taken[index];
      if (taken === undefined) return hold;
      const { share, own } = taken;
      // Only a call without a concurrent one can state the size of the share.
      const isAlone = share.open++ === 0;
      if (!isAlone) return { ...hold, share: { own } };
      share.free = Math.min(share.free, most(hold));
      return { ...hold, share: { own, total: share.free + share.committed + own } };
    });
  }

  /** The store replied, in time or late; `undefined`: the call failed, so its effect is unknown. */
  replied(reply: LimitReply | undefined, now: number): void {
    for (const [index, taken] of this.#taken.entries()) {
      if (taken === undefined) continue;
      const { share } = taken;
      share.open--;
      if (reply === undefined) continue;
      if (now >= share.expiresAt) share.free = 0;
      const expiresAt = this.#sentAt + SHARE_MS;
      if (now >= expiresAt) continue;
      share.expiresAt = Math.max(share.expiresAt, expiresAt);
      share.free = Math.max(0, share.free + (reply.levels[index]?.share ?? 0));
    }
  }

  /** The store refused the call, so the amount that covered it stays in the share. */
  refused(): void {
    for (const taken of this.#taken) if (taken !== undefined && taken.covered === taken.amount) giveBack(taken);
  }

  /** The call was not sent, or was not granted. */
  giveBack(): void {
    for (const taken of this.#taken) if (taken !== undefined) giveBack(taken);
  }

  /** The process grants the call without the store. */
  commit(): void {
    this.#isCommitted = true;
    for (const taken of this.#taken) if (taken !== undefined) taken.share.committed += taken.own;
  }

  /** The store counts the call now. */
  release(): void {
    if (!this.#isCommitted) return;
    for (const taken of this.#taken) {
      if (taken === undefined) continue;
      taken.share.committed -= taken.own;
      taken.own = 0;
    }
  }

  /** Less was used than was granted, and the store never counted the call. */
  shrink(holds: readonly LimitHold[]): void {
    for (const taken of this.#taken) {
      const used = holds.find(({ counter }) => counter.field === taken?.field)?.amount;
      if (taken === undefined || used === undefined || used >= taken.own) continue;
      taken.share.committed -= taken.own - used;
      taken.share.free += taken.own - used;
      taken.own = used;
    }
  }
}

function giveBack(taken: Taken): void {
  taken.share.free += taken.own;
  taken.own = 0;
}

/**
 * Parts of windows that the store keeps for this process. They are reserved while the store replies, so that no other
 * process can be granted what this one grants while the store does not reply. Each call takes its amount out of the share before it
 * is sent; if the reply is late, the call is granted from what it took, and from nothing else.
 */
export class ProcessShares {
  readonly #clock: Clock;
  readonly #known: KnownLevels;
  readonly #division: () => ShareDivision;
  readonly #process: string = randomUUID();
  readonly #shares = new Map<string, Share>();
  #sequence = 0;

  constructor(clock: Clock, known: KnownLevels, division: () => ShareDivision) {
    this.#clock = clock;
    this.#known = known;
    this.#division = division;
  }

  /** Takes `amounts` of the holds from the shares, as far as the shares cover them. */
  take({ group, holds }: Pick<LimitOrder, 'group' | 'holds'>, amounts?: readonly number[]): ShareTicket {
    return new ShareTicket(
      holds.map((hold, index) => {
        const amount = amounts?.[index] ?? hold.amount;
        if (!isSum(hold) || !hold.enforced || amount <= 0) return undefined;
        const share = this.#shareOf(group, hold.counter);
        if (this.#clock.now() >= share.expiresAt) share.free = 0;
        const covered = Math.min(share.free, amount);
        share.free -= covered;
        return { share, field: hold.counter.field, amount, covered, own: covered };
      }),
    );
  }

  /** `order` in the form that is sent to the store. */
  send(order: LimitOrder, ticket: ShareTicket): LimitOrder {
    const division = this.#division();
    const most = ({ counter, amount }: LimitHold): number => {
      const level = this.#known.get(order.group, counter.field);
      return level === undefined ? Infinity : shareOf(counter.capacity - level.used, amount, division);
    };
    return { ...order, holds: ticket.send(order, this.#clock.now(), most), sharing: this.sharing };
  }

  /** Identity and division of this process, for a call that is sent now. */
  get sharing(): NonNullable<LimitOrder['sharing']> {
    return { process: this.#process, sequence: ++this.#sequence, ...this.#division(), ttlMs: SHARE_MS };
  }

  /** Orders that return all free amounts to the store. */
  giveUp(): readonly LimitOrder[] {
    const now = this.#clock.now();
    const orders: LimitOrder[] = [];
    for (const share of this.#shares.values()) {
      if (share.free <= 0 || share.open > 0 || now >= share.expiresAt) continue;
      share.free = 0;
      const { group, counter, committed } = share;
      const holds = [{ counter, amount: 0, enforced: false, share: { own: 0, total: committed } }];
      orders.push({ group, lease: '', ttlMs: 0, holds, sharing: this.sharing });
    }
    return orders;
  }

  #shareOf(group: string, counter: LimitCounter): Share {
    const key = `${group} ${counter.field}`;
    const share = this.#shares.get(key) ?? { group, counter, free: 0, committed: 0, expiresAt: 0, open: 0 };
    // The most recently used shares are at the end.
    this.#shares.delete(key);
    this.#shares.set(key, share);
    if (this.#shares.size > MAX_SHARES) this.#forgetOldest();
    return share;
  }

  #forgetOldest(): void {
    const [oldest] = this.#shares;
    const [key, share] = oldest!;
    this.#shares.delete(key);
    // A share in use is kept and moved to the end.
    if (share.open > 0 || share.committed > 0) this.#shares.set(key, share);
  }
}

/** The share of a process in the remaining amount, if its requests need `amount` each. */
function shareOf(left: number, amount: number, { parts, minRequests }: ShareDivision): number {
  const share = Math.floor(left / parts);
  return share < minRequests * amount ? 0 : share;
}

/** Counters that add up and of which a part can be kept. Buckets and held counters are divided by rate and size. */
export function isSum({ counter }: LimitHold): boolean {
  return counter.kind === 'window' || counter.kind === 'sliding';
}
