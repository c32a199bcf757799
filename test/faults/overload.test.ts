import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Admission } from '../../src/runtime/admission.js';
import { RequestContext, type Stage } from '../../src/request/context.js';
import { HookRunner } from '../../src/request/hooks.js';
import { NodeProcessLoad, type ProcessLoadMonitor, type ProcessLoad } from '../../src/runtime/process-load.js';
import { Overload } from '../../src/runtime/overload.js';
import { runStages } from '../../src/request/run-stages.js';
import { FakeClock } from '../support/fake-clock.js';
import { listen } from '../support/listen.js';

const WELL: ProcessLoad = { loopDelayMs: 0, busyShare: 0.9, heapShare: 0.3 };

/** Process load that the test sets. */
class SaidVitals implements ProcessLoadMonitor {
  running = false;
  now: ProcessLoad = WELL;

  start(): void {
    this.running = true;
  }

  read(): ProcessLoad {
    return this.now;
  }

  stop(): void {
    this.running = false;
  }
}

function watched(occupied = 0.1) {
  const clock = new FakeClock();
  const processLoad = new SaidVitals();
  let occupancy = occupied;
  const overload = new Overload({ clock, processLoad, occupancy: () => occupancy });
  return {
    clock,
    processLoad,
    overload,
    occupy: (share: number) => void (occupancy = share),
    /** The levels that follow so many checks in which the process is like this. */
    levels(signs: Partial<ProcessLoad>, checks: number): number[] {
      processLoad.now = { ...WELL, ...signs };
      return Array.from({ length: checks }, () => {
        clock.advance(250);
        return overload.level;
      });
    },
  };
}

describe('the load of the process', () => {
  it('is not sampled without requests in flight', () => {
    const { overload, processLoad, clock, occupy } = watched();
    expect(clock.pending.size).toBe(0);
    overload.watch();
    expect(processLoad.running).toBe(true);
    occupy(0);
    clock.advance(250);
    expect(processLoad.running).toBe(false);
    expect(clock.pending.size).toBe(0);
  });

  it.each([
    ['a loop that is on time', { loopDelayMs: 99 }, [0, 0, 0, 0, 0]],
    ['a loop that is late for half a second', { loopDelayMs: 101 }, [0, 1, 1, 1, 1]],
    ['a loop that is very late for two seconds', { loopDelayMs: 251 }, [0, 1, 1, 1, 1, 1, 1, 2, 2]],
    ['a loop that waits for a processor', { loopDelayMs: 900, busyShare: 0.4 }, [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a heap that is nearly full', { heapShare: 0.86 }, [1, 1]],
    ['a heap that is full', { heapShare: 0.93 }, [2, 2]],
  ])('%s', (_what, signs, expected) => {
    const { overload, levels } = watched();
    overload.watch();
    expect(levels(signs, expected.length)).toEqual(expected);
    expect(levels({}, 1)).toEqual([0]);
  });

  it('one stall is no overload', () => {
    const { overload, levels } = watched();
    overload.watch();
    expect([...levels({ loopDelayMs: 3_000 }, 1), ...levels({}, 2)]).toEqual([0, 0, 0]);
  });

  it('four places of five taken is a strain', () => {
    const { overload, levels } = watched(0.81);
    overload.watch();
    expect(levels({}, 2)).toEqual([1, 1]);
  });
});

describe('under load', () => {
  async function served() {
    const clock = new FakeClock();
    const processLoad = new SaidVitals();
    const admission = new Admission(
      { maxInFlight: 10, maxInFlightPerCaller: 10 },
      (occupancy) => new Overload({ clock, processLoad, occupancy }),
    );
    let finish: (() => void)[] = [];
    const seen: RequestContext[] = [];
    const responder: Stage = async (context): Promise<'responded'> => {
      seen.push(context);
      await new Promise<void>((resolve) => finish.push(resolve));
      context.sink.json({ status: 200, headers: {} }, Buffer.from('{}'));
      return 'responded';
    };
    const hooks = new HookRunner();
    const parts = { clock, hooks, errorHandling: 'respond', errorFormat: 'openai', admission } as const;
    const server = await listen(http.createServer(runStages([admission.admitCaller, responder], parts)));
    onTestFinished(() => server.close());
    return {
      clock,
      processLoad,
      admission,
      seen,
      post: (signal?: AbortSignal) => fetch(server.url, { method: 'POST', body: 'x', signal: signal ?? null }),
      finishAll: () => {
        for (const resolve of finish) resolve();
        finish = [];
      },
    };
  }

  it('connections are not kept, and optional work is skipped', async () => {
    const { clock, processLoad, admission, seen, post, finishAll } = await served();
    const first = post();
    await expect.poll(() => seen.length).toBe(1);
    processLoad.now = { ...WELL, loopDelayMs: 150 };
    clock.advance(500);
    expect(admission.load).toBe(1);
    const second = post();
    await expect.poll(() => seen.length).toBe(2);
    finishAll();
    expect((await first).headers.get('connection')).toBe('keep-alive');
    expect((await second).headers.get('connection')).toBe('close');
    expect(seen.map(({ underPressure }) => underPressure)).toEqual([false, true]);
  });

  it('that has disconnected holds no place, even while work for it goes on', async () => {
    const { admission, seen, post } = await served();
    const controller = new AbortController();
    const response = post(controller.signal).catch(() => 'aborted');
    await expect.poll(() => seen.length).toBe(1);
    expect(admission.inFlight).toBe(1);
    controller.abort();
    expect(await response).toBe('aborted');
    await expect.poll(() => admission.inFlight).toBe(0);
  });

  it('new requests are refused, and those in flight are not affected', async () => {
    const { clock, processLoad, seen, post, finishAll } = await served();
    const first = post();
    await expect.poll(() => seen.length).toBe(1);
    processLoad.now = { ...WELL, loopDelayMs: 400 };
    clock.advance(2_000);
    const refused = await post();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { code: 'server_is_overloaded', type: 'server_error' } });
    finishAll();
    expect((await first).status).toBe(200);
    processLoad.now = WELL;
    clock.advance(250);
    const third = post();
    await expect.poll(() => seen.length).toBe(2);
    finishAll();
    expect((await third).status).toBe(200);
  });
});

describe('the vital signs of a process', () => {
  it('report a stall, wherever it falls, and only once', async () => {
    const real = { now: () => performance.now(), wallNow: () => Date.now(), setTimer: timer };
    const processLoad = new NodeProcessLoad(real);
    processLoad.start();
    onTestFinished(() => processLoad.stop());
    await new Promise((resolve) => setTimeout(resolve, 60));
    processLoad.read();
    const until = performance.now() + 200;
    while (performance.now() < until);
    const stalled = processLoad.read();
    expect(stalled.loopDelayMs).toBeGreaterThan(150);
    expect(stalled.busyShare).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(processLoad.read().loopDelayMs).toBeLessThan(150);
    expect(processLoad.read().heapShare).toBeGreaterThan(0);
  });

  function timer(fire: () => void, ms: number): { cancel(): void } {
    const timeout = setTimeout(fire, ms);
    return { cancel: () => clearTimeout(timeout) };
  }
});
