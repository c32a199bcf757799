import assert from 'node:assert/strict';
import {
  budget,
  counterOf,
  holding,
  LEASE_TTL,
  NANO,
  reserve,
  settle,
  usedIn,
  type LimitCase,
} from './limit-store-case.js';

/** @internal Counters that refill or slide, and where they start. */
export const limitWindowCases: readonly LimitCase[] = [
  [
    'refills a bucket exactly, and loses no fraction however often it is called',
    async (lab) => {
      // 1,000 per second: one unit per millisecond.
      const bucket = counterOf({ field: 'rpm', kind: 'bucket', capacity: 60_000, rate: 1 });
      const began = lab.now();
      // All but 200 are taken: on a machine that stalls, the bucket must not fill up in the meantime.
      await reserve(lab, '', [holding(bucket, 59_800)]);
      const taken = lab.now();
      let granted = 0;
      let lastSent = taken;
      const isGranted = async (): Promise<boolean> => {
        lastSent = lab.now();
        return (await reserve(lab, '', [holding(bucket, 2)])) === 'granted';
      };
      for (let tick = 0; tick < 600 && lab.now() - began < 300; tick++) {
        while (await isGranted()) granted++;
        await lab.pass(1);
      }
      // The store read its clock at some time during each call; the last call was refused.
      const least = (200 + lastSent - taken) / 2;
      const most = (200 + lab.now() - began) / 2;
      assert.ok(granted >= least - 2 && granted <= most + 1, `${granted} of ${least} to ${most}`);
    },
  ],
  [
    'reports how long a bucket needs to refill, to the millisecond',
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
    'reports an amount that can never fit',
    async (lab) => {
      const bucket = counterOf({ field: 'tpm', kind: 'bucket', capacity: 100, rate: 1 });
      const { levels } = await lab.store.read({ group: lab.group, holds: [holding(bucket, 101)] });
      assert.equal(levels[0]?.waitMs, Infinity);
    },
  ],
  [
    'frees a sliding window slot by slot',
    async (lab) => {
      const hour = counterOf({ field: 'hour', kind: 'sliding', capacity: 10, rate: 5 });
      await reserve(lab, 'a', [holding(hour, 10)]);
      await settle(lab, 'a', [holding(hour, 10)]);
      const refused = await lab.store.reserve({
        group: lab.group,
        lease: 'b',
        ttlMs: LEASE_TTL,
        holds: [holding(hour, 1)],
      });
      assert.equal(refused.outcome, 'refused');
      const { waitMs } = refused.levels[0]!;
      assert.ok(waitMs !== undefined && waitMs > 0 && waitMs <= 61 * 5, `${waitMs} ms`);
      await lab.pass(waitMs + 5);
      assert.equal(await reserve(lab, 'b', [holding(hour, 10)]), 'granted');
    },
  ],
  [
    'starts from the given floor when it has lost its data, and only then',
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
];
