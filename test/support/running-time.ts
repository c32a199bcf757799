const TICK_MS = 5;
/** Longest time that a tick may count for. The rest is time in which this process did not run. */
const MOST_MS = 2 * TICK_MS;

/**
 * A stopwatch in milliseconds that does not count time in which the process did not run: load on the machine must not
 * decide whether something was fast enough. Reading it stops it.
 */
export function runningTime(): () => number {
  let ranMs = 0;
  let lastAt = performance.now();
  const count = (): void => {
    const now = performance.now();
    ranMs += Math.min(now - lastAt, MOST_MS);
    lastAt = now;
  };
  const ticking = setInterval(count, TICK_MS);
  return () => {
    clearInterval(ticking);
    count();
    return ranMs;
  };
}
