import { type Bill, type LedgerLine, nanoIn } from './files.ts';
import { BUDGET_USD, NANO } from './set-up.ts';
import type { Counted } from './world.ts';

export interface Evidence {
  readonly bills: readonly Bill[];
  readonly ledger: readonly LedgerLine[];
  readonly counted: ReadonlyMap<string, Counted>;
  /** Gateways that were killed. */
  readonly killed: ReadonlySet<string>;
  /** Requests by id, and the gateway that served them. */
  readonly servedBy: ReadonlyMap<string, string>;
  /** Callers none of whose gateways was killed. */
  readonly isSafe: (caller: string) => boolean;
}

/** Amounts in nano-USD. */
export interface Audit {
  /** Of attempts whose usage was reported, as the ledger has them and as upstreams billed them. */
  readonly exact: { attempts: number; ledger: number; billed: number };
  /** Of attempts that were cut: what the ledger estimates, and what upstreams billed. */
  readonly estimated: { attempts: number; ledger: number; billed: number };
  /** Of requests that were in flight in a gateway when it was killed, and are in no ledger. */
  readonly killed: { attempts: number; billed: number };
  /** Findings of the three comparisons. */
  readonly unexplained: readonly string[];
  readonly exceeded: readonly string[];
  readonly miscounted: readonly string[];
  /** Of all budgets, how much was billed. */
  readonly usedShare: number;
}

/** Compares the ledger with what upstreams billed, and both with what Redis has counted. */
export function audit(evidence: Evidence): Audit {
  const sums = {
    exact: { attempts: 0, ledger: 0, billed: 0 },
    estimated: { attempts: 0, ledger: 0, billed: 0 },
    killed: { attempts: 0, billed: 0 },
  };
  const unexplained: string[] = [];
  /** By caller: how much more was billed for cut responses than was estimated. */
  const underestimated = new Map<string, number>();
  const billsById = new Map<string, Bill[]>();
  for (const bill of evidence.bills) billsById.set(bill.id, [...(billsById.get(bill.id) ?? []), bill]);
  const ids = new Set<string>();
  for (const { record } of evidence.ledger) {
    ids.add(record.requestId);
    const { open, estimates } = matched(record, billsById.get(record.requestId) ?? [], sums, unexplained);
    const billed = total(open.map(({ nano }) => nano));
    const ledger = total(estimates);
    sums.estimated.attempts += Math.max(open.length, estimates.length);
    sums.estimated.billed += billed;
    sums.estimated.ledger += ledger;
    add(underestimated, record.caller!, Math.max(0, billed - ledger));
    if (open.length > estimates.length) unexplained.push(`${record.requestId}: billed, and not in the ledger`);
  }
  for (const [id, bills] of billsById) {
    const billed = total(bills.map(({ nano }) => nano));
    if (ids.has(id) || billed === 0) continue;
    sums.killed.attempts += bills.length;
    sums.killed.billed += billed;
    const gateway = evidence.servedBy.get(id);
    if (!wasKilled(bills[0]!, evidence)) unexplained.push(`${id}: ${billed} nano-USD in no ledger, by ${gateway}`);
  }
  return {
    ...sums,
    unexplained,
    exceeded: exceededBudgets(evidence, underestimated, ids),
    miscounted: miscounts(evidence),
    usedShare: total(evidence.bills.map(({ nano }) => nano)) / (evidence.counted.size * BUDGET_USD * NANO),
  };
}

/** Finds the bill of every attempt whose usage was reported. The remaining bills belong to estimated attempts. */
function matched(
  record: LedgerLine['record'],
  bills: readonly Bill[],
  sums: Pick<Audit, 'exact'>,
  unexplained: string[],
): { readonly open: readonly Bill[]; readonly estimates: readonly number[] } {
  const open = bills.filter(({ nano }) => nano > 0);
  const estimates: number[] = [];
  for (const { slug, costUsd, estimated } of record.attempts) {
    const nano = nanoIn(costUsd);
    if (nano === 0 && !estimated) continue;
    if (estimated) {
      estimates.push(nano);
      continue;
    }
    const at = open.findIndex((bill) => bill.upstream === slug && bill.nano === nano);
    if (at < 0) unexplained.push(`${record.requestId}: ${slug} has not billed ${nano} nano-USD`);
    else open.splice(at, 1);
    sums.exact.attempts++;
    sums.exact.ledger += nano;
    sums.exact.billed += at < 0 ? 0 : nano;
  }
  return { open, estimates };
}

/** All bills of upstreams count, including those of requests in killed gateways; only estimates may differ. */
function exceededBudgets(
  { bills }: Evidence,
  underestimated: ReadonlyMap<string, number>,
  inLedger: ReadonlySet<string>,
): readonly string[] {
  const billed = new Map<string, number>();
  const unrecorded = new Map<string, number>();
  for (const { caller, nano, id } of bills) {
    add(billed, caller, nano);
    if (!inLedger.has(id)) add(unrecorded, caller, nano);
  }
  return [...billed]
    .filter(([caller, nano]) => nano - (underestimated.get(caller) ?? 0) > BUDGET_USD * NANO)
    .map(
      ([caller, nano]) =>
        `${caller}: ${nano} nano-USD, ${underestimated.get(caller) ?? 0} of them by estimates, ` +
        `${unrecorded.get(caller) ?? 0} by killed gateways`,
    );
}

/**
 * What Redis has settled for a caller is what the ledger has, to the nano-dollar, and nothing is held any more. Of
 * callers of killed gateways it is that of the surviving ones, and at most all that the killed ones had spent.
 */
function miscounts(evidence: Evidence): readonly string[] {
  const { ledger, bills, counted, killed, isSafe } = evidence;
  const [surviving, others] = [new Map<string, number>(), new Map<string, number>()];
  const written = new Set<string>();
  for (const { gateway, record } of ledger) {
    written.add(record.requestId);
    add(killed.has(gateway) ? others : surviving, record.caller!, nanoIn(record.costUsd));
  }
  for (const bill of bills) {
    if (!written.has(bill.id) && wasKilled(bill, evidence)) add(others, bill.caller, bill.nano);
  }
  return [...counted].flatMap(([caller, { settled, held }]) => {
    const least = surviving.get(caller) ?? 0;
    const most = least + (others.get(caller) ?? 0);
    if (settled >= least && settled <= most && (held === 0 || !isSafe(caller))) return [];
    return [`${caller}: Redis has ${settled} settled and ${held} held, the ledger ${least} to ${most} nano-USD`];
  });
}

/**
 * Its gateway was killed. If a client disconnected at once, the balancer does not know its port, so its gateway is unknown:
 * it may be a killed one, unless the caller is never served by those.
 */
function wasKilled({ id, caller }: Bill, { killed, servedBy, isSafe }: Evidence): boolean {
  const gateway = servedBy.get(id) ?? '';
  return killed.has(gateway) || (gateway === '' && !isSafe(caller));
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

function total(amounts: readonly number[]): number {
  let sum = 0;
  for (const amount of amounts) sum += amount;
  return sum;
}
