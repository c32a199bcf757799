import type { Pauses } from '../processes/agent.ts';
import type { Latency } from '../processes/driver.ts';

/** All figures of one run. Lists hold one figure per round, in the order of the rounds. */
export interface Report {
  readonly machine: Machine;
  readonly workloads: readonly WorkloadReport[];
  readonly streams: readonly StreamReport[];
  readonly plan: readonly PlanReport[];
  /** Variants that could not be measured, and why. */
  readonly notes: readonly string[];
}

export interface Machine {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  /** Measured process and everything else on cores of their own. */
  readonly pinned: boolean;
  readonly quick: boolean;
}

export interface WorkloadReport {
  readonly id: string;
  readonly title: string;
  readonly bodyBytes: number;
  readonly concurrency: number;
  readonly variants: readonly VariantReport[];
}

export interface VariantReport {
  readonly id: string;
  readonly title: string;
  /** On-CPU time of the measured process per request. */
  readonly cpuMicros: readonly number[];
  readonly requestsPerSecond: readonly number[];
  /** Microseconds, with all clients active. */
  readonly latency: readonly Latency[];
  /** Microseconds above the upstream alone, one client. */
  readonly added: readonly Latency[];
  readonly startRssBytes: number;
  readonly peakRssBytes: number;
  readonly pauses: Pauses | undefined;
  /** Share of one core that processes of others used, the worst window. */
  readonly disturbance: number;
}

export interface StreamReport {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly variants: readonly StreamVariantReport[];
}

export interface StreamVariantReport {
  readonly id: string;
  readonly title: string;
  readonly cpuMicrosPerEvent: number;
  /** Share of one core. */
  readonly cpuShare: number;
  /** Microseconds above the upstream alone, per event. */
  readonly added: Latency;
  readonly rssBytes: number;
  /** Growth of the resident set since before the first stream. */
  readonly rssPerStreamBytes: number;
  readonly pauses: Pauses | undefined;
}

export interface PlanReport {
  readonly endpoints: number;
  /** The request. */
  readonly request: string;
  readonly micros: number;
}
