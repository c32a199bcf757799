import { expect, it } from 'vitest';
import type { OutputGuard } from '../../src/contracts/guard.js';
import { createGuard } from '../../src/guard/guard.js';
import { settled, streamOf, ticket } from '../cache/support.js';
import { FakeClock } from '../support/fake-clock.js';

const parts = { clock: new FakeClock(), hooks: { reportFailure: () => undefined } };
const guard = (more: Partial<OutputGuard> = {}): OutputGuard => ({
  name: 'g',
  onError: 'closed',
  mayContinue: () => 0,
  check: () => 'pass',
  ...more,
});

function guarded(more?: Partial<OutputGuard>) {
  const made = ticket();
  expect(createGuard({ output: [guard(more)] }, parts)(made.context)).toBe('next');
  return made;
}

it('the sender waits while the client does', async () => {
  const { context, client } = guarded();
  client.room = 3;
  context.sink.open({ status: 200, headers: {} });
  const taken = streamOf('one two three four').map((payload) => context.sink.event(payload));
  expect(taken.slice(0, 4)).toEqual([true, true, false, false]);
  let resumed = 0;
  context.sink.onDrain(() => resumed++);
  await settled();
  expect(resumed).toBe(0);
  client.drain();
  await settled();
  expect(resumed).toBe(1);
  expect(context.sink.event(streamOf('x')[1]!)).toBe(true);
});

it('the sender waits for a guard, and continues when the client has disconnected', async () => {
  const { context, disconnect } = guarded({ check: () => new Promise(() => undefined), timeoutMs: 10_000 });
  context.sink.open({ status: 200, headers: {} });
  expect(context.sink.event(streamOf('x')[1]!)).toBe(false);
  let resumed = 0;
  context.sink.onDrain(() => resumed++);
  await settled();
  expect(resumed).toBe(0);
  disconnect();
  await settled();
  expect(resumed).toBe(1);
  expect(context.cancelSignal.aborted).toBe(true);
  expect(parts.clock.pending.size).toBe(0);
  await expect(context.responseGate!.settled()).resolves.toMatchObject({ passed: false, blocked: false });
});

it('without guards of responses the sink of the client is used directly', () => {
  const { context, client } = ticket();
  const before = context.cancelSignal;
  createGuard({ input: [{ name: 'g', onError: 'open', check: () => 'pass' }] }, parts)(context);
  expect(context.sink).toBe(client);
  expect(context.cancelSignal).toBe(before);
  expect(context.responseGate).toBeUndefined();
});
