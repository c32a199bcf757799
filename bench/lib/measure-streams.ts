import type { RequestSpec, StreamsResult } from '../processes/driver.ts';
import type { StreamReport, StreamVariantReport } from './report.ts';
import type { Rig, RunningUpstream } from './rig.ts';
import { variant } from './variants.ts';
import type { Settings } from './settings.ts';
import { STREAM_EVENT_BYTES, STREAM_REQUEST, type StreamLoad } from './workloads.ts';

/** Clients of the warm-up: short streams, so that one-time costs of a program are not counted. */
const WARM_UP_CLIENTS = 32;
/** Milliseconds between the opening of the last stream and the first reading. */
const SETTLE_MS = 1_500;

/**
 * Measures the variants of one load one after the other, as thousands of streams leave no resources for two at a time.
 * A variant that cannot serve them is left out, and `note` gets the reason.
 */
export async function measureStreams(
  load: StreamLoad,
  ids: readonly string[],
  settings: Settings,
  rig: Rig,
  note: (what: string) => void,
): Promise<StreamReport> {
  await using upstream = await rig.startUpstream({
    kind: 'paced',
    everyMs: load.everyMs,
    bytes: STREAM_EVENT_BYTES,
  });
  const direct = await watch(upstream.ports[0]!, { ...STREAM_REQUEST, headers: {} }, load.count, settings.watchMs, rig);
  const variants: StreamVariantReport[] = [];
  for (const id of ids) {
    try {
      variants.push(await measureVariant(id, load, upstream, direct, settings, rig));
    } catch (error) {
      note(`${id} at ${load.id}: ${error instanceof Error ? error.message : String(error)}`);
      await rig.driver.call('closeStreams');
    }
  }
  return { id: load.id, title: load.title, count: load.count, variants };
}

async function measureVariant(
  id: string,
  { count }: StreamLoad,
  upstream: RunningUpstream,
  direct: StreamsResult,
  { warmUpMs, watchMs }: Settings,
  rig: Rig,
): Promise<StreamVariantReport> {
  const found = variant(id);
  await using server = await found.start({ core: rig.cores?.measured, upstreams: upstream.ports, responseBytes: 0 });
  const request = { ...STREAM_REQUEST, headers: found.headers(upstream.ports) };
  const brief = { ...request, brief: true };
  const warmUp = { port: server.port, request: brief, concurrency: WARM_UP_CLIENTS, durationMs: warmUpMs };
  const { failures, firstFailure } = await rig.driver.call('load', warmUp);
  if (failures > 0) throw new Error(firstFailure);

  const { rssBytes: emptyRss } = await server.usage();
  await rig.driver.call('openStreams', { port: server.port, request, count });
  await pause(SETTLE_MS);
  await server.child?.call('watchLoop');
  await server.child?.call('restart');
  const before = await server.usage();
  const startedAt = performance.now();
  const seen = await rig.driver.call('watchStreams', watchMs);
  const elapsedMs = performance.now() - startedAt;
  const after = await server.usage();
  const pauses = await server.child?.call('pauses');
  await rig.driver.call('closeStreams');

  const cpuMicros = after.cpuMicros - before.cpuMicros;
  return {
    id,
    title: found.title,
    cpuMicrosPerEvent: cpuMicros / seen.events,
    cpuShare: cpuMicros / 1_000 / elapsedMs,
    added: { p50: seen.latency.p50 - direct.latency.p50, p99: seen.latency.p99 - direct.latency.p99 },
    rssBytes: after.rssBytes,
    rssPerStreamBytes: (after.rssBytes - emptyRss) / count,
    pauses,
  };
}

async function watch(
  port: number,
  request: RequestSpec,
  count: number,
  ms: number,
  { driver }: Rig,
): Promise<StreamsResult> {
  await driver.call('openStreams', { port, request, count });
  const seen = await driver.call('watchStreams', ms);
  await driver.call('closeStreams');
  return seen;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
