import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LimitCounter, LimitOrder, LimitReply, LimitShare, LimitStore } from '../../src/contracts/limit-store.js';
import type { Grantor } from '../../src/limit/grants.js';
import { KnownLevels } from '../../src/limit/known-levels.js';
import { ProcessShares } from '../../src/limit/process-shares.js';
import { ResilientStore } from '../../src/limit/resilient-store.js';
import { redisLimits } from '../../src/stores/redis-limits.js';
import { FakeClock } from '../support/fake-clock.js';
import { hasRedis, startRedis, type RedisServer } from '../stores/redis-server.js';

const TIMEOUT_MS = 50;
const CAPACITY = 400;
const DAY: LimitCounter = {
  field: 'day',
  kind: 'window',
  capacity: CAPACITY,
  rate: 0,
  expiresAt: Date.now() + 86_400_000,
};

/** What becomes of the calls of a process: their replies come in time, or late, or the calls themselves do. */
type Weather = 'clear' | 'late reply' | 'late call' | 'failing';

/** A store whose calls can be held up on either side. They reach it in the order in which they were made. */
class HeldUpStore {
  weather: Weather = 'clear';
  readonly #store: LimitStore;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Calls that wait, and those behind them. */
  #late = new Set<Promise<unknown>>();
  #waiting: (() => void)[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: LimitStore) {
    this.#store = store;
  }

  /** Resolves when nothing is under way but what is held up. */
  async quiet(): Promise<void> {
    do {
      await Promise.allSettled(this.#underWay);
      await turnOfTheLoop();
    } while (this.#underWay.size > 0);
  }

  /** Everything that is held up goes on. */
  release(): void {
    for (const call of this.#late) this.#underWay.add(call);
    this.#late = new Set();
    for (const go of this.#waiting.splice(0)) go();
  }

  get store(): LimitStore {
    const { reserve, adjust, settle, read } = this.#store;
    return {
      keepsShares: this.#store.keepsShares,
      reserve: (order) => this.#run(async () => reserve(order)),
      adjust: (order) => this.#run(async () => adjust(order)),
      settle: (order) => this.#run(async () => settle(order)),
      read: (order) => this.#run(async () => read(order)),
      claim: (...args) => this.#store.claim(...args),
      block: (...args) => this.#store.block(...args),
      sync: (...args) => this.#store.sync(...args),
    };
  }

  async #run(call: () => Promise<LimitReply>): Promise<LimitReply> {
    const { weather } = this;
    if (weather === 'failing') throw new Error('The connection is closed.');
    const isLate = weather !== 'clear';
    const released = isLate ? new Promise<void>((resolve) => this.#waiting.push(resolve)) : undefined;
    const before = this.#last;
    const called: Promise<LimitReply> = (async () => {
      await before;
      if (weather === 'late call') await released;
      return call();
    })().finally(() => this.#underWay.delete(called));
    this.#last = called;
    const isBehind = weather === 'late call' || this.#late.size > 0;
    (isBehind ? this.#late : this.#underWay).add(called);
    const reply = await called;
    await released;
    return reply;
  }
}

/** One process: its clock stands still, except while it waits for a reply that does not come. */
class Process {
  readonly clock = new FakeClock();
  readonly link: HeldUpStore;
  readonly store: ResilientStore;
  readonly #group: string;
  /** What was granted and is not settled. */
  #open: { lease: string; amount: number; by: Grantor }[] = [];

  constructor(store: LimitStore, group: string, processes: number | undefined) {
    this.link = new HeldUpStore(store);
    this.#group = group;
    this.store = new ResilientStore({
      store: this.link.store,
      onStoreError: 'local',
      storeTimeoutMs: TIMEOUT_MS,
      processes,
      clock: this.clock,
      onOutage: () => {},
    });
  }

  /** What has granted the lease, if it was granted. */
  async reserve(lease: string, amount: number): Promise<Grantor | undefined> {
    const reply = await this.#withTimeout(this.store.reserve(this.order(lease, amount), { leftMs: TIMEOUT_MS }));
    if (reply.outcome !== 'granted') return undefined;
    this.#open.push({ lease, amount, by: reply.by });
    return reply.by;
  }

  async adjust(lease: string, from: number, to: number, by: Grantor): Promise<boolean> {
    const reply = await this.#withTimeout(
      this.store.adjust(this.order(lease, to), [to - from], by, { leftMs: TIMEOUT_MS }),
    );
    return reply.outcome !== 'refused';
  }

  async settle(lease: string, amount: number, by: Grantor): Promise<void> {
    await this.#withTimeout(this.store.settle(this.order(lease, amount), by), 500);
  }

  /** Everything that was granted has cost what was reserved for it. */
  async settleAll(): Promise<void> {
    await Promise.all(this.#open.map(async ({ lease, amount, by }) => this.settle(lease, amount, by)));
    this.#open = [];
  }

  async used(): Promise<number> {
    const { group, holds } = this.order('', 0);
    return (await this.store.read({ group, holds })).levels[0]!.used;
  }

  /** The link is well again: what was held up arrives, and settlements that wait are paid. */
  async recover(): Promise<void> {
    this.link.weather = 'clear';
    this.link.release();
    await this.link.quiet();
    for (let second = 0; second < 60 && this.store.debts > 0; second++) {
      this.clock.advance(1_000);
      await turnOfTheLoop();
      await this.link.quiet();
    }
  }

  order(lease: string, amount: number): LimitOrder {
    const holds = [{ counter: DAY, amount, enforced: true }];
    return { group: this.#group, lease, ttlMs: 600_000, holds };
  }

  /** The reply, or what the process decides when it has waited for one in vain. */
  async #withTimeout<T>(reply: T | Promise<T>, ms = TIMEOUT_MS): Promise<T> {
    if (!(reply instanceof Promise)) return reply;
    await turnOfTheLoop();
    await this.link.quiet();
    await this.clock.advanceAsync(ms);
    return reply;
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

it('a call that the process has not granted by itself takes nothing off what it has committed', () => {
  const clock = new FakeClock();
  const shares = new ProcessShares(clock, new KnownLevels(), () => ({ parts: 2, minRequests: 2 }));
  const order = (amount: number): LimitOrder => ({
    group: 'group',
    lease: 'lease',
    ttlMs: 600_000,
    holds: [{ counter: DAY, amount, enforced: true }],
  });
  const first = shares.take(order(10));
  shares.send(order(10), first);
  first.replied({ outcome: 'granted', levels: [{ used: 10, settled: 0, waitMs: 0, share: 195 }] }, clock.now());
  const ticket = shares.take(order(40));
  ticket.release();
  expect(ticket.committedIn(0)).toBe(0);
});

describe.runIf(hasRedis)('the share of a process', () => {
  let server: RedisServer;
  let client: Redis;
  let groups = 0;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.port, '127.0.0.1');
  });
  afterAll(async () => {
    client.disconnect();
    await server.kill();
  });

  /** `stated`: the option `processes`; `'unstated'`: it is not set. */
  function processes(count: number, stated: number | 'unstated' = count): Process[] {
    const group = `shares ${groups++}`;
    const store = redisLimits(client);
    return Array.from({ length: count }, () => new Process(store, group, stated === 'unstated' ? undefined : stated));
  }

  async function grants(process: Process, times: number, amount = 2): Promise<number> {
    let granted = 0;
    for (let time = 0; time < times; time++) {
      if ((await process.reserve(`${Math.random()}`, amount)) !== undefined) granted++;
    }
    return granted;
  }

  it.each(['late reply', 'late call', 'failing'] as const)(
    'a store that is late for one process only: both together are granted no more than the limit (%s)',
    async (weather) => {
      const [one, two] = processes(2) as [Process, Process];
      expect(await grants(one, 1)).toBe(1);
      one.link.weather = weather;
      const byOne = await grants(one, 120);
      const byTwo = await grants(two, 250);
      expect(byOne).toBe(99);
      expect(1 + byOne + byTwo).toBeLessThanOrEqual(200);
      await Promise.all([one.settleAll(), two.settleAll()]);
      await one.recover();
      expect(await two.used()).toBe((1 + byOne + byTwo) * 2);
    },
  );

  it('of a limit of few requests none is kept: what one process does not use, another one gets', async () => {
    const [one, two] = processes(2, 'unstated') as [Process, Process];
    expect(await grants(one, 5, 20)).toBe(5);
    expect(await grants(two, 30, 20)).toBe(15);
  });

  it('without an outage nothing of the limit stays unused', async () => {
    const [one, two] = processes(2) as [Process, Process];
    let granted = 0;
    for (let turn = 0; turn < 110; turn++) granted += (await grants(one, 1)) + (await grants(two, 1));
    expect(granted).toBe(200);
    expect(await one.used()).toBe(CAPACITY);
  });

  it('a burst is granted all of the limit, although the process does not know yet what share it has', async () => {
    const [one] = processes(1, 'unstated') as [Process];
    const burst = Array.from({ length: 250 }, async (_, index) => one.reserve(`burst-${index}`, 2));
    const granted = (await Promise.all(burst)).filter((by) => by === 'store');
    expect(granted.length).toBe(200);
  });

  it('what the store grants late to a refused request is released, and does not reduce what others cover', async () => {
    const [one, two] = processes(2) as [Process, Process];
    expect(await one.reserve('a', 5)).toBe('store');
    // The share of 197 covers the first, and a part of the second, which the store grants late as well.
    one.link.weather = 'failing';
    expect(await one.reserve('b', 120)).toBe('local');
    one.link.weather = 'late reply';
    expect(await one.reserve('c', 120)).toBe(undefined);
    await one.recover();
    expect(await one.reserve('d', 1)).toBe('store');
    one.link.weather = 'failing';
    const more = (await grants(one, 300, 1)) + (await grants(two, 400, 1));
    expect(5 + 120 + 1 + more).toBeLessThanOrEqual(CAPACITY);
  });

  it('of a store that never comes back: all processes together are granted at most what remained', async () => {
    const all = processes(3);
    let granted = 0;
    for (const process of all) granted += await grants(process, 1);
    for (const process of all) process.link.weather = 'failing';
    const byShares = await Promise.all(all.map(async (process) => grants(process, 100)));
    for (const process of all) process.clock.advance(60_000);
    const later = await Promise.all(all.map(async (process) => grants(process, 100)));
    for (const share of byShares) expect(share).toBeGreaterThan(50);
    expect(later).toEqual([0, 0, 0]);
    granted += byShares.reduce((sum, share) => sum + share, 0);
    expect(granted).toBeLessThanOrEqual(200);
  });

  it('a store that is down, and has kept nothing of a limit of few requests: each process grants its part', async () => {
    const [one] = processes(1, 'unstated') as [Process];
    expect(await grants(one, 5, 20)).toBe(5);
    one.link.weather = 'failing';
    expect(await grants(one, 20, 20)).toBe(0);
    one.clock.advance(60_000);
    expect(await grants(one, 20, 20)).toBe(7);
  });

  it('what exceeds only the part of a process may be tried again; what exceeds the limit never passes', async () => {
    const [one] = processes(1, 'unstated') as [Process];
    one.link.weather = 'failing';
    const waitFor = async (amount: number) => {
      const reply = await one.store.reserve(one.order(`of ${amount}`, amount), { leftMs: TIMEOUT_MS });
      return [reply.outcome, reply.levels[0]?.waitMs];
    };
    await waitFor(1);
    one.clock.advance(60_000);
    expect(await waitFor(CAPACITY / 2 + 1)).toEqual(['refused', 1_000]);
    expect(await waitFor(CAPACITY + 1)).toEqual(['refused', Infinity]);
  });

  it('a process that has never reached the store grants its part of the limit', async () => {
    const all = processes(2);
    for (const process of all) {
      process.link.weather = 'failing';
      expect(await grants(process, 10)).toBe(0);
      process.clock.advance(60_000);
      expect(await grants(process, 150)).toBe(100);
    }
  });

  it('comes to an end two minutes after the store last replied, and a part replaces it when the store is down', async () => {
    const [one] = processes(1) as [Process];
    expect(await grants(one, 1)).toBe(1);
    one.link.weather = 'failing';
    one.clock.advance(119_000);
    expect(await grants(one, 1)).toBe(1);
    one.clock.advance(1_000);
    expect(await grants(one, 1)).toBe(0);
    one.clock.advance(60_000);
    expect(await grants(one, 1)).toBe(1);
  });

  it.each(['failing', 'late call', 'late reply'] as const)(
    'a request of which nothing has to be settled is charged once after an outage (%s)',
    async (weather) => {
      const [one] = processes(1) as [Process];
      expect(await one.reserve('', 10)).toBe('store');
      one.link.weather = weather;
      expect(await one.reserve('', 10)).toBe('local');
      await one.recover();
      expect(await one.used()).toBe(20);
    },
  );

  it('all calls of a request together wait no longer than the timeout', async () => {
    const [one] = processes(1) as [Process];
    const limits = { leftMs: TIMEOUT_MS };
    one.link.weather = 'late reply';
    const reply = one.store.reserve(one.order('a', 5), limits);
    await one.link.quiet();
    one.clock.advance(30);
    one.link.release();
    expect(await reply).toMatchObject({ outcome: 'granted', by: 'store' });
    expect(limits.leftMs).toBe(TIMEOUT_MS - 30);
    const second = one.store.reserve(one.order('b', 5), limits);
    await one.link.quiet();
    await one.clock.advanceAsync(20);
    expect(await second).toMatchObject({ by: 'local' });
  });

  it('that closes goes back', async () => {
    const [one, two] = processes(2) as [Process, Process];
    expect(await grants(one, 1)).toBe(1);
    expect(await grants(two, 250)).toBeLessThan(199);
    const [three, four] = processes(2) as [Process, Process];
    expect(await grants(three, 1)).toBe(1);
    await three.store.close();
    expect(await grants(four, 250)).toBe(199);
  });

  it('covers what an attempt costs more, or the attempt is not made', async () => {
    const [one, two] = processes(2) as [Process, Process];
    expect(await one.reserve('a', 5)).toBe('store');
    expect(await one.reserve('b', 5)).toBe('store');
    one.link.weather = 'late call';
    expect(await one.adjust('a', 5, 160, 'store')).toBe(true);
    expect(await one.adjust('b', 5, 160, 'store')).toBe(false);
    expect(await grants(two, 250)).toBeLessThanOrEqual((CAPACITY - 165) / 2);
    await one.settle('a', 160, 'store');
    await one.settle('b', 5, 'store');
    await one.recover();
    expect(await two.used()).toBeLessThanOrEqual(CAPACITY);
  });

  it('is used again as far as less was spent than reserved, while the store is down', async () => {
    const [one] = processes(1) as [Process];
    expect(await one.reserve('a', 10)).toBe('store');
    one.link.weather = 'failing';
    await grants(one, 5, 1);
    for (let time = 0; time < 30; time++) {
      const lease = `l${time}`;
      expect(await one.reserve(lease, 100)).toBe('local');
      await one.settle(lease, 1, 'local');
    }
    expect(await one.reserve('more', 360)).toBe(undefined);
  });

  describe('in the store', () => {
    const store = () => redisLimits(client);
    let [sequence, leases] = [0, 0];
    const post = async (
      group: string,
      process: string,
      amount: number,
      share: LimitShare = { own: 0 },
      ttlMs = 60_000,
    ) =>
      store().reserve({
        group,
        lease: `${process}-${++leases}`,
        ttlMs: 60_000,
        holds: [{ counter: DAY, amount, enforced: true, share }],
        sharing: { process, sequence: ++sequence, parts: 2, minRequests: 2, ttlMs },
      });

    it('is refused to others with the time until it expires, and is theirs then', async () => {
      expect((await post('expiry', 'a', 10, { own: 0 }, 80)).levels[0]).toMatchObject({ used: 10, share: 195 });
      const refused = await post('expiry', 'b', 200);
      expect(refused.outcome).toBe('refused');
      const { used, waitMs } = refused.levels[0]!;
      expect(used).toBe(10);
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(80);
      await new Promise((resolve) => setTimeout(resolve, 90));
      expect((await post('expiry', 'b', 200)).outcome).toBe('granted');
    });

    it('is not set by a call that arrives behind a later one', async () => {
      await post('order', 'a', 10);
      const early = sequence;
      await post('order', 'a', 10, { own: 0, total: 190 });
      sequence = early - 1;
      // A call that reserves nothing lets the share not grow again.
      await post('order', 'a', 0, { own: 0, total: 0 });
      sequence += 10;
      expect((await post('order', 'b', 200)).outcome).toBe('refused');
      expect((await post('order', 'b', 180)).outcome).toBe('granted');
    });

    it('is given up where it is too small for what is refused, and kept where it would have done', async () => {
      await post('refused', 'a', 10, { own: 0 });
      expect((await post('refused', 'b', 10, { own: 0 })).levels[0]?.share).toBe(185);
      expect((await post('refused', 'a', 240, { own: 195 })).outcome).toBe('refused');
      // 195 came back, 185 of 380 are kept for b.
      expect((await post('refused', 'c', 196, { own: 0 })).outcome).toBe('refused');
      expect((await post('refused', 'c', 195, { own: 0 })).outcome).toBe('granted');
    });

    it('is kept where it would have covered what another limit refuses', async () => {
      await post('both', 'a', 10);
      const full = { field: 'open', kind: 'held', capacity: 0, rate: 0, expiresAt: 0 } as const;
      const refused = await store().reserve({
        group: 'both',
        lease: 'refused',
        ttlMs: 60_000,
        holds: [
          { counter: DAY, amount: 45, enforced: true, share: { own: 45 } },
          { counter: full, amount: 1, enforced: true },
        ],
        sharing: { process: 'a', sequence: ++sequence, parts: 2, minRequests: 2, ttlMs: 60_000 },
      });
      expect(refused.outcome).toBe('refused');
      expect((await post('both', 'b', 196)).outcome).toBe('refused');
      expect((await post('both', 'b', 195)).outcome).toBe('granted');
    });

    it('is what the process claims only as far as others have left it', async () => {
      await post('lost', 'a', 390);
      expect((await post('lost', 'b', 5, { own: 5, total: 40 })).levels[0]).toMatchObject({ used: 395, share: -30 });
    });
  });

  it('is not used again for what the store may have counted', async () => {
    const [one] = processes(1) as [Process];
    expect(await one.reserve('a', 10)).toBe('store');
    one.link.weather = 'late reply';
    expect(await one.reserve('b', 380)).toBe('local');
    await one.settle('b', 1, 'local');
    one.link.weather = 'failing';
    expect(await one.reserve('c', 11)).toBe(undefined);
  });

  it.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    'in every order of events no process is granted what another one may grant (seed %i)',
    async (seed) => {
      const random = randomOf(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
      const all = processes(3, seed % 2 === 0 ? 3 : 'unstated');
      const open: { process: Process; lease: string; amount: number; by: Grantor }[] = [];
      for (const process of all) await process.used();
      let spent = 0;
      const outstanding = (): number => open.reduce((sum, { amount }) => sum + amount, spent);
      for (let step = 0; step < 150; step++) {
        const process = pick(all);
        const what = random();
        if (what < 0.15) process.link.weather = pick(['clear', 'late reply', 'late call', 'failing'] as const);
        else if (what < 0.22) await process.recover();
        else if (what < 0.75) {
          const burst = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => ({
            lease: `${seed} ${step} ${index}`.replaceAll(' ', '-'),
            amount: 1 + Math.floor(random() * 4),
          }));
          const replies = await Promise.all(burst.map(({ lease, amount }) => process.reserve(lease, amount)));
          for (const [index, by] of replies.entries())
            if (by !== undefined) open.push({ process, by, ...burst[index]! });
        } else if (open.length > 0) {
          const [{ process: owner, lease, amount, by }] = open.splice(Math.floor(random() * open.length), 1) as [
            (typeof open)[number],
          ];
          const used = Math.floor(random() * (amount + 1));
          spent += used;
          await owner.settle(lease, used, by);
        }
        expect(outstanding()).toBeLessThanOrEqual(CAPACITY);
      }
      for (const { process, lease, amount, by } of open.splice(0)) {
        spent += amount;
        await process.settle(lease, amount, by);
      }
      for (const process of all) await process.recover();
      expect(await all[0]!.used()).toBe(spent);
    },
  );
});

function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_507) ^ Math.imul(state ^ (state >>> 13), 3_266_489_909)) >>> 0;
    return state / 2 ** 32;
  };
}
