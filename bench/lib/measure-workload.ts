import type { Pauses } from '../processes/agent.ts';
import type { Latency, RequestSpec } from '../processes/driver.ts';
import type { VariantReport, WorkloadReport } from './report.ts';
import type { Rig, RunningUpstream } from './rig.ts';
import type { MeasuredServer } from './measured-server.ts';
import { variant, type Variant } from './variants.ts';
import type { Settings } from './settings.ts';
import { verifyServer } from './verify.ts';
import type { Workload } from './workload.ts';

/** A running variant, and its figures so far. */
interface Runner {
  readonly variant: Variant;
  readonly server: MeasuredServer;
  readonly request: RequestSpec;
  readonly figures: Figures;
}

interface Figures {
  readonly startRssBytes: number;
  readonly cpuMicros: number[];
  readonly requestsPerSecond: number[];
  readonly latency: Latency[];
  readonly added: Latency[];
  disturbance: number;
}

/** All variants of one workload: they run at the same time and are measured in turn. */
export async function measureWorkload(
  workload: Workload,
  ids: readonly string[],
  settings: Settings,
  rig: Rig,
): Promise<WorkloadReport> {
  await using upstream = await rig.startUpstream(workload.response);
  const runners: Runner[] = [];
  try {
    for (const id of ids) runners.push(await startRunner(id, workload, upstream, rig));
    for (const runner of runners) await warmUp(runner, workload, settings, rig);
    await compareCpu(runners, workload, settings, rig);
    if (workload.latency) await compareLatency(runners, workload, upstream, settings, rig);
    const { id, title, request, concurrency } = workload;
    return { id, title, bodyBytes: request.bytes, concurrency, variants: await Promise.all(runners.map(reportOf)) };
  } finally {
    await Promise.all(runners.map(({ server }) => server[Symbol.asyncDispose]()));
  }
}

async function startRunner(id: string, workload: Workload, upstream: RunningUpstream, rig: Rig): Promise<Runner> {
  const found = variant(id);
  const responseBytes = workload.response.kind === 'json' ? workload.response.bytes : 0;
  const server = await found.start({ core: rig.cores?.measured, upstreams: upstream.ports, responseBytes });
  const request = { ...workload.request, headers: found.headers(upstream.ports) };
  await verifyServer(found, server, request, workload.response, rig);
  const { rssBytes } = await server.usage();
  const figures = { cpuMicros: [], requestsPerSecond: [], latency: [], added: [], disturbance: 0 };
  return { variant: found, server, request, figures: { startRssBytes: rssBytes, ...figures } };
}

async function warmUp({ server, request }: Runner, workload: Workload, settings: Settings, rig: Rig): Promise<void> {
  const durationMs = settings.warmUpMs * workload.pace;
  await rig.driver.call('load', { port: server.port, request, concurrency: workload.concurrency, durationMs });
  await server.child?.call('restart');
}

/** A, B, C and C, B, A in turn, so that a machine that becomes slower or faster favours no variant. */
function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? items : items.toReversed();
}

async function compareCpu(
  runners: readonly Runner[],
  { concurrency, pace }: Workload,
  settings: Settings,
  rig: Rig,
): Promise<void> {
  const durationMs = settings.windowMs * pace;
  for (let round = 0; round < settings.rounds; round++) {
    for (const { server, request, figures } of inTurn(runners, round)) {
      const window = await rig.window(server, { port: server.port, request, concurrency, durationMs });
      figures.cpuMicros.push(window.cpuMicros / window.requests);
      figures.requestsPerSecond.push((window.requests / window.elapsedMs) * 1_000);
      figures.latency.push(window.latency);
      figures.disturbance = Math.max(figures.disturbance, window.disturbance);
    }
  }
}

/** Added latency for a single client, above the upstream alone in the same round. */
async function compareLatency(
  runners: readonly Runner[],
  workload: Workload,
  upstream: RunningUpstream,
  settings: Settings,
  rig: Rig,
): Promise<void> {
  const post = async (port: number, request: RequestSpec): Promise<Latency> =>
    (await rig.driver.call('load', { port, request, concurrency: 1, durationMs: settings.windowMs })).latency;

  for (let round = 0; round < settings.rounds; round++) {
    const direct = await post(upstream.ports[0]!, { ...workload.request, headers: {} });
    for (const { server, request, figures } of inTurn(runners, round)) {
      const through = await post(server.port, request);
      figures.added.push({ p50: through.p50 - direct.p50, p99: through.p99 - direct.p99 });
    }
  }
}

async function reportOf({ variant, server, figures }: Runner): Promise<VariantReport> {
  const { peakRssBytes } = await server.usage();
  const pauses: Pauses | undefined = await server.child?.call('pauses');
  return { id: variant.id, title: variant.title, ...figures, peakRssBytes, pauses };
}
