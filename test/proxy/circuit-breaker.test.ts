import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../src/proxy/failover/circuit-breaker.js';
import { FakeClock } from '../support/fake-clock.js';

function breakerAt(): {
  breaker: CircuitBreaker;
  clock: FakeClock;
  call: (outcome: 'ok' | 'bad', tenant?: string) => void;
} {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker(clock, () => 0.5);
  const call = (outcome: 'ok' | 'bad', tenant = 'a'): void => {
    const begun = breaker.begin();
    if (outcome === 'ok') breaker.succeed(begun, tenant);
    else breaker.fail(begun, tenant);
  };
  return { breaker, clock, call };
}

function times(count: number, act: () => void): void {
  for (let done = 0; done < count; done++) act();
}

describe('a breaker', () => {
  it('opens after five failures in a row that are at least half of the window', () => {
    const { breaker, call } = breakerAt();
    times(4, () => call('bad'));
    expect(breaker.state).toBe('closed');
    call('bad');
    expect(breaker.state).toBe('open');
  });

  it('stays closed after five failures in a row when most calls went well', () => {
    const { breaker, call } = breakerAt();
    times(20, () => call('ok'));
    times(5, () => call('bad'));
    expect(breaker.state).toBe('closed');
  });

  it('stays closed at a fifth of faults, however they fall', () => {
    const { breaker, clock, call } = breakerAt();
    for (let index = 0; index < 2_000; index++) {
      call(index % 10 < 2 ? 'bad' : 'ok');
      clock.advance(20);
      expect(breaker.state).toBe('closed');
    }
  });

  it('opens at half of many calls without five in a row', () => {
    const { breaker, call } = breakerAt();
    for (let index = 0; index < 20; index++) call(index % 2 === 0 ? 'ok' : 'bad');
    expect(breaker.state).toBe('open');
  });

  it('does not open for one tenant’s failures while others fare well', () => {
    const { breaker, call } = breakerAt();
    call('ok', 'neighbour');
    times(50, () => call('bad', 'troublemaker'));
    expect(breaker.state).toBe('closed');
    call('bad', 'neighbour');
    expect(breaker.state).toBe('open');
  });

  it('drops what is older than its window', () => {
    const { breaker, clock, call } = breakerAt();
    times(4, () => call('bad'));
    clock.advance(31_000);
    expect(breaker.status()).toMatchObject({ samples: 0 });
  });

  it('lets a probe through after 30 seconds, and closes when it succeeds', () => {
    const { breaker, clock, call } = breakerAt();
    times(5, () => call('bad'));
    expect(breaker.status()).toEqual({ state: 'open', samples: 5, failures: 5, opensForMs: 30_000 });
    clock.advance(29_999);
    expect(breaker.state).toBe('open');
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
    const probe = breaker.begin();
    expect(breaker.probing).toBe(true);
    breaker.succeed(probe, 'a');
    expect(breaker.state).toBe('closed');
  });

  it('stays open twice as long when the probe fails, five minutes at most', () => {
    const { breaker, clock, call } = breakerAt();
    times(5, () => call('bad'));
    const opened: number[] = [];
    for (let probe = 0; probe < 12; probe++) {
      clock.advance(breaker.status().opensForMs);
      call('bad');
      opened.push(breaker.status().opensForMs);
    }
    expect(opened.slice(0, 3)).toEqual([60_000, 90_000, 120_000]);
    expect(Math.max(...opened)).toBe(300_000);
  });

  it('releases the probe if the call proves nothing about the upstream', () => {
    const { breaker, clock, call } = breakerAt();
    times(5, () => call('bad'));
    clock.advance(30_000);
    const probe = breaker.begin();
    breaker.abandon(probe);
    expect(breaker.probing).toBe(false);
    expect(breaker.state).toBe('half-open');
  });

  it('keeps the probe when a call from before the failures is aborted', () => {
    const { breaker, clock, call } = breakerAt();
    const longStream = breaker.begin();
    times(5, () => call('bad'));
    clock.advance(30_000);
    breaker.begin();
    breaker.abandon(longStream);
    expect(breaker.probing).toBe(true);
    expect(breaker.begin().kind).toBe('last-resort');
  });

  it('is neither closed nor kept open by calls from before the failures', () => {
    const { breaker, clock, call } = breakerAt();
    const [one, other] = [breaker.begin(), breaker.begin()];
    times(5, () => call('bad'));
    breaker.succeed(one, 'a');
    expect(breaker.state).toBe('open');
    clock.advance(30_000);
    const probe = breaker.begin();
    breaker.fail(other, 'a');
    expect(breaker.state).toBe('half-open');
    breaker.succeed(probe, 'a');
    expect(breaker.state).toBe('closed');
  });

  it('is not moved by calls of the last resort that fail while it is open', () => {
    const { breaker, call } = breakerAt();
    times(5, () => call('bad'));
    const before = breaker.status().opensForMs;
    call('bad');
    expect(breaker.status().opensForMs).toBe(before);
  });

  it('forgives one ejection for every 30 healthy seconds', () => {
    const { breaker, clock, call } = breakerAt();
    times(5, () => call('bad'));
    clock.advance(30_000);
    call('bad');
    clock.advance(60_000);
    call('ok');
    clock.advance(60_000);
    call('ok');
    times(40, () => call('bad'));
    expect(breaker.status().opensForMs).toBe(30_000);
  });
});
