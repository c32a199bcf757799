import { expect, test } from 'vitest';
import type { SpendRecord } from 'nordlys-proxy';
import { audit, type Audit } from '../bench/chaos/lib/money/audit.ts';
import type { Bill, LedgerLine } from '../bench/chaos/lib/money/files.ts';
import { journalOf, type JournalLine, type KnownAttempt } from '../bench/chaos/lib/money/journal.ts';
import { budgetOf, NANO } from '../bench/chaos/lib/money/set-up.ts';

const BUDGET = budgetOf('caller0');
/** What one attempt at `c` reserves. */
const MOST = 300_000;

/** One request of `caller0`: its attempts, all of them at `c`, as its gateway knew them and as they were billed. */
interface Given {
  readonly gateway?: string;
  readonly known: readonly { readonly nano: number; readonly estimated?: boolean }[];
  readonly billed: readonly number[];
  /** How far its gateway has come: it is killed during the attempt after the known ones, before or after it settles. */
  readonly until?: 'flight' | 'journal' | 'settled' | 'ledger';
}

const FAR = ['flight', 'journal', 'settled', 'ledger'];

function judged(
  given: readonly Given[],
  { settled = 0, held = 0, killed = ['g'], hasExpired = false } = {},
): Pick<Audit, 'exceeded' | 'miscounted' | 'unexplained' | 'overBudget'> {
  const [bills, ledger, lines]: [Bill[], LedgerLine[], JournalLine[]] = [[], [], []];
  for (const [at, { gateway = 'g', known, billed, until = 'ledger' }] of given.entries()) {
    const id = `money-1-caller0-0-${at}`;
    for (const [index, nano] of billed.entries()) {
      const attempt = index + 1;
      bills.push({ mark: `c-${at}-${attempt}`, upstream: 'c', id, attempt, caller: 'caller0', nano });
      lines.push({ gateway, kind: 'began', id, attempt });
    }
    const attempts = known.map(({ nano, estimated = false }, index): KnownAttempt => ({
      attempt: index + 1,
      slug: 'c',
      nano,
      estimated,
    }));
    for (const attempt of attempts) lines.push({ gateway, kind: 'ended', id, attempt });
    const record = recordOf(id, attempts);
    const isAt = (stage: string): boolean => FAR.indexOf(until) >= FAR.indexOf(stage);
    const nano = Math.round(record.costUsd * NANO);
    if (isAt('journal')) lines.push({ gateway, kind: 'spent', record });
    if (isAt('settled')) lines.push({ gateway, kind: 'settled', caller: 'caller0', nano, isCharge: false });
    if (isAt('ledger')) ledger.push({ gateway, record });
  }
  return audit({
    bills,
    ledger,
    journal: journalOf(lines),
    counted: new Map([['caller0', { settled, held }]]),
    killed: new Map(killed.map((name) => [name, { hasExpired }])),
    isSafe: () => killed.length === 0,
  });
}

function recordOf(requestId: string, attempts: readonly KnownAttempt[]): SpendRecord {
  const costUsd = attempts.reduce((sum, { nano }) => sum + nano, 0) / NANO;
  return {
    requestId,
    caller: 'caller0',
    costUsd,
    attempts: attempts.map(({ slug, nano, estimated }) => ({ slug, costUsd: nano / NANO, estimated })),
  } as never;
}

const exact = (nano: number): Given => ({ known: [{ nano }], billed: [nano] });
const cut = (nano: number, billed: number): Given => ({ known: [{ nano, estimated: true }], billed: [billed] });

test('what was reported equals what was billed, and is at most the budget', () => {
  expect(judged([exact(BUDGET - 10), exact(10)], { settled: BUDGET, killed: [] })).toMatchObject({
    exceeded: [],
    miscounted: [],
    unexplained: [],
    overBudget: [],
  });
  const over = judged([exact(BUDGET), exact(10)], { settled: BUDGET + 10, killed: [] });
  expect(over.exceeded).toEqual([expect.stringContaining(`known ${BUDGET + 10}`)]);
  expect(judged([{ known: [{ nano: 20 }], billed: [30] }], { settled: 20 }).unexplained).toHaveLength(1);
});

test.each(['journal', 'settled', 'ledger'] as const)(
  'a cut attempt that was estimated too low does not exceed a budget (its gateway came to: %s)',
  (until) => {
    const { exceeded, overBudget, unexplained, miscounted } = judged(
      [exact(BUDGET - 10), { ...cut(10, MOST), until }],
      { settled: BUDGET },
    );
    expect([exceeded, unexplained, miscounted]).toEqual([[], [], []]);
    expect(overBudget).toHaveLength(1);
  },
);

test('an attempt in flight in a killed gateway counts in full, and in another one it is a finding', () => {
  const inFlight: Given = { known: [{ nano: 10, estimated: true }], billed: [MOST, 20], until: 'flight' };
  expect(judged([exact(BUDGET - 30), inFlight], { settled: BUDGET - 30, held: 20 }).exceeded).toEqual([]);
  expect(judged([exact(BUDGET - 29), inFlight], { settled: BUDGET - 29 }).exceeded).toHaveLength(1);
  expect(judged([inFlight], { killed: [] }).unexplained).toHaveLength(2);
});

test('only the part of an estimate that is above the reservation may exceed a budget', () => {
  const high = cut(MOST + 50, 0);
  expect(judged([exact(BUDGET - MOST), high], { settled: BUDGET + 50 }).exceeded).toEqual([]);
  expect(judged([exact(BUDGET - MOST + 1), high], { settled: BUDGET + 51 }).exceeded).toHaveLength(1);
});

test('what a killed gateway has not settled counts for as long as its reservations live', () => {
  const late = [exact(BUDGET), { ...exact(20), gateway: 'killed', until: 'journal' }] as const;
  const killed = ['killed'];
  expect(judged(late, { settled: BUDGET, killed }).exceeded).toHaveLength(1);
  expect(judged(late, { settled: BUDGET, killed, hasExpired: true }).exceeded).toEqual([]);
  expect(judged([exact(BUDGET + 1), late[1]], { settled: BUDGET + 1, killed, hasExpired: true }).exceeded).toHaveLength(
    1,
  );
});

test('Redis has settled what the ledger has, and of a killed gateway at least what it confirmed', () => {
  expect(judged([exact(20)], { settled: 20, killed: [] }).miscounted).toEqual([]);
  expect(judged([exact(20)], { settled: 21, killed: [] }).miscounted).toHaveLength(1);
  expect(judged([exact(20)], { settled: 20, held: 1, killed: [] }).miscounted).toHaveLength(1);
  const lost = (until: 'flight' | 'journal' | 'settled'): Given => ({ ...exact(30), gateway: 'killed', until });
  for (const [until, settled, findings] of [
    ['journal', 20, 0],
    ['journal', 50, 0],
    ['settled', 20, 1],
    ['settled', 50, 0],
    ['flight', 50, 1],
  ] as const) {
    const { miscounted } = judged([exact(20), lost(until)], { settled, killed: ['killed'] });
    expect(miscounted, `${until}, ${settled}`).toHaveLength(findings);
  }
});

test('a bill that no gateway knows is a finding, and so is a request that a gateway knew and did not write', () => {
  expect(
    judged(
      [
        { known: [], billed: [] },
        { known: [{ nano: 5 }], billed: [5, 7] },
      ],
      { settled: 5 },
    ).unexplained,
  ).toEqual(['money-1-caller0-0-1: c-1-2 has billed 7 nano-USD that no gateway knows']);
  expect(judged([{ ...exact(5), until: 'settled' }], { settled: 5, killed: [] }).unexplained).toHaveLength(1);
});
