const TICK_MS = 5;
/** What a tick may count for. More is time in which this process did not run. */
const MOST_MS = 2 * TICK_MS;

/**
 * A stopwatch in milliseconds that stands still while the process does: neighbours on the machine must not decide
 * whether something was fast enough. Reading it stops it.
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
