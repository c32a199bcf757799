import type { SpendRecord } from 'nordlys-proxy';
import { linesOf, nanoIn } from './files.ts';

/** A line that a gateway writes before what it describes takes effect, into a file that survives the gateway. */
export type JournalLine = { readonly gateway: string } & (
  | { readonly kind: 'began'; readonly id: string; readonly attempt: number }
  | { readonly kind: 'ended'; readonly id: string; readonly attempt: KnownAttempt }
  /** The request has ended. Its settlement follows, and later its entry in the ledger. */
  | { readonly kind: 'spent'; readonly record: SpendRecord }
  /** Redis has confirmed the settlement of a request. */
  | { readonly kind: 'settled'; readonly caller: string; readonly nano: number; readonly isCharge: boolean }
);

/** What a gateway knew of an attempt when it ended. */
export interface KnownAttempt {
  /** 1 for the first one of the request. */
  readonly attempt: number;
  readonly slug: string;
  readonly nano: number;
  readonly estimated: boolean;
}

/** What a gateway knew of one request. */
export interface KnownRequest {
  readonly gateway: string;
  /** Attempts that ended, in order. */
  readonly attempts: readonly KnownAttempt[];
  /** Attempts that had not ended when the gateway was killed. */
  readonly inFlight: readonly number[];
  /** The request has ended. */
  readonly isSpent: boolean;
}

/** The journal of all gateways. */
export interface Journal {
  readonly requests: ReadonlyMap<string, KnownRequest>;
  /** Settlements that Redis has confirmed. */
  readonly settled: readonly { readonly gateway: string; readonly caller: string; readonly nano: number }[];
  /** Those of requests that a gateway granted without Redis. */
  readonly charged: number;
}

export function readJournal(path: string): Journal {
  return journalOf(linesOf<JournalLine>(path));
}

export function journalOf(lines: readonly JournalLine[]): Journal {
  const requests = new Map<string, KnownRequest>();
  const settled: Journal['settled'][number][] = [];
  let charged = 0;
  for (const line of lines) {
    const { gateway } = line;
    if (line.kind === 'settled') {
      settled.push(line);
      if (line.isCharge) charged++;
      continue;
    }
    const id = line.kind === 'spent' ? line.record.requestId : line.id;
    requests.set(id, noted(requests.get(id) ?? { gateway, attempts: [], inFlight: [], isSpent: false }, line));
  }
  return { requests, settled, charged };
}

export function attemptsOf({ attempts }: SpendRecord): readonly KnownAttempt[] {
  return attempts.map(({ slug, costUsd, estimated }, index) => ({
    attempt: index + 1,
    slug,
    nano: nanoIn(costUsd),
    estimated,
  }));
}

/** The last attempt of a request ends after its `spent`, which has it already. */
function noted(known: KnownRequest, line: Exclude<JournalLine, { readonly kind: 'settled' }>): KnownRequest {
  if (known.isSpent) return known;
  switch (line.kind) {
    case 'began':
      return { ...known, inFlight: [...known.inFlight, line.attempt] };
    case 'ended':
      return {
        ...known,
        attempts: [...known.attempts, line.attempt],
        inFlight: known.inFlight.filter((attempt) => attempt !== line.attempt.attempt),
      };
    case 'spent':
      return { ...known, attempts: attemptsOf(line.record), inFlight: [], isSpent: true };
  }
}
