import { expect, it } from 'vitest';
import type { SpendRecord } from '../../src/index.js';
import { SpendSink } from '../../src/limit/spend-sink.js';
import { FakeClock } from '../support/fake-clock.js';

/** A sink whose first `failures` writes fail, and what was written. */
function sinkFailing(failures: number) {
  const written: string[] = [];
  let remaining = failures;
  const write = (records: readonly SpendRecord[]): void => {
    if (remaining-- > 0) throw new Error('The database is busy.');
    written.push(...records.map(({ requestId }) => requestId));
  };
  const sink = new SpendSink({ write, maxBatch: 2, maxWaitMs: 60_000 }, new FakeClock());
  return { sink, written };
}

const record = (requestId: string): SpendRecord => ({ requestId }) as SpendRecord;

it('what waits is written as the gateway closes, although a batch fails twice on the way', async () => {
  const { sink, written } = sinkFailing(3);
  for (const id of ['a', 'b', 'c', 'd', 'e']) sink.add(record(id));
  await sink.flush();
  expect(written).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('a ledger that is down keeps no gateway from closing', async () => {
  const { sink, written } = sinkFailing(Infinity);
  for (const id of ['a', 'b', 'c']) sink.add(record(id));
  await sink.flush();
  expect(written).toEqual([]);
});
