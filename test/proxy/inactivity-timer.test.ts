import { describe, expect, it } from 'vitest';
import { InactivityTimer } from '../../src/proxy/response/inactivity-timer.js';
import { FakeClock } from '../support/fake-clock.js';

/** Two turns of the loop, as the watchdog takes before it bites. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function watched(): { dog: InactivityTimer; clock: FakeClock; bites: string[] } {
  const clock = new FakeClock();
  const bites: string[] = [];
  return { clock, bites, dog: new InactivityTimer(clock, (reason) => void bites.push(reason)) };
}

describe('a watchdog', () => {
  it('bites once, with the reason that it was given last', async () => {
    const { dog, clock, bites } = watched();
    dog.watch('connect', 100, clock.now());
    dog.watch('head', 200, clock.now());
    clock.advance(150);
    await turns();
    expect(bites).toEqual([]);
    clock.advance(50);
    await turns();
    clock.advance(1_000);
    await turns();
    expect(bites).toEqual(['head']);
  });

  it('waits on from the last sign of life', async () => {
    const { dog, clock, bites } = watched();
    dog.watch('idle', 100, clock.now());
    for (let piece = 0; piece < 10; piece++) {
      clock.advance(60);
      dog.refresh(clock.now());
      await turns();
    }
    expect(bites).toEqual([]);
    clock.advance(101);
    await turns();
    expect(bites).toEqual(['idle']);
  });

  it('does not fire for bytes that a stall of the loop left unread', async () => {
    const { dog, clock, bites } = watched();
    dog.watch('idle', 100, clock.now());
    clock.advance(5_000);
    // The timer has fired, but what waited in the socket is read in the turn that follows.
    dog.refresh(clock.now());
    await turns();
    expect(bites).toEqual([]);
  });

  it('stops when paused, and leaks no timer', async () => {
    const { dog, clock, bites } = watched();
    dog.watch('idle', 100, clock.now());
    dog.stop();
    clock.advance(1_000);
    await turns();
    expect(bites).toEqual([]);
    expect(clock.pending.size).toBe(0);
  });
});
