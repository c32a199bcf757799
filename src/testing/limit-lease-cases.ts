import assert from 'node:assert/strict';
import {
  adjust,
  budget,
  counterOf,
  holding,
  NANO,
  reserve,
  settle,
  usedIn,
  type LimitCase,
} from './limit-store-case.js';

/** @internal Leases: reserve, adjust, settle. */
export const limitLeaseCases: readonly LimitCase[] = [
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
    'grants a lease once, however often the call is repeated',
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
      assert.equal(await adjust(lab, 'unknown', [holding(day, 1)]), 'unknown');
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
    'releases what a crashed process held, and charges a late settlement once',
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
    'charges a lease that it knows once, however often it is charged',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      assert.equal(await reserve(lab, 'known', [holding(day, 20)]), 'granted');
      const order = { group: lab.group, lease: 'known', holds: [holding(day, 13)] };
      for (let times = 0; times < 3; times++) await lab.store.settle({ ...order, unknown: 'charge' });
      assert.equal(await usedIn(lab, day), 13);
    },
  ],
];
