import type { ClientRecord } from './client.ts';
import type { Attempt } from './ledger.ts';
import { marksIn, textOf } from './texts.ts';
import type { Disturbance } from './world.ts';

/** A violated invariant, with the data to investigate it. */
export interface Finding {
  readonly kind: 'lost' | 'duplicated' | 'corrupted';
  readonly why: string;
  readonly record: ClientRecord;
  readonly attempts: readonly Attempt[];
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** Complete responses. */
  readonly whole: number;
  readonly cached: number;
  /** Complete responses by their upstream, including those from the cache. */
  readonly responsesOf: ReadonlyMap<string, number>;
  /** Streams that their upstream cut after the start, and that ended in an error event. */
  readonly truncated: number;
  /** The client disconnected on purpose. */
  readonly aborted: number;
  /** Cut by a gateway that was killed on purpose. */
  readonly excluded: number;
  /** Attempts with a scripted fault. */
  readonly faults: number;
  /** Upstream attempts per request that needed any. */
  readonly amplification: number;
}

export interface Evidence {
  readonly records: readonly ClientRecord[];
  readonly attempts: readonly Attempt[];
  readonly disturbances: readonly Disturbance[];
  /** Names of the gateways that were killed on purpose. */
  readonly killed: ReadonlySet<string>;
}

/** Milliseconds after a disturbance in which its effects may still appear. */
const AFTERMATH_MS = 500;

type Fate = 'whole' | 'truncated' | 'aborted' | 'excluded' | 'lost';

/** Compares what the clients saw with what the upstreams did. */
export function judge(evidence: Evidence): Verdict {
  const byId = attemptsById(evidence.attempts);
  const byMark = new Map(evidence.attempts.map((attempt) => [attempt.mark, attempt]));
  const findings: Finding[] = [];
  const responsesOf = new Map<string, number>();
  const fates: Record<Fate, number> = { whole: 0, truncated: 0, aborted: 0, excluded: 0, lost: 0 };
  for (const record of evidence.records) {
    const attempts = byId.get(record.id) ?? [];
    const find = (kind: Finding['kind'], why: string): void => void findings.push({ kind, why, record, attempts });
    const fate = fateOf(record, attempts, evidence);
    fates[fate]++;
    const upstream = fate === 'whole' ? byMark.get(marksIn(record.text)[0] ?? '')?.upstream : undefined;
    if (upstream !== undefined) responsesOf.set(upstream, (responsesOf.get(upstream) ?? 0) + 1);
    if (fate === 'lost') find('lost', reasonOf(record));
    const corruption = corruptionOf(record, fate === 'whole', byMark);
    if (corruption !== undefined) find('corrupted', corruption);
    if (marksIn(record.text).length > 1) find('duplicated', 'content of two attempts');
    if (respondedTwice(attempts, evidence)) find('duplicated', 'two attempts were completed');
  }
  return {
    findings,
    whole: fates.whole,
    cached: evidence.records.filter(({ cached }) => cached).length,
    responsesOf,
    truncated: fates.truncated,
    aborted: fates.aborted,
    excluded: fates.excluded,
    faults: evidence.attempts.filter(({ sound }) => !sound).length,
    amplification: evidence.attempts.length / Math.max(1, byId.size),
  };
}

function attemptsById(attempts: readonly Attempt[]): ReadonlyMap<string, readonly Attempt[]> {
  const byId = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const others = byId.get(attempt.id);
    if (others === undefined) byId.set(attempt.id, [attempt]);
    else others.push(attempt);
  }
  return byId;
}

function fateOf(record: ClientRecord, attempts: readonly Attempt[], evidence: Evidence): Fate {
  if (record.status === 200 && record.done && record.error === undefined && record.broken === undefined) return 'whole';
  if (record.aborted) return 'aborted';
  if (record.broken !== undefined && evidence.killed.has(record.gateway)) return 'excluded';
  const begun = attempts.find(({ mark }) => mark === marksIn(record.text)[0]);
  const isReported = record.stream && record.error !== undefined && !record.done && record.broken === undefined;
  return isReported && begun !== undefined && broke(begun, evidence) ? 'truncated' : 'lost';
}

function broke(attempt: Attempt, evidence: Evidence): boolean {
  return !attempt.sound || disturbed(attempt, attempt.end?.at ?? Infinity, evidence);
}

function reasonOf({ status, error, broken, done, text }: ClientRecord): string {
  if (broken !== undefined) return `the connection broke: ${broken}`;
  if (error !== undefined) return `${status} ${error}${text === '' ? '' : ', though its upstream was well'}`;
  return done ? `status ${status}` : 'ended without an error event';
}

function corruptionOf(record: ClientRecord, whole: boolean, byMark: ReadonlyMap<string, Attempt>): string | undefined {
  const [mark] = marksIn(record.text);
  if (mark === undefined) return whole ? 'a response that no upstream sent' : undefined;
  const expected = textOf(record.question, mark);
  if (whole ? record.text !== expected : !expected.startsWith(record.text)) return 'other bytes than were sent';
  const attempt = byMark.get(mark);
  if (attempt === undefined) return 'a response that is in no ledger';
  if (attempt.id !== record.id && !record.cached) return 'the response to another request';
  return undefined;
}

/**
 * Whether two responses were sent without a disturbance that explains it. An upstream that was stopped (SIGSTOP) reads
 * its requests when it continues, long after they were aborted.
 */
function respondedTwice(attempts: readonly Attempt[], evidence: Evidence): boolean {
  const completed = attempts.filter(({ sound, end }) => sound && end?.completed === true);
  return completed.some((first, place) => {
    const second = completed[place + 1];
    if (second === undefined) return false;
    const until = second.end?.at ?? second.begunAt;
    return !disturbed(first, second.begunAt, evidence) && !disturbed(second, until, evidence);
  });
}

function disturbed({ upstream, begunAt }: Attempt, until: number, { disturbances }: Evidence): boolean {
  return disturbances.some(
    (each) => each.upstream === upstream && each.from <= until && each.to + AFTERMATH_MS >= begunAt,
  );
}
