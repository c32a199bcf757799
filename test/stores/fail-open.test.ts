import { describe, expect, it } from 'vitest';
import { FailOpen } from '../../src/stores/fail-open.js';
import { FakeClock } from '../support/fake-clock.js';

const fails = (): Promise<never> => Promise.reject(new Error('down'));
const hangs = (): Promise<never> => new Promise(() => undefined);
const works = (): Promise<string> => Promise.resolve('value');

describe('FailOpen', () => {
  it('returns the result of the call', async () => {
    expect(await new FailOpen(new FakeClock()).run(works, 50)).toBe('value');
  });

  it('makes nothing of a failure', async () => {
    const effort = new FailOpen(new FakeClock());
    expect(await effort.run(fails, 50)).toBeUndefined();
    expect(effort.faults).toBe(1);
  });

  it('waits no longer than it may', async () => {
    const clock = new FakeClock();
    const effort = new FailOpen(clock);
    const result = effort.run(hangs, 50);
    await clock.advanceAsync(50);
    expect(await result).toBeUndefined();
    expect(effort.faults).toBe(1);
    expect(clock.pending.size).toBe(0);
  });

  it('accepts a response that arrived while this process was busy', async () => {
    const clock = new FakeClock();
    const responses: ((value: string) => void)[] = [];
    const result = new FailOpen(clock).run(() => new Promise<string>((resolve) => responses.push(resolve)), 50);
    clock.advance(50);
    responses[0]?.('just so');
    expect(await result).toBe('just so');
  });

  it('does not call a server after five faults in a row, for five seconds', async () => {
    const clock = new FakeClock();
    const effort = new FailOpen(clock);
    for (let fault = 0; fault < 5; fault++) await effort.run(fails, 50);
    let calls = 0;
    const counted = (): Promise<string> => {
      calls++;
      return works();
    };
    clock.advance(4_999);
    expect(await effort.run(counted, 50)).toBeUndefined();
    expect([calls, effort.skipped]).toEqual([0, 1]);
    clock.advance(1);
    expect(await effort.run(counted, 50)).toBe('value');
    expect(await effort.run(counted, 50)).toBe('value');
  });

  it('lets one call try at a time, and waits again when that fails', async () => {
    const clock = new FakeClock();
    const effort = new FailOpen(clock);
    for (let fault = 0; fault < 5; fault++) await effort.run(fails, 50);
    clock.advance(5_000);
    const trial = effort.run(hangs, 50);
    expect(effort.admits()).toBe(false);
    await clock.advanceAsync(50);
    await trial;
    expect(effort.admits()).toBe(false);
    clock.advance(5_000);
    expect(effort.admits()).toBe(true);
  });

  it('forgives faults that are not in a row', async () => {
    const effort = new FailOpen(new FakeClock());
    for (let round = 0; round < 5; round++) {
      for (let fault = 0; fault < 4; fault++) await effort.run(fails, 50);
      expect(await effort.run(works, 50)).toBe('value');
    }
  });
});
