// Real processes on loopback, faults injected by a seeded schedule, and an oracle that compares what clients and upstreams
// recorded.
// Then the same with money: budgets, bills and the ledger (money.ts).
// node bench/chaos/chaos.ts [--short | --long] [--requests N] [--seed N]
import { readLedgers } from './lib/ledger.ts';
import { runMoney } from './lib/money/run.ts';
import { numbersAndWords } from './lib/options.ts';
import { judge, type Finding, type Verdict } from './lib/oracle.ts';
import { incidents } from './lib/program.ts';
import { print, printTable, type Row } from './lib/report.ts';
import { playSchedule } from './lib/schedule.ts';
import { Traffic } from './lib/traffic.ts';
import { World, type UpstreamTraits } from './lib/world.ts';

const SHORT = { seconds: 50, requests: 5_000, moneySeconds: 12 };
const USUAL = { ...SHORT, moneySeconds: 30 };
const LONG = { seconds: 600, requests: 60_000, moneySeconds: 300 };
const SHOWN = 10;
/** One of five is always healthy; each format has faults of its own. */
const UPSTREAMS = {
  a: { faultShare: 0 },
  b: { faultShare: 0.2 },
  c: { faultShare: 0.2, wire: 'anthropic' },
  d: { faultShare: 0.2, wire: 'gemini' },
  e: { faultShare: 0.2, wire: 'bedrock' },
} as const;

const options = numbersAndWords(['requests', 'seed'], ['short', 'long']);
const plan = options.words.has('long') ? LONG : options.words.has('short') ? SHORT : USUAL;
const { seed = 1, requests = plan.requests } = options.numbers;
// With a given number of requests the rate stays the same, and the duration follows.
const perSecond = plan.requests / plan.seconds;

process.on('warning', ({ name, message }) => incidents.warnings.push(`clients: ${name}: ${message}`));

const world = await World.start({ seed, upstreams: UPSTREAMS, gateways: 2, redis: true });
const traffic = new Traffic({
  port: world.balancer.port,
  providers: Object.keys(UPSTREAMS),
  gatewayOf: (localPort) => world.balancer.backendOf(localPort),
  seed,
  requests,
  perSecond,
});
let over = false;
const acting = playSchedule(world, traffic, seed, () => over);
await traffic.run();
over = true;
const acts = await acting;
await world.end();
const verdict = judge({
  records: traffic.records,
  attempts: readLedgers(world.ledgers),
  disturbances: world.disturbances,
  killed: world.killed,
});
world.clear();
const isSound = report(verdict);
const isMoneyRight = await runMoney(seed, plan.moneySeconds);
process.exitCode = isSound && isMoneyRight ? 0 : 1;

type Figures = Pick<Verdict, 'responsesOf' | 'whole'>;

function report({ findings, ...figures }: Verdict): boolean {
  for (const finding of findings.slice(0, SHOWN)) print(describe(finding));
  for (const line of incidents.warnings.slice(0, SHOWN)) print(`warning: ${line}`);
  for (const { name, code, signal } of incidents.exits) print(`exit: ${name} ended with ${code ?? signal}`);
  const count = (kind: Finding['kind']): number => findings.filter((each) => each.kind === kind).length;
  const stall = Math.max(...world.farewells.map(({ longestStallMs }) => longestStallMs));
  const left = [...world.farewells.flatMap((farewell) => farewell.left), ...world.stuck];
  print(`acts: ${[...acts].map(([name, times]) => `${name} ${times}×`).join(', ')}`);
  return printTable(`chaos, seed ${seed}${world.redis === undefined ? ', without Redis' : ''}`, [
    { name: 'requests', figure: traffic.records.length },
    { name: '  complete responses', figure: figures.whole },
    { name: '  of them cached', figure: figures.cached },
    ...Object.entries(UPSTREAMS).map(([name, traits]) => responsesOf(name, traits, figures)),
    { name: '  reported as truncated', figure: figures.truncated },
    { name: '  disconnected on purpose', figure: figures.aborted },
    { name: '  cut by a killed gateway', figure: figures.excluded },
    ...(['lost', 'duplicated', 'corrupted'] as const).map((kind) => none(kind, count(kind))),
    { name: 'longest stall of a gateway', figure: `${Math.round(stall)} ms` },
    { name: 'attempts with a fault', figure: figures.faults },
    {
      name: 'amplification',
      figure: figures.amplification.toFixed(3),
      gate: 'at most 1.35',
      passed: figures.amplification <= 1.35,
    },
    none('unexpected exits', incidents.exits.length),
    none('warnings on stderr', incidents.warnings.length),
    none('sockets or gateways left', left.length),
  ]);
}

/** Without a response of some upstream its format would be untested, although every other figure passed. */
function responsesOf(name: string, { wire = 'openai' }: UpstreamTraits, { responsesOf, whole }: Figures): Row {
  const figure = responsesOf.get(name) ?? 0;
  return { name: `  of ${name} (${wire})`, figure, gate: 'at least 1 %', passed: figure >= 0.01 * whole };
}

function none(name: string, figure: number): { name: string; figure: number; gate: string; passed: boolean } {
  return { name, figure, gate: 'none', passed: figure === 0 };
}

function describe({ kind, why, record, attempts }: Finding): string {
  const { id, stream, status, gateway, startedAt, endedAt } = record;
  const heading = `${id} (${stream ? 'stream' : 'JSON'}, ${status ?? 'no status'}, ${Math.round(endedAt - startedAt)} ms, ${gateway})`;
  const tries = attempts.map(
    ({ mark, script, begunAt, end }) =>
      `    ${mark} ${script} at ${Math.round(begunAt - startedAt)} ms: ` +
      (end === undefined
        ? 'no end'
        : `${end.completed ? 'completed' : 'cut'} by ${end.closedBy ?? 'neither side'} at ${Math.round(end.at - startedAt)} ms`),
  );
  return [`${kind}: ${heading}: ${why}`, ...tries].join('\n');
}
