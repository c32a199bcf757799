import assert from 'node:assert/strict';
import { budget, holding, LEASE_TTL, reserve, usedIn, type LimitCase } from './limit-store-case.js';

/** @internal Groups, claims and blocks that processes share. */
export const limitSharedCases: readonly LimitCase[] = [
  [
    'keeps groups and counters apart',
    async (lab) => {
      const day = budget(1, lab.now() + 3_600_000);
      await reserve(lab, 'a', [holding(day, 1)]);
      await lab.store.reserve({ group: `${lab.group}}{`, lease: 'a', ttlMs: LEASE_TTL, holds: [holding(day, 2)] });
      assert.equal(await usedIn(lab, day), 1);
      assert.equal(await usedIn({ ...lab, group: `${lab.group}}{` }, day), 2);
      assert.equal(await usedIn(lab, { ...day, field: 'day2' }), 0);
    },
  ],
  [
    'lets one of many claim a name, until the claim expires',
    async (lab) => {
      const claim = async (name: string, ttlMs: number) => lab.store.claim(lab.group, name, ttlMs);
      const claims = await Promise.all(Array.from({ length: 10 }, () => claim('alert', 60_000)));
      assert.equal(claims.filter(Boolean).length, 1);
      assert.equal(await claim('brief', 80), true);
      await lab.pass(120);
      assert.equal(await claim('brief', 80), true);
      assert.equal(await claim('alert', 60_000), false);
    },
  ],
  [
    'reports to every process who is blocked and until when, and how many processes there are',
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
