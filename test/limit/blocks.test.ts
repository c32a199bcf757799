import { expect, it } from 'vitest';
import type { LimitSync } from '../../src/contracts/limit-store.js';
import { Blocks } from '../../src/limit/blocks.js';
import type { ResilientStore } from '../../src/limit/resilient-store.js';
import { FakeClock } from '../support/fake-clock.js';

it('a request of a new process waits until the blocked subjects are known', async () => {
  let reply: (sync: LimitSync) => void = () => {};
  const sync = () => new Promise<LimitSync>((resolve) => (reply = resolve));
  const blocks = new Blocks({ sync } as unknown as ResilientStore, new FakeClock());
  const ready = blocks.ready();
  expect(ready).toBeInstanceOf(Promise);
  reply({ processes: 2, blocks: [{ subject: 'caller a', untilMs: Infinity }] });
  await ready;
  expect(blocks.find(() => ['caller b', 'tenant b'])).toBeUndefined();
  expect(blocks.find(() => ['caller a', 'tenant a'])).toEqual({ subject: 'caller a', untilMs: Infinity });
  expect(blocks.ready()).toBeUndefined();
});
