// Many open streams through one gateway process: the cost of each, and how fast an abort reaches the upstream.
// node bench/chaos/streams.ts [--streams N] [--seconds N] [--aborts N]
import { quantile } from '../lib/statistics.ts';
import { abortLatency, PHASES, type AbortLatency, type Phase } from './lib/abort-latency.ts';
import { send, type ClientRecord } from './lib/client.ts';
import { numbers } from './lib/options.ts';
import { incidents } from './lib/program.ts';
import { print, printTable, type Row } from './lib/report.ts';
import { sleep } from './lib/time.ts';
import { World } from './lib/world.ts';

const KB = 1_024;
/** New streams at once, every `BATCH_MS`. */
const BATCH = 50;
const BATCH_MS = 50;
const WARM_UP_ROUNDS = 40;
const MAX_KB = 64;
const MAX_DELAY_MS = 50;
const MAX_ABORT_MS = 100;

const { streams, seconds, aborts } = numbers({ streams: 1_000, seconds: 20, aborts: 100 });
const opening = Math.ceil((streams / BATCH) * BATCH_MS) / 1_000;
/** One event a second, long enough that all streams are open for `seconds` together. */
const ticks = Math.ceil(opening + seconds + 5);

const world = await World.start({
  seed: 1,
  upstreams: { a: { faultShare: 0 } },
  gateways: 1,
  redis: false,
  gatewayFlags: ['--expose-gc'],
  roomy: true,
});
const gateway = world.gateways[0]!;

await warmUp();
const idleRss = await rssAfterCollection();
const finished = await open();
await gateway.call('watchDelay');
await sleep((seconds * 1_000) / 2);
const busyRss = await rssAtWork();
await sleep((seconds * 1_000) / 2);
const delayP99 = await gateway.call<number>('delayP99');
const records = await Promise.all(finished);
const afterRss = await rssAfterCollection();
const latencies: AbortLatency[] = [];
for (const stream of [true, false]) {
  for (const phase of Object.keys(PHASES) as Phase[]) {
    latencies.push(await abortLatency(gateway.port, world.ledgers, { phase, stream, count: aborts }));
  }
}
await world.end();
world.clear();
process.exitCode = report() ? 0 : 1;

/** Warms up: code is compiled and pools are filled before anything is measured. */
async function warmUp(): Promise<void> {
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    const batch = Array.from({ length: BATCH }, (_, number) =>
      send(gateway.port, { id: `warm-${round}-${number}`, question: `!plain:0:${round}-${number}`, stream: true }),
    );
    await Promise.all(batch.map((request) => request.finished));
  }
}

async function open(): Promise<readonly Promise<ClientRecord>[]> {
  const finished: Promise<ClientRecord>[] = [];
  while (finished.length < streams) {
    for (let next = 0; next < BATCH && finished.length < streams; next++) {
      const number = finished.length;
      finished.push(
        send(gateway.port, { id: `tick-${number}`, question: `!ticks:${ticks}:${number}`, stream: true }).finished,
      );
    }
    await sleep(BATCH_MS);
  }
  return finished;
}

async function rssAfterCollection(): Promise<number> {
  await sleep(1_000);
  return rssAtWork();
}

async function rssAtWork(): Promise<number> {
  await gateway.call('collect');
  return (await gateway.call<{ rss: number }>('memory')).rss;
}

function report(): boolean {
  const expected = Array.from({ length: ticks }, (_, tick) => `${tick} `).join('');
  const complete = records.filter(({ done, error, text }) => done && error === undefined && text === expected).length;
  const perStream = (busyRss - idleRss) / streams / KB;
  const worst = latencies.map(({ sorted }) => quantile(sorted, 0.99)).sort((a, b) => b - a)[0]!;
  for (const line of incidents.warnings) print(`warning: ${line}`);
  return printTable(`${streams} streams of ${ticks} events, one a second`, [
    { name: 'complete', figure: complete, gate: 'all', passed: complete === streams },
    {
      name: 'RSS per stream',
      figure: `${perStream.toFixed(1)} KB`,
      gate: `at most ${MAX_KB} KB`,
      passed: perStream <= MAX_KB,
    },
    { name: 'RSS idle, busy, after', figure: [idleRss, busyRss, afterRss].map(inMb).join(', ') },
    {
      name: 'event-loop delay p99',
      figure: `${delayP99.toFixed(1)} ms`,
      gate: `at most ${MAX_DELAY_MS} ms`,
      passed: delayP99 <= MAX_DELAY_MS,
    },
    ...latencies.map(latencyRow),
    {
      name: 'abort p99, worst',
      figure: `${worst.toFixed(1)} ms`,
      gate: `at most ${MAX_ABORT_MS} ms`,
      passed: worst <= MAX_ABORT_MS,
    },
    { name: 'unexpected exits', figure: incidents.exits.length, gate: 'none', passed: incidents.exits.length === 0 },
    {
      name: 'warnings on stderr',
      figure: incidents.warnings.length,
      gate: 'none',
      passed: incidents.warnings.length === 0,
    },
  ]);
}

function latencyRow({ phase, stream, sorted, open }: AbortLatency): Row {
  return {
    name: `abort ${phase}, ${stream ? 'stream' : 'JSON'}: p50, p99`,
    figure: `${quantile(sorted, 0.5).toFixed(1)}, ${quantile(sorted, 0.99).toFixed(1)} ms`,
    gate: 'none left open',
    passed: open === 0,
  };
}

function inMb(bytes: number): string {
  return `${(bytes / KB / KB).toFixed(0)} MB`;
}
