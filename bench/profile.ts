// CPU or allocation profile of one variant under one workload:
//   node bench/profile.ts [--workload W1] [--variant gateway] [--allocations] [--seconds 5] [--top 30] [--out FILE]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { summariseAllocations, summariseCpu, type ProfileSummary, type Share } from './lib/profile-summary.ts';
import { Rig } from './lib/rig.ts';
import { variant } from './lib/variants.ts';
import { verifyServer } from './lib/verify.ts';
import { WORKLOADS } from './lib/workloads.ts';

/** Long enough for V8 to compile hot code. */
const WARM_UP_MS = 6_000;

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: 'W1' },
    variant: { type: 'string', default: 'gateway' },
    allocations: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    top: { type: 'string', default: '30' },
    out: { type: 'string' },
  },
});
const workload = WORKLOADS.find(({ id }) => id === values.workload);
if (workload === undefined) throw new Error(`Unknown workload "${values.workload}".`);
const what = values.allocations ? 'allocations' : 'cpu';
const unit = values.allocations ? 'B' : 'µs';

await using rig = await Rig.start(0);
await using upstream = await rig.startUpstream(workload.response);
const measured = variant(values.variant);
const responseBytes = workload.response.kind === 'json' ? workload.response.bytes : 0;
await using server = await measured.start({ core: rig.cores?.measured, upstreams: upstream.ports, responseBytes });
if (server.child === undefined) throw new Error(`${values.variant} is no Node program.`);

const request = { ...workload.request, headers: measured.headers(upstream.ports) };
await verifyServer(measured, server, request, workload.response, rig);
const job = { port: server.port, request, concurrency: workload.concurrency };
await rig.driver.call('load', { ...job, durationMs: WARM_UP_MS });

const scratch = mkdtempSync(join(tmpdir(), 'bench-profile-'));
const file = values.out ?? join(scratch, 'profile.json');
await server.child.call('startProfile', what);
const { requests, cpuMicros } = await rig.window(server, {
  ...job,
  durationMs: Number(values.seconds) * 1_000,
});
await server.child.call('stopProfile', { what, file });
const summary = read(file);
rmSync(scratch, { recursive: true });

process.stdout.write(
  `${workload.id}, ${values.variant}: ${requests} requests, ${(cpuMicros / requests).toFixed(0)} µs CPU each while ` +
    `profiled; sampled: ${(summary.total / requests).toFixed(0)} ${unit} each\n`,
);
print('own code, by package', summary.packages);
print('this package, with everything foreign that it calls, by file', summary.chargedFiles);
print('this package, with everything foreign that it calls, by function', summary.chargedFunctions);
print('this package, own code alone, by function', summary.ownFunctions);
print('everything, own code alone, by function', summary.functions);

function read(path: string): ProfileSummary {
  const profile = JSON.parse(readFileSync(path, 'utf8'));
  const ownFolder = process.env['NORDLYS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
  return values.allocations ? summariseAllocations(profile, ownFolder) : summariseCpu(profile, ownFolder);
}

function print(title: string, shares: readonly Share[]): void {
  process.stdout.write(`\n${title}\n`);
  for (const { name, amount } of shares.slice(0, Number(values.top))) {
    const share = `${((amount / summary.total) * 100).toFixed(1)} %`;
    const each = (amount / requests).toFixed(values.allocations ? 0 : 2);
    process.stdout.write(`${each.padStart(9)} ${unit} ${share.padStart(7)}  ${name}\n`);
  }
}
