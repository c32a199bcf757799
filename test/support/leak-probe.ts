import type { EventEmitter } from 'node:events';

type Counts = Readonly<Record<string, number>>;

export interface LeakProbe {
  /**
   * Resources that have increased since the probe was created; `{}`: nothing leaked. Sockets take a moment to close, so
   * it checks until nothing remains or `withinMs` has passed.
   */
  leaks(withinMs?: number): Promise<Counts>;
}

/**
 * Counts what keeps a process alive (sockets, servers, timers) and the listeners of `emitters`.
 *
 * @example
 * const probe = leakProbe(server, process);
 * // … requests …
 * expect(await probe.leaks()).toEqual({});
 */
export function leakProbe(...emitters: readonly EventEmitter[]): LeakProbe {
  const before = count(emitters);
  const surplus = (): Counts => {
    const more = Object.entries(count(emitters))
      .map(([name, now]) => [name, now - (before[name] ?? 0)] as const)
      .filter(([, difference]) => difference > 0);
    return Object.fromEntries(more);
  };
  return {
    async leaks(withinMs = 2_000) {
      const deadline = performance.now() + withinMs;
      while (Object.keys(surplus()).length > 0 && performance.now() < deadline) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      return surplus();
    },
  };
}

function count(emitters: readonly EventEmitter[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string, howMany = 1): void => void (counts[name] = (counts[name] ?? 0) + howMany);
  for (const resource of process.getActiveResourcesInfo()) {
    // The test runner opens and closes pipes of its own.
    if (resource.startsWith('TCP') || resource === 'Timeout') add(resource);
  }
  emitters.forEach((emitter, index) => {
    for (const event of emitter.eventNames()) add(`listener ${index} ${String(event)}`, emitter.listenerCount(event));
  });
  return counts;
}
