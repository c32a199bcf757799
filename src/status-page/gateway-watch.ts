import type { Timer } from '../contracts/clock.js';
import type { UsageReport } from '../contracts/limits.js';
import type { GatewayInternals } from '../observe/gateway-internals.js';
import { FailureLog } from './failures.js';
import { frame, type PageData } from './frame.js';
import { History } from './history.js';
import { Viewers } from './viewers.js';

/** What is remembered of a gateway for its page, and the pages that are open. */
export interface GatewayWatch {
  readonly viewers: Viewers;
  /** What the page shows now; what callers use is read from the store of the limits. */
  data(): Promise<PageData>;
}

/** Watches the gateway from now until it ends, with one timer. */
export function watchGateway(internals: GatewayInternals, intervalMs: number): GatewayWatch {
  const { clock, hooks, status, watchUsage, onEnd } = internals;
  const history = new History(intervalMs);
  const failures = new FailureLog(clock);
  const viewers = new Viewers();
  const usage = watchUsage?.();
  history.begin(status());
  const stopWatching = [hooks.observe(history), hooks.observe(failures)];

  const data = async (): Promise<PageData> => {
    const used = await usageNow(usage);
    return { status: status(), history: history.record(), failures: failures.record(), usage: used };
  };
  let timer: Timer;
  const tick = (): void => {
    timer = clock.setTimer(tick, intervalMs);
    history.tick(status());
    if (viewers.size > 0) void data().then((shown) => viewers.send(frame(shown)));
  };
  timer = clock.setTimer(tick, intervalMs);
  onEnd(() => {
    timer.cancel();
    for (const stop of stopWatching) stop();
    viewers.end();
  });
  return { viewers, data };
}

/** A page without limits is better than none, where a store of the host's own throws. */
async function usageNow(usage: (() => Promise<UsageReport>) | undefined): Promise<UsageReport | undefined> {
  try {
    return await usage?.();
  } catch {
    return undefined;
  }
}
