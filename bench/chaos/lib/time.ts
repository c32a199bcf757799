/** Monotonic milliseconds that all processes of this machine share. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `met` returns true, polling every few milliseconds. False where it did not in `withinMs`. */
export async function until(met: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!met()) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}
