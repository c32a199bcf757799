// A gateway in a process of its own, as an operator would run it: it drains at SIGTERM and then ends by itself.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startDraining, serve, setup } from '../../lib/channel.ts';
import { KEY, MODEL } from '../lib/client.ts';
import { gatewayPackage } from '../lib/package.ts';
import type { GatewaySetup, WireName } from '../lib/set-up.ts';
import { until } from '../lib/time.ts';
import { RespClient } from './resp-client.ts';

const { createGateway, redisStore } = gatewayPackage;
const { upstreams, redisPort, roomy } = setup<GatewaySetup>();
/** Short timeouts: the faults of this experiment last seconds. */
const IMPATIENT = { connectMs: 1_000, headersMs: 2_000, firstChunkMs: 2_000, idleMs: 2_000, totalMs: 30_000 };
/** The same price everywhere: the load is spread evenly. */
const PRICED = { pricing: { prompt: 1, completion: 1 } };
/** Formats read what a model can do from its name. */
const UPSTREAM_MODELS: Readonly<Record<WireName, string>> = {
  openai: MODEL,
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  bedrock: 'anthropic.claude-sonnet-4-5',
};

/** The balancer stops sending before SIGTERM; requests that it has sent until then may still be in flight. */
const NOTICE_MS = 300;

const redis = redisPort === undefined ? undefined : new RespClient(redisPort);
const outcomes: Record<string, number> = {};

const gateway = createGateway({
  keys: [KEY],
  providers: Object.fromEntries(
    upstreams.map(({ name, port, wire }) => [
      name,
      {
        format: wire,
        baseUrl: `http://127.0.0.1:${port}${wire === 'openai' ? '/v1' : ''}`,
        models: { [MODEL]: { ...PRICED, upstreamModel: UPSTREAM_MODELS[wire] } },
      },
    ]),
  ),
  ...(roomy ? {} : { timeouts: IMPATIENT }),
  cache: { maxEntries: 1_000, ...(redis === undefined ? {} : { store: redisStore(redis) }) },
  // Off, as refusals for lack of CPU are correct, but would count as lost requests on a busy machine.
  overloadProtection: false,
  ...(roomy ? { maxInFlight: 20_000, maxInFlightPerProvider: 20_000 } : {}),
  hooks: {
    afterAttempt: ({ record }) => void (outcomes[record.outcome] = (outcomes[record.outcome] ?? 0) + 1),
  },
});

const server = createServer(gateway);
const delay = monitorEventLoopDelay({ resolution: 10 });
let stopping = false;
delay.enable();

serve({
  outcomes: () => outcomes,
  memory: () => ({ rss: process.memoryUsage.rss(), files: readdirSync('/proc/self/fd').length }),
  /** Heap in use after a garbage collection. */
  collect: () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  },
  watchDelay: () => delay.reset(),
  delayP99: () => delay.percentile(99) / 1e6 - 10,
});
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => {
  if (!stopping) process.exit();
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
  startDraining([(server.address() as AddressInfo).port]),
);

async function stop(): Promise<void> {
  stopping = true;
  await gateway.drain({ timeoutMs: 15_000, delayMs: NOTICE_MS, server });
  await gateway.close();
  redis?.close();
  server.closeAllConnections();
  await until(() => left().length === 0, 2_000);
  process.send?.({ lastWords: { outcomes, left: left(), longestStallMs: delay.max / 1e6 } }, () =>
    process.disconnect(),
  );
}

/** Sockets and servers that are still open. */
function left(): readonly string[] {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP'));
}
