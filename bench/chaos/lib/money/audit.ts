import { attribute, type Attribution, emptyAttribution } from './attribution.ts';
import { type Bill, type LedgerLine, nanoIn } from './files.ts';
import { attemptsOf, type Journal, type KnownRequest } from './journal.ts';
import { budgetOf, callerOf } from './set-up.ts';
import type { Counted } from './world.ts';

export interface Evidence {
  readonly bills: readonly Bill[];
  readonly ledger: readonly LedgerLine[];
  readonly journal: Journal;
  readonly counted: ReadonlyMap<string, Counted>;
  /** Gateways that were killed, and whether what they had reserved has expired since. */
  readonly killed: ReadonlyMap<string, { readonly hasExpired: boolean }>;
  /** Callers none of whose gateways was killed. */
  readonly isSafe: (caller: string) => boolean;
}

/** Amounts in nano-USD. */
export interface Audit {
  /** Of requests in the ledger. */
  readonly recorded: Attribution;
  /** Of requests whose gateway was killed before their entry was in the ledger. */
  readonly unrecorded: Attribution;
  /** Callers who were billed more than their budget, and what their bills consist of. */
  readonly overBudget: readonly string[];
  /** Findings of the three comparisons. */
  readonly unexplained: readonly string[];
  readonly exceeded: readonly string[];
  /** Of one budget, the most that was spent beyond it because what killed gateways had reserved has expired. */
  readonly largestExcess: number;
  readonly miscounted: readonly string[];
  /** Of all budgets, how much was billed. */
  readonly usedShare: number;
}

/** The bills of one caller. */
interface Account {
  readonly recorded: Attribution;
  readonly unrecorded: Attribution;
  /** Of gateways that were killed: what Redis does not hold any more, and has not settled. */
  expired: number;
}

/** Compares what upstreams billed with what gateways knew of it, and both with what Redis has counted. */
export function audit(evidence: Evidence): Audit {
  const { bills, counted } = evidence;
  const [recorded, unrecorded] = [emptyAttribution(), emptyAttribution()];
  const accounts = new Map<string, Account>();
  const unexplained: string[] = [];
  const records = new Map(evidence.ledger.map(({ record }) => [record.requestId, record]));
  const billsById = new Map<string, Bill[]>();
  for (const bill of bills) billsById.set(bill.id, [...(billsById.get(bill.id) ?? []), bill]);
  for (const id of new Set([...billsById.keys(), ...records.keys()])) {
    const record = records.get(id);
    const caller = callerOf(id);
    const account = accountIn(accounts, caller);
    const known = record === undefined ? knownOf(id, evidence) : { attempts: attemptsOf(record), inFlight: [] };
    const sums = record === undefined ? [unrecorded, account.unrecorded] : [recorded, account.recorded];
    unexplained.push(...attribute(id, known, billsById.get(id) ?? [], sums));
  }
  unexplained.push(...missing(evidence, records));
  for (const [caller, nano] of expiredOf(evidence)) accountIn(accounts, caller).expired = nano;
  return {
    recorded,
    unrecorded,
    overBudget: overBudgets(accounts),
    unexplained,
    exceeded: exceededBudgets(accounts),
    largestExcess: excessBy(accounts),
    miscounted: miscounts(evidence),
    usedShare: total(bills.map(({ nano }) => nano)) / total([...counted.keys()].map(budgetOf)),
  };
}

/** What the gateway of a request that is in no ledger knew of it. Only a killed one leaves attempts in flight. */
function knownOf(id: string, { journal, killed }: Evidence): Pick<KnownRequest, 'attempts' | 'inFlight'> {
  const known = journal.requests.get(id);
  if (known === undefined) return { attempts: [], inFlight: [] };
  return killed.has(known.gateway) ? known : { ...known, inFlight: [] };
}

/** Requests that a gateway has charged, and that are not in the ledger although it ended by itself. */
function missing({ journal, killed }: Evidence, records: ReadonlyMap<string, unknown>): readonly string[] {
  return [...journal.requests]
    .filter(([id, { gateway, attempts }]) => !killed.has(gateway) && !records.has(id) && attempts.length > 0)
    .map(([id, { gateway }]) => `${id}: in the journal of ${gateway} and not in the ledger`);
}

/**
 * What gateways knew of a caller's spend, all bills of attempts in flight at a kill included, is at most its budget. An
 * estimate counts up to what is reserved for its attempt; by the rest the settlement exceeds the reservation.
 */
function exceededBudgets(accounts: ReadonlyMap<string, Account>): readonly string[] {
  return [...accounts]
    .filter(([caller, account]) => spentBy(account) - account.expired > budgetOf(caller))
    .map(([caller, account]) => described(caller, account));
}

function excessBy(accounts: ReadonlyMap<string, Account>): number {
  return Math.max(0, ...[...accounts].map(([caller, account]) => spentBy(account) / budgetOf(caller) - 1));
}

/** Those that were exceeded the most by what gateways knew are the first ones. */
function overBudgets(accounts: ReadonlyMap<string, Account>): readonly string[] {
  return [...accounts]
    .filter(([caller, { recorded, unrecorded }]) => billedIn(recorded) + billedIn(unrecorded) > budgetOf(caller))
    .sort(([a, one], [b, other]) => spentBy(other) / budgetOf(b) - spentBy(one) / budgetOf(a))
    .map(([caller, account]) => described(caller, account));
}

function spentBy({ recorded, unrecorded }: Account): number {
  let spent = 0;
  for (const { exact, estimated, inFlight, overestimated } of [recorded, unrecorded]) {
    spent += exact.known + estimated.known - overestimated + inFlight.billed;
  }
  return spent;
}

function billedIn({ exact, estimated, inFlight }: Attribution): number {
  return exact.billed + estimated.billed + inFlight.billed;
}

function described(caller: string, account: Account): string {
  const { recorded, unrecorded, expired } = account;
  const part = ({ exact, estimated }: Attribution): string =>
    `${exact.billed} reported, ${estimated.billed} cut (estimated ${estimated.known})`;
  const over = recorded.overestimated + unrecorded.overestimated;
  return (
    `${caller}: billed ${billedIn(recorded) + billedIn(unrecorded)} of ${budgetOf(caller)} nano-USD: in the ledger ` +
    `${part(recorded)}; lost with a gateway ${part(unrecorded)}, ${unrecorded.inFlight.billed} in flight; known ` +
    `${spentBy(account)}, estimates above the reservation ${over}, expired ${expired}`
  );
}

/** By caller: what killed gateways had spent, in flight included, and Redis neither settled nor holds any more. */
function expiredOf({ bills, journal, killed }: Evidence): ReadonlyMap<string, number> {
  const expired = new Map<string, number>();
  const hasExpired = (gateway: string | undefined): boolean => killed.get(gateway ?? '')?.hasExpired === true;
  for (const [id, known] of journal.requests) {
    if (hasExpired(known.gateway)) add(expired, callerOf(id), total(known.attempts.map(({ nano }) => nano)));
  }
  for (const { id, attempt, caller, nano } of bills) {
    const known = journal.requests.get(id);
    if (known?.inFlight.includes(attempt) === true && hasExpired(known.gateway)) add(expired, caller, nano);
  }
  for (const { gateway, caller, nano } of journal.settled) if (hasExpired(gateway)) add(expired, caller, -nano);
  return expired;
}

/**
 * What Redis has settled for a caller is what the ledger has, to the nano-dollar, and nothing is held any more. Of
 * callers of killed gateways it is at least that and what Redis has confirmed to the killed ones, and at most everything that
 * those had written into their journals.
 */
function miscounts({ ledger, journal, counted, killed, isSafe }: Evidence): readonly string[] {
  const [surviving, confirmed, journalled] = [new Map<string, number>(), new Map(), new Map()];
  for (const { gateway, record } of ledger) {
    if (!killed.has(gateway)) add(surviving, record.caller!, nanoIn(record.costUsd));
  }
  for (const { gateway, caller, nano } of journal.settled) if (killed.has(gateway)) add(confirmed, caller, nano);
  for (const [id, { gateway, attempts, isSpent }] of journal.requests) {
    if (isSpent && killed.has(gateway)) add(journalled, callerOf(id), total(attempts.map(({ nano }) => nano)));
  }
  return [...counted].flatMap(([caller, { settled, held }]) => {
    const least = (surviving.get(caller) ?? 0) + (confirmed.get(caller) ?? 0);
    const most = (surviving.get(caller) ?? 0) + (journalled.get(caller) ?? 0);
    if (settled >= least && settled <= most && (held === 0 || !isSafe(caller))) return [];
    return [`${caller}: Redis has ${settled} settled and ${held} held, the gateways ${least} to ${most} nano-USD`];
  });
}

function accountIn(accounts: Map<string, Account>, caller: string): Account {
  let account = accounts.get(caller);
  if (account === undefined) {
    account = { recorded: emptyAttribution(), unrecorded: emptyAttribution(), expired: 0 };
    accounts.set(caller, account);
  }
  return account;
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

function total(amounts: readonly number[]): number {
  let sum = 0;
  for (const amount of amounts) sum += amount;
  return sum;
}
