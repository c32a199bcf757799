// Loaded before every measured Node program (`node --import`): reports the cost of the process so far.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { serve } from '../lib/channel.ts';

/** Resources that a process has used since its start. */
export interface Usage {
  /** On-CPU time of all threads. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

/** Cost of garbage collection since the last `restart`. */
export interface Pauses {
  readonly scavenges: number;
  readonly medianScavengeMs: number;
  readonly maxScavengeMs: number;
  readonly majorMs: number;
  /** How late timers were, 99th percentile. */
  readonly loopDelayP99Ms: number;
}

export type ProfileKind = 'cpu' | 'allocations';

/** Sampling interval of the profiler. */
const SAMPLING_MICROS = 200;
const SAMPLING_BYTES = 8_192;
const LOOP_RESOLUTION_MS = 5;

let scavenges: number[] = [];
let majorMs = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    // Node's types lack `detail` of entries about garbage collection.
    const { kind } = (entry as typeof entry & { readonly detail: { readonly kind: number } }).detail;
    if (kind === constants.NODE_PERFORMANCE_GC_MINOR) scavenges.push(entry.duration);
    else majorMs += entry.duration;
  }
}).observe({ entryTypes: ['gc'] });

const loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
let session: Session | undefined;

const methods = {
  usage(): Usage {
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss(), peakRssBytes: peakRss() };
  },

  /** The histogram's own timer costs CPU, so it runs only where it is read. */
  watchLoop(): void {
    loopDelay.enable();
    loopDelay.reset();
  },

  restart(): void {
    scavenges = [];
    majorMs = 0;
    loopDelay.reset();
  },

  pauses(): Pauses {
    const sorted = scavenges.toSorted((a, b) => a - b);
    return {
      scavenges: sorted.length,
      medianScavengeMs: sorted[sorted.length >> 1] ?? 0,
      maxScavengeMs: sorted.at(-1) ?? 0,
      majorMs,
      // The histogram includes the interval itself, which is subtracted.
      loopDelayP99Ms: Math.max(0, loopDelay.percentile(99) / 1e6 - LOOP_RESOLUTION_MS),
    };
  },

  async startProfile(what: ProfileKind): Promise<void> {
    session = new Session();
    session.connect();
    if (what === 'allocations') {
      await session.post('HeapProfiler.startSampling', {
        samplingInterval: SAMPLING_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
      return;
    }
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS });
    await session.post('Profiler.start');
  },

  /** Writes the profile to `file`, in the format of Chromium's developer tools. */
  async stopProfile({ what, file }: { readonly what: ProfileKind; readonly file: string }): Promise<void> {
    const stopped =
      what === 'cpu' ? await session!.post('Profiler.stop') : await session!.post('HeapProfiler.stopSampling');
    session!.disconnect();
    await writeFile(file, JSON.stringify(stopped.profile));
  },
};

export type AgentMethods = typeof methods;

serve(methods);
// The benchmark has exited and can no longer end this process.
process.on('disconnect', () => process.exit());

/** Linux counts it for this program only; other systems may include that of the parent at the fork. */
function peakRss(): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // No /proc: not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
