import type { Report, StreamVariantReport, VariantReport } from './report.ts';
import { median, pairedDifference, pairedRatio } from './statistics.ts';

/** One performance target, and how it is computed from a report. */
export interface Target {
  readonly what: string;
  readonly limit: number;
  /** `undefined`: this run did not measure it. */
  measured(report: Report): number | undefined;
}

const OURS = 'gateway';

/** The targets. Most are ratios within one run, so that they can be checked on any machine. */
export const TARGETS: readonly Target[] = [
  cpu('W1', OURS, 'bare', 1.3),
  cpu('W1', OURS, 'hpm', 0.85),
  cpu('W1', OURS, 'portkey', 0.15),
  cpu('W2', OURS, 'bare', 1.4),
  cpu('W2', OURS, 'hpm', 1.15),
  cpu('W2', OURS, 'portkey', 0.18),
  cpu('W3', OURS, 'bare', 0.85),
  cpu('W3', OURS, 'hpm', 0.8),
  cpu('W3', OURS, 'portkey', 0.28),
  cpu('W5', OURS, 'bare', 2.2),
  cpu('W5', OURS, 'hpm', 2),
  cpu('W5', OURS, 'portkey', 0.15),
  cpu('router', 'router-named', OURS, 1.03),
  cpu('guards', 'guards-empty', OURS, 1.03),
  cpu('guards-stream', 'guards-empty', OURS, 1.03),
  {
    what: 'first-token: added by a guard beside the call that is quicker than the model, p50 in µs',
    limit: 500,
    measured: (report) => addedP50(report, 'first-token', 'slow-beside'),
  },
  cpu('W4', 'gateway-cache', 'static', 1.3),
  cpu('W4-32', 'gateway-cache', 'static', 2.2),
  {
    what: 'W1: latency added for one client, p50 in µs',
    limit: 190,
    measured: (report) => ifAny(find(report, 'W1', OURS)?.added.map(({ p50 }) => p50)),
  },
  {
    what: 'W1: latency added for one client, p99 in µs',
    limit: 1_000,
    measured: (report) => ifAny(find(report, 'W1', OURS)?.added.map(({ p99 }) => p99)),
  },
  {
    what: 'W1: median scavenge in ms (garbage that survives shows here first)',
    limit: 5,
    measured: (report) => find(report, 'W1', OURS)?.pauses?.medianScavengeMs,
  },
  {
    what: 'W3b: latency added per event, p99 in µs',
    limit: 2_000,
    measured: (report) => findStreams(report, 'W3b')?.added.p99,
  },
  {
    what: 'W5: growth of the resident set per body under way, in bodies',
    limit: 8,
    measured: growthPerBody,
  },
  {
    what: '5,000 open streams: KB each',
    limit: 40,
    measured: (report) => scaled(findStreams(report, 'idle-5000')?.rssPerStreamBytes, 1 / 1_024),
  },
  {
    what: '5,000 open streams: event loop delay p99 in ms',
    limit: 20,
    measured: (report) => findStreams(report, 'idle-5000')?.pauses?.loopDelayP99Ms,
  },
  { what: 'plan() over 100 endpoints, in µs', limit: 50, measured: (report) => planMicros(report, 100) },
  {
    what: 'plan() over 1,000 endpoints, times that of 100 (linear: 10)',
    limit: 12,
    measured: (report) => scaled(planMicros(report, 1_000), 1 / (planMicros(report, 100) ?? NaN)),
  },
];

function cpu(workload: string, id: string, baseline: string, limit: number): Target {
  return {
    what: `${workload}: CPU per request, ${id} against ${baseline}`,
    limit,
    measured(report) {
      const own = find(report, workload, id);
      const other = find(report, workload, baseline);
      return own === undefined || other === undefined ? undefined : pairedRatio(own.cpuMicros, other.cpuMicros).median;
    },
  };
}

/** Latency of one client above that through the gateway alone, in the same rounds. */
function addedP50(report: Report, workload: string, id: string): number | undefined {
  const own = find(report, workload, id);
  const other = find(report, workload, OURS);
  if (own === undefined || other === undefined) return undefined;
  const p50s = ({ added }: VariantReport): readonly number[] => added.map(({ p50 }) => p50);
  return pairedDifference(p50s(own), p50s(other)).median;
}

function find(report: Report, workload: string, id: string): VariantReport | undefined {
  return report.workloads.find((each) => each.id === workload)?.variants.find((each) => each.id === id);
}

function findStreams(report: Report, load: string): StreamVariantReport | undefined {
  return report.streams.find((each) => each.id === load)?.variants.find(({ id }) => id === OURS);
}

function growthPerBody(report: Report): number | undefined {
  const workload = report.workloads.find(({ id }) => id === 'W5');
  const own = find(report, 'W5', OURS);
  if (workload === undefined || own === undefined) return undefined;
  return (own.peakRssBytes - own.startRssBytes) / (workload.bodyBytes * workload.concurrency);
}

/** The slower of the two requests. */
function planMicros({ plan }: Report, endpoints: number): number | undefined {
  const micros = plan.filter((each) => each.endpoints === endpoints).map((each) => each.micros);
  return micros.length === 0 ? undefined : Math.max(...micros);
}

function ifAny(values: readonly number[] | undefined): number | undefined {
  return values === undefined || values.length === 0 ? undefined : median(values);
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}
