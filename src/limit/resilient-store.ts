import type { Clock } from '../contracts/clock.js';
import type {
  LimitHold,
  LimitLevel,
  LimitOrder,
  LimitReply,
  LimitSync,
  SettleOrder,
} from '../contracts/limit-store.js';
import { GatewayError } from '../errors/gateway-error.js';
import { Debts } from './debts.js';
import { granted, type GrantedReply, type Grantor, type WaitLimits } from './grants.js';
import { newLeaseName } from './lease-name.js';
import { KnownLevels } from './known-levels.js';
import type { ResolvedLimits } from './limit-options.js';
import { LocalGrants } from './local-grants.js';
import { divisionFor, isSum, ProcessShares, type ShareTicket } from './process-shares.js';
import { type LateReply, StoreLink } from './store-link.js';

/** Timeout of a settlement, in milliseconds. No request waits for it. */
const SETTLE_MS = 500;

type Parts = Pick<ResolvedLimits, 'store' | 'onStoreError' | 'storeTimeoutMs' | 'processes'> & {
  readonly clock: Clock;
  /** Called once per outage. */
  readonly onOutage: () => void;
};

/**
 * A limit store that may be slow, fail or be unreachable. No request waits for it longer than its timeout. Usage during
 * an outage is charged afterwards.
 *
 * With `onStoreError: 'local'` and a store that keeps shares, each call takes its amount out of this process's share before
 * it is sent. A call without a reply is granted from what it took: the store has kept that for this process, or has granted
 * the same lease late. In both cases the amount is counted once, and no other process was granted it.
 */
export class ResilientStore {
  readonly #parts: Parts;
  readonly #link: StoreLink;
  readonly #debts: Debts;
  readonly #known = new KnownLevels();
  readonly #local: LocalGrants;
  readonly #shares: ProcessShares | undefined;
  #processes = 1;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { clock, store, onStoreError } = parts;
    this.#link = new StoreLink(clock, parts.onOutage);
    const processes = (): number => parts.processes ?? this.#processes;
    const keepsShares = store.keepsShares === true && onStoreError === 'local';
    const division = () => divisionFor(parts.processes, this.#processes);
    const windowParts = keepsShares ? () => division().parts : processes;
    this.#local = new LocalGrants({ clock, known: this.#known, processes, windowParts });
    this.#shares = keepsShares ? new ProcessShares(clock, this.#known, division) : undefined;
    this.#debts = new Debts(clock, {
      pay: (debt) => this.#pay(debt),
      onLost: (debt) => this.#local.release(debt),
      onAllPaid: () => this.#local.clear(),
    });
  }

  /** Calls that failed or came too late. */
  get faults(): number {
    return this.#link.faults;
  }

  /** Settlements that wait for the store. */
  get debts(): number {
    return this.#debts.size;
  }

  /** Settlements that were dropped. */
  get lost(): number {
    return this.#debts.lost;
  }

  /** The level of a counter as the store last reported it. */
  known(group: string, field: string): LimitLevel | undefined {
    return this.#known.get(group, field);
  }

  /** @throws GatewayError 503 if the store does not reply and `onStoreError` is `closed`. */
  reserve(order: LimitOrder, limits: WaitLimits): GrantedReply | Promise<GrantedReply> {
    return this.#reserve(order, this.#shares?.take(order), limits);
  }

  #reserve(
    order: LimitOrder,
    ticket: ShareTicket | undefined,
    limits: WaitLimits,
  ): GrantedReply | Promise<GrantedReply> {
    const call = () => this.#parts.store.reserve(sent(this.#known.withFloors(order), ticket, this.#shares));
    return this.#link.call(call, limits, {
      onReplyAtOnce: (reply) => this.#noteShare(reply, ticket),
      onReply: (reply) => {
        const result = this.#noteReply(order, reply, ticket);
        return this.#reserveAgain(order, ticket, reply, limits) ?? result;
      },
      onFailure: (late) => this.#reserveWithout(order, ticket, late),
    });
  }

  /** The share may have grown after a refused call was sent, so the call took less from it than it could: tries once more. */
  #reserveAgain(
    order: LimitOrder,
    ticket: ShareTicket | undefined,
    reply: LimitReply,
    limits: WaitLimits,
  ): GrantedReply | Promise<GrantedReply> | undefined {
    if (ticket?.isKeptFrom(order, reply) !== true) return undefined;
    const again = this.#shares!.take(order);
    if (again.isCovered || again.hasMoreThan(ticket)) return this.#reserve(order, again, limits);
    again.giveBack();
    return undefined;
  }

  /**
   * `growth`: by how much each hold grows. Without a reply the attempt is made if a share covers the growth; `open` makes
   * it in any case, and `closed` does not.
   */
  adjust(
    order: LimitOrder,
    growth: readonly number[],
    by: Grantor,
    limits: WaitLimits,
  ): GrantedReply | Promise<GrantedReply> {
    if (by === 'none') return granted('none');
    const ticket = this.#shares?.take(order, growth);
    if (by === 'local') return { ...this.#local.adjust(order, ticket, this.#link.isUnreachable), by: 'local' };
    const call = () => this.#parts.store.adjust(sent(order, ticket, this.#shares));
    return this.#link.call(call, limits, {
      onReplyAtOnce: (reply) => this.#noteShare(reply, ticket),
      onReply: (reply) => this.#noteReply(order, reply, ticket),
      onFailure: (late) => this.#adjustWithout(order, ticket, late),
    });
  }

  /** Takes effect exactly once, now or after an outage. */
  settle(order: Omit<SettleOrder, 'unknown'>, by: Grantor): GrantedReply | Promise<GrantedReply> {
    if (by === 'local') this.#local.settle(order);
    if (by !== 'store') {
      this.#debts.add({ ...order, unknown: 'charge' });
      return granted(by);
    }
    const settlement: SettleOrder = { ...order, unknown: 'ignore' };
    return this.#link.call(
      () => this.#parts.store.settle(settlement),
      { leftMs: SETTLE_MS },
      {
        onReply: (reply) => {
          this.#local.release(order);
          return this.#noteReply(order, reply);
        },
        onFailure: () => {
          this.#debts.add(settlement);
          return granted('store');
        },
      },
    );
  }

  read(order: Pick<LimitOrder, 'group' | 'holds'>): GrantedReply | Promise<GrantedReply> {
    const call = () => this.#parts.store.read({ ...order, sharing: this.#shares?.sharing });
    const levels = () => order.holds.map(({ counter }) => this.known(order.group, counter.field) ?? NOTHING);
    return this.#link.call(
      call,
      { leftMs: this.#parts.storeTimeoutMs },
      {
        onReply: (reply) => this.#noteReply(order, reply),
        onFailure: () => ({ outcome: 'granted', by: 'none', levels: levels() }),
      },
    );
  }

  /** Whether this process is the first to claim `name`; false while the store does not reply. */
  async claim(group: string, name: string, ttlMs: number): Promise<boolean> {
    return (await this.#link.run(async () => this.#parts.store.claim(group, name, ttlMs), SETTLE_MS)) ?? false;
  }

  async sync(id: string, ttlMs: number): Promise<LimitSync | undefined> {
    const sync = await this.#link.run(async () => this.#parts.store.sync(id, ttlMs), this.#parts.storeTimeoutMs);
    if (sync !== undefined) this.#processes = sync.processes;
    return sync;
  }

  /** @throws what the store throws, so that the host knows that the block was not stored. */
  async block(subject: string, untilMs: number): Promise<void> {
    await this.#parts.store.block(subject, untilMs);
  }

  /** Settles what still waits, as far as the store confirms it, and returns the shares of this process. */
  async close(): Promise<void> {
    await this.#debts.close();
    const giveUp = async (order: LimitOrder) => this.#link.run(async () => this.#parts.store.reserve(order), SETTLE_MS);
    await Promise.all((this.#shares?.giveUp() ?? []).map(giveUp));
  }

  /** A store that keeps shares says with its reply how large they are. */
  #noteShare(reply: LimitReply, ticket: ShareTicket | undefined): void {
    if (reply.outcome !== 'granted') ticket?.refused();
    ticket?.replied(reply, this.#parts.clock.now());
  }

  #noteReply(order: Pick<LimitOrder, 'group' | 'holds'>, reply: LimitReply, ticket?: ShareTicket): GrantedReply {
    this.#known.note(order, reply);
    this.#noteShare(reply, ticket);
    return { outcome: reply.outcome, levels: reply.levels, by: 'store' };
  }

  /** A late reply still contains the levels of the counters. What it granted need not be covered by a share. */
  #noteLateReply(order: LimitOrder, late: LateReply, ticket: ShareTicket | undefined): void {
    late.then(
      (reply) => {
        this.#known.note(order, reply);
        ticket?.replied(reply, this.#parts.clock.now());
        if (reply.outcome === 'granted') ticket?.release();
      },
      () => ticket?.replied(undefined, this.#parts.clock.now()),
    );
  }

  #reserveWithout(requested: LimitOrder, ticket: ShareTicket | undefined, late: LateReply | undefined): GrantedReply {
    // What is granted here is charged later, so it needs a lease, even if the store would have counted it at once.
    const order = requested.lease === '' ? { ...requested, lease: newLeaseName() } : requested;
    let isGranted = false;
    try {
      const reply = this.#grantWithout(order, ticket, late);
      isGranted = reply.outcome === 'granted';
      return reply;
    } finally {
      if (late === undefined && !(isGranted && ticket?.isCovered === true)) ticket?.giveBack();
      if (late !== undefined) this.#noteLateReply(order, late, ticket);
      if (requested.lease === '') this.#chargeFinal(order, isGranted, late);
      // The store may still grant the lease. If the request continues, its settlement uses it; if not, it is returned.
      else if (late !== undefined && !isGranted)
        this.#debts.add({ ...order, holds: zeroed(order.holds), unknown: 'ignore' });
    }
  }

  /** Charges a request that has no settlement, unless the store counted it late. */
  #chargeFinal(order: LimitOrder, isGranted: boolean, late: LateReply | undefined): void {
    if (!isGranted) return;
    const { group, lease } = order;
    if (this.#parts.onStoreError === 'local') this.#local.settle(order);
    const charge = (): void => {
      const holds = order.holds.filter(isSum);
      if (holds.length > 0) this.#debts.add({ group, lease, holds, unknown: 'charge' });
      else this.#local.release(order);
    };
    if (late === undefined) return charge();
    late.then(({ outcome }) => (outcome === 'granted' ? this.#local.release(order) : charge()), charge);
  }

  #grantWithout(order: LimitOrder, ticket: ShareTicket | undefined, late: LateReply | undefined): GrantedReply {
    const { onStoreError } = this.#parts;
    if (onStoreError === 'closed') {
      throw new GatewayError('limits_unavailable', 'The limits cannot be checked at the moment. Try again soon.', {
        headers: { 'retry-after': '1', 'retry-after-ms': '1000' },
      });
    }
    if (onStoreError === 'open') return granted('none');
    const { isUnreachable } = this.#link;
    return { ...this.#local.reserve(order, ticket, { wasSent: late !== undefined, isUnreachable }), by: 'local' };
  }

  #adjustWithout(order: LimitOrder, ticket: ShareTicket | undefined, late: LateReply | undefined): GrantedReply {
    const isClosed = this.#parts.onStoreError === 'closed' && order.holds.some(({ enforced }) => enforced);
    const isCovered = ticket?.isCovered ?? !isClosed;
    if (isCovered) this.#local.commit(order, ticket);
    else if (late === undefined) ticket?.giveBack();
    if (late !== undefined) this.#noteLateReply(order, late, ticket);
    return isCovered ? granted('store') : { outcome: 'refused', levels: [], by: 'store' };
  }

  async #pay(debt: SettleOrder): Promise<boolean> {
    const reply = await this.#link.run(async () => this.#parts.store.settle(this.#charge(debt)), SETTLE_MS);
    if (reply === undefined) return false;
    this.#local.release(debt);
    this.#noteReply(debt, reply);
    return true;
  }

  #charge(debt: SettleOrder): SettleOrder {
    return this.#shares === undefined ? debt : { ...this.#local.withOwn(debt), sharing: this.#shares.sharing };
  }
}

const NOTHING: LimitLevel = { used: 0, settled: 0, waitMs: 0 };

/** The order in the form that is sent to the store. */
function sent(order: LimitOrder, ticket: ShareTicket | undefined, shares: ProcessShares | undefined): LimitOrder {
  return ticket === undefined || shares === undefined ? order : shares.send(order, ticket);
}

const zeroed = (holds: readonly LimitHold[]) => holds.map((hold): LimitHold => ({ ...hold, amount: 0 }));
