import { spawnSync } from 'node:child_process';
import { incidents } from '../program.ts';
import { between, pickOf, randomOf, shuffled } from '../random.ts';
import { print, printTable, type Row } from '../report.ts';
import { sleep } from '../time.ts';
import { audit, type Audit } from './audit.ts';
import type { Attribution } from './attribution.ts';
import { MoneyClients } from './clients.ts';
import { readBills, readLedger } from './files.ts';
import { readJournal } from './journal.ts';
import { LEASE_MS, NANO } from './set-up.ts';
import { MoneyWorld } from './world.ts';

const SHOWN = 10;

/** Runs the experiment and prints its figures. Returns whether every gate was passed; skipped without Redis. */
export async function runMoney(seed: number, seconds: number): Promise<boolean> {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    print('There is no redis-server here: the experiment with money is skipped.');
    return true;
  }
  const world = await MoneyWorld.start(seed);
  const clients = new MoneyClients(world, seed);
  let isOver = false;
  const acting = act(world, clients, seed, () => isOver);
  await clients.run(seconds);
  isOver = true;
  const endedAt = performance.now();
  const acts = await acting;
  const isQuiet = await world.quiet();
  const faults = await world.storeFaults();
  const haveEnded = await world.stopGateways();
  const counted = await world.counted(MoneyClients.callers);
  await world.end();
  const { lines, deliveries } = readLedger(world.ledger);
  const journal = readJournal(world.journal);
  const killed = [...world.killed].map(([name, at]) => [name, { hasExpired: at + LEASE_MS < endedAt }] as const);
  const result = audit({
    bills: readBills(world.bills),
    ledger: lines,
    journal,
    counted,
    killed: new Map(killed),
    isSafe: (caller) => MoneyClients.isSafe(caller),
  });
  world.clear();
  return report(seed, acts, clients, result, [
    { name: 'store calls that were late or failed', figure: faults },
    some('requests granted without Redis', journal.charged),
    { name: 'records, and deliveries of them', figure: `${lines.length}, ${deliveries}` },
    truth('all settlements have reached Redis', isQuiet),
    truth('gateways ended by themselves', haveEnded),
  ]);
}

/** Disturbances, in an order that the seed decides: each once before any is repeated. */
async function act(world: MoneyWorld, clients: MoneyClients, seed: number, isOver: () => boolean): Promise<string[]> {
  const random = randomOf(seed);
  const acts: Readonly<Record<string, () => Promise<void>>> = {
    'gateway killed': () => world.killGateway(between(0, 9, random)),
    'Redis killed': () => world.killRedis(between(300, 2_000, random)),
    'Redis stopped': () => world.stopRedis(pickOf([80, 300, 2_500], random)),
    'clients left': async () => clients.leave(0.2 + random() * 0.6),
  };
  const done: string[] = [];
  let hand: string[] = [];
  while (!isOver()) {
    await sleep(between(500, 1_500, random));
    if (hand.length === 0) hand = shuffled(Object.keys(acts), random);
    const name = hand.pop()!;
    await acts[name]!();
    done.push(name);
  }
  return done;
}

function report(
  seed: number,
  acts: readonly string[],
  { statuses }: MoneyClients,
  { recorded, unrecorded, overBudget, unexplained, exceeded, largestExcess, miscounted, usedShare }: Audit,
  more: readonly Row[],
): boolean {
  for (const line of [...unexplained, ...exceeded, ...miscounted].slice(0, SHOWN)) print(`finding: ${line}`);
  for (const line of overBudget.slice(0, SHOWN)) print(line);
  for (const line of incidents.warnings.slice(0, SHOWN)) print(`warning: ${line}`);
  const times = (act: string): number => acts.filter((name) => name === act).length;
  print(`acts: ${[...new Set(acts)].map((name) => `${name} ${times(name)}×`).join(', ')}`);
  const shown = [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${count} × ${status || 'left or cut'}`);
  return printTable(`money, seed ${seed}: 50 callers with a budget each, 4 gateways, one Redis`, [
    { name: 'responses', figure: shown.join(', ') },
    { name: 'of all budgets, billed', figure: `${(usedShare * 100).toFixed(1)} %` },
    { name: 'callers billed more than their budget', figure: overBudget.length },
    none('budgets exceeded by what gateways knew, or had in flight', exceeded.length),
    { name: '  by what had expired after a kill, at most', figure: `${(largestExcess * 100).toFixed(1)} %` },
    { name: 'attempts with reported usage', figure: recorded.exact.attempts },
    { name: '  billed by upstreams', figure: usd(recorded.exact.billed) },
    { name: '  in the ledger', figure: usd(recorded.exact.known) },
    none('  difference, nano-USD', Math.abs(recorded.exact.known - recorded.exact.billed)),
    { name: 'attempts that were cut', figure: recorded.estimated.attempts },
    { name: '  billed by upstreams', figure: usd(recorded.estimated.billed) },
    { name: '  estimated in the ledger', figure: usd(recorded.estimated.known) },
    ...ofKilled(unrecorded),
    none('entries or bills without the other', unexplained.length),
    none('callers whose count in Redis is not the ledger’s', miscounted.length),
    none('unexpected exits', incidents.exits.length),
    none('warnings on stderr', incidents.warnings.length),
    ...more,
  ]);
}

function ofKilled({ exact, estimated, inFlight }: Attribution): readonly Row[] {
  return [
    {
      name: 'attempts whose gateway was killed before it wrote them',
      figure: exact.attempts + estimated.attempts + inFlight.attempts,
    },
    { name: '  billed with reported usage', figure: usd(exact.billed) },
    { name: '  billed and cut, and estimated', figure: `${usd(estimated.billed)}, ${usd(estimated.known)}` },
    { name: '  billed and in flight', figure: usd(inFlight.billed) },
  ];
}

function none(name: string, figure: number): Row {
  return { name, figure, gate: 'none', passed: figure === 0 };
}

function some(name: string, figure: number): Row {
  return { name, figure, gate: 'some', passed: figure > 0 };
}

function truth(name: string, passed: boolean): Row {
  return { name, figure: passed ? 'yes' : 'no', gate: 'yes', passed };
}

function usd(nano: number): string {
  return `$${(nano / NANO).toFixed(9)}`;
}
