// Latency of a gateway that caches in Redis, while Redis is stopped or down.
// node bench/chaos/redis-down.ts [--seconds N] [--seed N]
import { quantile } from '../lib/statistics.ts';
import { send } from './lib/client.ts';
import { numbers } from './lib/options.ts';
import { incidents } from './lib/program.ts';
import { print, printTable, type Row } from './lib/report.ts';
import { sleep } from './lib/time.ts';
import { World } from './lib/world.ts';

/** One client, so that requests which wait for the stopped Redis are more than 1 % of all, and affect the p99. */
const PAUSE_MS = 40;
const WARM_UP = 200;
const MAX_ADDED_MS = 60;

const { seconds, seed } = numbers({ seconds: 8, seed: 1 });

/** Latencies of one phase, ascending, and its failures. */
interface Phase {
  readonly name: string;
  readonly sorted: readonly number[];
  readonly failed: number;
  readonly cached: number;
}

const world = await World.start({ seed, upstreams: { a: { faultShare: 0 } }, gateways: 1, redis: true });
if (world.redis === undefined) {
  print('There is no redis-server here.');
  process.exit(1);
}
const [gateway] = world.gateways;
const { port } = world.redis;
let sent = 0;

for (let count = 0; count < WARM_UP; count++) await sendOne('warm');
const up = await phase('up');
world.redis.signal('SIGSTOP');
const stopped = await phase('stopped');
world.redis.signal('SIGCONT');
const resumed = await phase('resumed');
await world.redis.kill();
const down = await phase('down');
await world.startRedis(port);
const restarted = await phase('restarted');
await world.end();
world.clear();
process.exitCode = report([up, stopped, resumed, down, restarted]) ? 0 : 1;

async function phase(name: string): Promise<Phase> {
  const latencies: number[] = [];
  let [failed, cached] = [0, 0];
  for (const until = performance.now() + seconds * 1_000; performance.now() < until; await sleep(PAUSE_MS)) {
    const record = await sendOne(name);
    latencies.push(record.endedAt - record.startedAt);
    if (record.cached) cached++;
    if (record.status !== 200 || !record.done || record.error !== undefined) failed++;
  }
  return { name, sorted: latencies.sort((a, b) => a - b), failed, cached };
}

function sendOne(about: string) {
  const number = sent++;
  // Each request is sent twice: the second may be served from the cache.
  const question = `!plain:${about.replaceAll(' ', '')}:${number >> 1}`;
  return send(gateway!.port, { id: `redis-${seed}-${number}`, question, stream: number % 4 < 2 }).finished;
}

function report(phases: readonly Phase[]): boolean {
  for (const line of incidents.warnings) print(`warning: ${line}`);
  const failed = phases.reduce((sum, each) => sum + each.failed, 0);
  const whole = phases.reduce((sum, { sorted }) => sum + sorted.length, 0);
  return printTable(`requests beside a Redis that is up, stopped, resumed, down and restarted`, [
    { name: 'requests', figure: whole },
    ...phases.map(latencyRow),
    ...[stopped, down].map(addedRow),
    { name: 'failed', figure: failed, gate: 'none', passed: failed === 0 },
    {
      name: 'unexpected exits and warnings',
      figure: incidents.exits.length + incidents.warnings.length,
      gate: 'none',
      passed: incidents.exits.length + incidents.warnings.length === 0,
    },
  ]);
}

function latencyRow({ name, sorted, cached }: Phase): Row {
  const shown = [0.5, 0.99, 1].map((share) => quantile(sorted, share).toFixed(1));
  return { name: `${name}: p50, p99, max, cached`, figure: `${shown.join(', ')} ms, ${cached} of ${sorted.length}` };
}

function addedRow({ name, sorted }: Phase): Row {
  const added = quantile(sorted, 0.99) - quantile(up.sorted, 0.99);
  return {
    name: `added at the p99 while ${name}`,
    figure: `${added.toFixed(1)} ms`,
    gate: `at most ${MAX_ADDED_MS} ms`,
    passed: added <= MAX_ADDED_MS,
  };
}
