import type { Bill } from './files.ts';
import type { KnownAttempt, KnownRequest } from './journal.ts';
import { MAX_TOKENS, nanoOf } from './set-up.ts';

/** Amounts in nano-USD. */
interface Sum {
  attempts: number;
  /** As the gateway knew it. */
  known: number;
  billed: number;
}

/** What bills consist of, by what gateways knew of their attempts. */
export interface Attribution {
  /** Usage was reported. */
  readonly exact: Sum;
  /** The attempt was cut, and its usage estimated. */
  readonly estimated: Sum;
  /** The gateway was killed before the attempt ended, so it knew nothing. */
  readonly inFlight: Sum;
  /** By how much estimates were higher than what is reserved for such an attempt. */
  overestimated: number;
}

export function emptyAttribution(): Attribution {
  const none = (): Sum => ({ attempts: 0, known: 0, billed: 0 });
  return { exact: none(), estimated: none(), inFlight: none(), overestimated: 0 };
}

/** Adds the bills of one request to `sums`. Returns what does not match: an attempt without its bill, or the reverse. */
export function attribute(
  id: string,
  { attempts, inFlight }: Pick<KnownRequest, 'attempts' | 'inFlight'>,
  bills: readonly Bill[],
  sums: readonly Attribution[],
): readonly string[] {
  const findings: string[] = [];
  for (const known of attempts) {
    const billed = billedFor(known.attempt, bills);
    for (const each of sums) note(each, known, billed);
    if (!known.estimated && known.nano !== billed) {
      findings.push(`${id}: ${known.slug} has billed ${billed} nano-USD, and reported ${known.nano}`);
    }
  }
  for (const attempt of inFlight) for (const each of sums) count(each.inFlight, 0, billedFor(attempt, bills));
  const known = new Set([...inFlight, ...attempts.map(({ attempt }) => attempt)]);
  for (const { attempt, mark, nano } of bills) {
    if (nano > 0 && !known.has(attempt))
      findings.push(`${id}: ${mark} has billed ${nano} nano-USD that no gateway knows`);
  }
  return findings;
}

/** A request on a connection that the upstream closes is sent again: two bills of one attempt, one of them of 0. */
function billedFor(attempt: number, bills: readonly Bill[]): number {
  let sum = 0;
  for (const bill of bills) if (bill.attempt === attempt) sum += bill.nano;
  return sum;
}

function note(into: Attribution, { slug, nano, estimated }: KnownAttempt, billed: number): void {
  if (estimated) into.overestimated += Math.max(0, nano - nanoOf(slug, MAX_TOKENS));
  if (estimated || nano > 0 || billed > 0) count(estimated ? into.estimated : into.exact, nano, billed);
}

function count(sum: Sum, known: number, billed: number): void {
  sum.attempts++;
  sum.known += known;
  sum.billed += billed;
}
