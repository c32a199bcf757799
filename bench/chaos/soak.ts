// The gateway's memory under mixed traffic at a steady rate, with faults.
// node bench/chaos/soak.ts [--minutes N] [--rate N] [--warmup SECONDS] [--seed N]
import { numbers } from './lib/options.ts';
import { incidents, type Program } from './lib/program.ts';
import { print, printTable } from './lib/report.ts';
import { slopeOf } from './lib/slope.ts';
import { sleep } from './lib/time.ts';
import { Traffic } from './lib/traffic.ts';
import { World } from './lib/world.ts';

const MB = 2 ** 20;
const UPSTREAMS = { a: { faultShare: 0 }, b: { faultShare: 0.2 }, c: { faultShare: 0.2 } };
const SAMPLE_MS = 1_000;
const COLLECT_EVERY = 10;
const MAX_SLOPE = 1;
/** Largest difference between the heaps at the quarters. */
const HEAP_TOLERANCE = 0.03;

const { minutes, rate, warmup, seed } = numbers({ minutes: 1, rate: 150, warmup: 30, seed: 1 });
const seconds = Math.round(minutes * 60);

interface Sample {
  readonly atMinute: number;
  readonly rss: number;
  readonly files: number;
}

const world = await World.start({
  seed,
  upstreams: UPSTREAMS,
  gateways: 1,
  redis: false,
  gatewayFlags: ['--expose-gc'],
});
const gateway = world.gateways[0]!;
const traffic = new Traffic({
  port: world.balancer.port,
  providers: Object.keys(UPSTREAMS),
  seed,
  requests: Math.ceil((warmup + seconds) * rate),
  perSecond: rate,
  keepRecords: false,
});
const flowing = traffic.run();
print(`warming up for ${warmup} s at ${rate} requests/s, then ${seconds} s`);
await sleep(warmup * 1_000);
const { samples, heaps } = await watch(gateway);
await flowing;
await world.end();
world.clear();
process.exitCode = report() ? 0 : 1;

/** A sample each second; a collection every ten, and at each quarter. */
async function watch(gateway: Program): Promise<{ samples: readonly Sample[]; heaps: readonly number[] }> {
  const samples: Sample[] = [];
  const heaps: number[] = [];
  const startedAt = performance.now();
  for (let second = 1; second <= seconds; second++) {
    await sleep(Math.max(0, startedAt + second * SAMPLE_MS - performance.now()));
    const quarter = Math.floor((second / seconds) * 4) > heaps.length;
    if (quarter || second % COLLECT_EVERY === 0) {
      const heap = await gateway.call<number>('collect');
      if (quarter) heaps.push(heap);
    }
    const { rss, files } = await gateway.call<Omit<Sample, 'atMinute'>>('memory');
    samples.push({ atMinute: (performance.now() - startedAt) / 60_000, rss, files });
  }
  return { samples, heaps };
}

function report(): boolean {
  const slope = slopeOf(samples.map(({ atMinute, rss }) => [atMinute, rss / MB]));
  const [first = 0] = heaps;
  const drift = Math.max(...heaps.map((heap) => Math.abs(heap / first - 1)));
  const files = samples.map((sample) => sample.files);
  for (const line of incidents.warnings) print(`warning: ${line}`);
  return printTable(`soak, ${minutes} min at ${rate} requests/s, seed ${seed}`, [
    { name: 'requests', figure: traffic.ended },
    { name: '  without a complete response', figure: traffic.failed },
    { name: 'RSS, first and last', figure: `${inMb(samples[0]!.rss)}, ${inMb(samples.at(-1)!.rss)} MB` },
    {
      name: 'RSS slope',
      figure: `${slope.perUnit.toFixed(2)} MB/min, t ${slope.t.toFixed(1)}`,
      gate: `at most ${MAX_SLOPE} MB/min, or |t| < 2`,
      passed: slope.perUnit <= MAX_SLOPE || Math.abs(slope.t) < 2,
    },
    {
      name: 'heap at 25, 50, 75, 100 %',
      figure: `${heaps.map(inMb).join(', ')} MB`,
      gate: `within ${HEAP_TOLERANCE * 100} % of the first, or 1 MB`,
      passed: drift <= HEAP_TOLERANCE || drift * first <= MB,
    },
    { name: 'open files, least and most', figure: `${Math.min(...files)}, ${Math.max(...files)}` },
    { name: 'unexpected exits', figure: incidents.exits.length, gate: 'none', passed: incidents.exits.length === 0 },
    {
      name: 'warnings on stderr',
      figure: incidents.warnings.length,
      gate: 'none',
      passed: incidents.warnings.length === 0,
    },
  ]);
}

function inMb(bytes: number): string {
  return (bytes / MB).toFixed(1);
}
