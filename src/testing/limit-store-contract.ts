import assert from 'node:assert/strict';
import type { LimitCounter, LimitHold, LimitStore } from '../contracts/limit-store.js';
import { delay, type ContractTest } from './contract-test.js';

/** What a limit store can be asked to show. */
export interface LimitStoreContractOptions {
  /**
   * `injected`: the store tells the time by the `now` it is given, and nobody waits.
   * `real`: it has a clock of its own (a server), and the suite waits for it.
   * @defaultValue `'injected'`
   */
  readonly time?: 'injected' | 'real' | undefined;
}

/** Makes a store. `now` is Unix time in milliseconds, as the suite wants it to be. Groups are never used twice. */
export type MakeLimitStore = (now: () => number) => LimitStore | Promise<LimitStore>;

interface Lab {
  readonly store: LimitStore;
  readonly group: string;
  now(): number;
  pass(ms: number): Promise<void>;
}

type LimitCase = readonly [name: string, run: (lab: Lab) => Promise<void>];

const TTL = 60_000;
const NANO = 1_000_000_000;
let groups = 0;

/**
 * Declares the tests that every limit store must pass.
 *
 * @example
 * limitStoreContract(test, (now) => myLimits({ now }));
 */
export function limitStoreContract(
  test: ContractTest,
  makeStore: MakeLimitStore,
  options: LimitStoreContractOptions = {},
): void {
  for (const [name, run] of CASES) {
    test(`a limit store ${name}`, async () => {
      let offset = 0;
      const isReal = options.time === 'real';
      const now = (): number => (isReal ? Date.now() : 1_750_000_000_000 + offset);
      const store = await makeStore(now);
      const pass = async (ms: number): Promise<void> => {
        if (isReal) await delay(ms);
        else offset += ms;
      };
      try {
        await run({ store, group: `contract ${process.pid} ${groups++}`, now, pass });
      } finally {
        await store.close?.();
      }
    });
  }
}

const counterOf = (
  counter: Partial<LimitCounter> & Pick<LimitCounter, 'field' | 'kind' | 'capacity'>,
): LimitCounter => ({
  rate: 0,
  expiresAt: 0,
  ...counter,
});

const budget = (usd: number, expiresAt: number): LimitCounter =>
  counterOf({ field: 'day', kind: 'window', capacity: usd * NANO, expiresAt });

const holding = (counter: LimitCounter, amount: number, more: Partial<LimitHold> = {}): LimitHold => ({
  counter,
  amount,
  enforced: true,
  ...more,
});

async function usedIn({ store, group }: Lab, counter: LimitCounter): Promise<number> {
  const { levels } = await store.read({ group, holds: [holding(counter, 0)] });
  return levels[0]!.used;
}

const CASES: readonly LimitCase[] = [
  [
    'grants exactly 20 of 200 racing requests of $0.05 against $1',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, index) => reserve(lab, `r${index}`, [holding(day, 0.05 * NANO)])),
      );
      assert.equal(replies.filter((outcome) => outcome === 'granted').length, 20);
      assert.equal(await usedIn(lab, day), NANO);
    },
  ],
  [
    'lets 20 of 40 racing settlements of 20 leases take effect',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      const leases = Array.from({ length: 20 }, (_, index) => `s${index}`);
      for (const lease of leases) assert.equal(await reserve(lab, lease, [holding(day, 0.05 * NANO)]), 'granted');
      const outcomes = await Promise.all([...leases, ...leases].map((lease) => settle(lab, lease, [holding(day, 7)])));
      assert.equal(outcomes.filter((outcome) => outcome === 'granted').length, 20);
      assert.equal(await usedIn(lab, day), 140);
    },
  ],
  [
    'reserves all or nothing',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      const open = counterOf({ field: 'open', kind: 'held', capacity: 1 });
      assert.equal(await reserve(lab, 'a', [holding(open, 1), holding(day, 5)]), 'granted');
      assert.equal(await reserve(lab, 'b', [holding(day, 5), holding(open, 1)]), 'refused');
      assert.equal(await usedIn(lab, day), 5);
      await settle(lab, 'a', [holding(open, 0), holding(day, 5)]);
      assert.equal(await reserve(lab, 'b', [holding(day, 5), holding(open, 1)]), 'granted');
    },
  ],
  [
    'grants a lease once, however often it is asked',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      for (let times = 0; times < 3; times++) assert.equal(await reserve(lab, 'a', [holding(day, 9)]), 'granted');
      assert.equal(await usedIn(lab, day), 9);
    },
  ],
  [
    'counts what is not enforced, beyond the limit',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      const warning = holding(day, 3 * NANO, { enforced: false });
      assert.equal(await reserve(lab, 'a', [warning]), 'granted');
      assert.equal(await usedIn(lab, day), 3 * NANO);
      assert.equal(await reserve(lab, 'b', [holding(day, 1)]), 'refused');
    },
  ],
  [
    'changes what a lease holds, up to the limit and down',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      await reserve(lab, 'a', [holding(day, 0.4 * NANO)]);
      assert.equal(await adjust(lab, 'a', [holding(day, NANO)]), 'granted');
      assert.equal(await usedIn(lab, day), NANO);
      assert.equal(await adjust(lab, 'a', [holding(day, NANO + 1)]), 'refused');
      assert.equal(await adjust(lab, 'a', [holding(day, 0.1 * NANO)]), 'granted');
      assert.equal(await usedIn(lab, day), 0.1 * NANO);
      assert.equal(await adjust(lab, 'nobody', [holding(day, 1)]), 'unknown');
    },
  ],
  [
    'settles beyond what was reserved: the debt stays',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      await reserve(lab, 'a', [holding(day, 1)]);
      await settle(lab, 'a', [holding(day, 2 * NANO)]);
      assert.equal(await usedIn(lab, day), 2 * NANO);
      assert.equal(await reserve(lab, 'b', [holding(day, 1)]), 'refused');
    },
  ],
  [
    'gives back what a crashed process held, and charges it when it comes back after all, once',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      const open = counterOf({ field: 'open', kind: 'held', capacity: 1 });
      const holds = [holding(day, NANO), holding(open, 1)];
      assert.equal(await reserve(lab, 'crashed', holds, 100), 'granted');
      assert.equal(await reserve(lab, 'b', holds), 'refused');
      await lab.pass(150);
      assert.equal(await reserve(lab, 'b', [holding(day, 5), holding(open, 1)]), 'granted');
      assert.equal(await usedIn(lab, day), 5);
      assert.equal(await settle(lab, 'crashed', [holding(day, 70), holding(open, 0)]), 'granted');
      assert.equal(await settle(lab, 'crashed', [holding(day, 70), holding(open, 0)]), 'unknown');
      assert.equal(await usedIn(lab, day), 75);
    },
  ],
  [
    'charges what was granted elsewhere, once',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      const order = { group: lab.group, lease: 'elsewhere', holds: [holding(day, 11)] };
      assert.equal((await lab.store.settle({ ...order, unknown: 'ignore' })).outcome, 'unknown');
      const charges = await Promise.all(
        Array.from({ length: 5 }, async () => lab.store.settle({ ...order, unknown: 'charge' })),
      );
      assert.equal(charges.filter(({ outcome }) => outcome === 'granted').length, 1);
      assert.equal(await usedIn(lab, day), 11);
    },
  ],
  [
    'charges a lease that it knows once, however often it is told',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      assert.equal(await reserve(lab, 'known', [holding(day, 20)]), 'granted');
      const order = { group: lab.group, lease: 'known', holds: [holding(day, 13)] };
      for (let times = 0; times < 3; times++) await lab.store.settle({ ...order, unknown: 'charge' });
      assert.equal(await usedIn(lab, day), 13);
    },
  ],
  [
    'refills a bucket exactly, and loses no fraction of it however often it is asked',
    async (lab) => {
      // 1,000 per second: a unit a millisecond.
      const bucket = counterOf({ field: 'rpm', kind: 'bucket', capacity: 60_000, rate: 1 });
      const began = lab.now();
      // All but 200: a machine that stalls for a while must not meet a full bucket.
      await reserve(lab, '', [holding(bucket, 59_800)]);
      let granted = 0;
      for (let tick = 0; tick < 600 && lab.now() - began < 300; tick++) {
        while ((await reserve(lab, '', [holding(bucket, 2)])) === 'granted') granted++;
        await lab.pass(1);
      }
      const ms = lab.now() - began;
      const most = (200 + ms) / 2;
      assert.ok(granted <= most + 1 && granted >= most - 5, `${granted} of ${most} in ${ms} ms`);
    },
  ],
  [
    'says how long a bucket needs, to the millisecond',
    async (lab) => {
      const bucket = counterOf({ field: 'rpm', kind: 'bucket', capacity: 100, rate: 0.1 });
      await reserve(lab, '', [holding(bucket, 100)]);
      const refused = await lab.store.reserve({ group: lab.group, lease: '', ttlMs: 0, holds: [holding(bucket, 10)] });
      assert.equal(refused.outcome, 'refused');
      const { waitMs } = refused.levels[0]!;
      assert.ok(waitMs !== undefined && waitMs > 60 && waitMs <= 100, `${waitMs} ms`);
      await lab.pass(waitMs);
      assert.equal(await reserve(lab, '', [holding(bucket, 10)]), 'granted');
    },
  ],
  [
    'knows what will never fit',
    async (lab) => {
      const bucket = counterOf({ field: 'tpm', kind: 'bucket', capacity: 100, rate: 1 });
      const { levels } = await lab.store.read({ group: lab.group, holds: [holding(bucket, 101)] });
      assert.equal(levels[0]?.waitMs, Infinity);
    },
  ],
  [
    'lets a sliding window go slot by slot',
    async (lab) => {
      const hour = counterOf({ field: 'hour', kind: 'sliding', capacity: 10, rate: 5 });
      await reserve(lab, 'a', [holding(hour, 10)]);
      await settle(lab, 'a', [holding(hour, 10)]);
      const refused = await lab.store.reserve({ group: lab.group, lease: 'b', ttlMs: TTL, holds: [holding(hour, 1)] });
      assert.equal(refused.outcome, 'refused');
      const { waitMs } = refused.levels[0]!;
      assert.ok(waitMs !== undefined && waitMs > 0 && waitMs <= 61 * 5, `${waitMs} ms`);
      await lab.pass(waitMs + 5);
      assert.equal(await reserve(lab, 'b', [holding(hour, 10)]), 'granted');
    },
  ],
  [
    'counts what was used in a sliding window for all of it',
    async (lab) => {
      const window = counterOf({ field: 'window', kind: 'sliding', capacity: 10, rate: 10 });
      const began = lab.now();
      await reserve(lab, 'a', [holding(window, 10)]);
      await settle(lab, 'a', [holding(window, 10)]);
      await lab.pass(400);
      const outcome = await reserve(lab, 'b', [holding(window, 1)]);
      // A machine that stalls may find the window over.
      if (lab.now() - began < 600) assert.equal(outcome, 'refused');
    },
  ],
  [
    'begins where it is told to when it has lost its data, and nowhere else',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      await reserve(lab, 'a', [holding(day, 1, { floor: 0.9 * NANO })]);
      assert.equal(await usedIn(lab, day), 0.9 * NANO + 1);
      await settle(lab, 'a', [holding(day, 5)]);
      await reserve(lab, 'b', [holding(day, 1, { floor: 3 })]);
      assert.equal(await usedIn(lab, day), 0.9 * NANO + 6);
    },
  ],
  [
    'keeps groups and counters apart',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      await reserve(lab, 'a', [holding(day, 1)]);
      await lab.store.reserve({ group: `${lab.group}}{`, lease: 'a', ttlMs: TTL, holds: [holding(day, 2)] });
      assert.equal(await usedIn(lab, day), 1);
      assert.equal(await usedIn({ ...lab, group: `${lab.group}}{` }, day), 2);
      assert.equal(await usedIn(lab, { ...day, field: 'day2' }), 0);
    },
  ],
  [
    'lets one of many claim a name, until its time is over',
    async (lab) => {
      const claims = await Promise.all(Array.from({ length: 10 }, async () => lab.store.claim(lab.group, 'alert', 80)));
      assert.equal(claims.filter(Boolean).length, 1);
      assert.equal(await lab.store.claim(lab.group, 'other', 80), true);
      await lab.pass(120);
      assert.equal(await lab.store.claim(lab.group, 'alert', 80), true);
    },
  ],
  [
    'tells every process who is blocked, until when, and how many they are',
    async (lab) => {
      const subject = `caller ${lab.group}`;
      const until = lab.now() + 60_000;
      await lab.store.block(subject, until);
      await lab.store.sync('one', 5_000);
      const { blocks, processes } = await lab.store.sync('two', 5_000);
      assert.deepEqual(
        blocks.filter((entry) => entry.subject === subject),
        [{ subject, untilMs: until }],
      );
      assert.ok(processes >= 1);
      await lab.store.block(subject, 0);
      const after = await lab.store.sync('one', 5_000);
      assert.ok(!after.blocks.some((entry) => entry.subject === subject));
    },
  ],
];

async function reserve({ store, group }: Lab, lease: string, holds: LimitHold[], ttlMs = TTL): Promise<string> {
  return (await store.reserve({ group, lease, ttlMs, holds })).outcome;
}

async function adjust({ store, group }: Lab, lease: string, holds: LimitHold[]): Promise<string> {
  return (await store.adjust({ group, lease, ttlMs: TTL, holds })).outcome;
}

async function settle({ store, group }: Lab, lease: string, holds: LimitHold[]): Promise<string> {
  return (await store.settle({ group, lease, holds, unknown: 'ignore' })).outcome;
}
