import { ask, type Question } from './client.ts';
import { readLedgers } from './ledger.ts';
import { now, sleep } from './time.ts';

/** What an upstream has done when the client leaves. */
export const PHASES = { 'before head': 'request', 'before first event': 'head', 'mid-stream': 'midway' } as const;

export type Phase = keyof typeof PHASES;

/** Milliseconds from a client's leaving to the end of its upstream connection, one per client, ascending. */
export interface AbortLatency {
  readonly phase: Phase;
  readonly stream: boolean;
  readonly sorted: readonly number[];
  /** Upstream connections that stayed open. */
  readonly open: number;
}

/** Clients that leave one after the other: storms measure the queue, not the way. */
const PAUSE_MS = 10;
const SETTLE_MS = 500;

/** Asks questions that are never answered in full, leaves, and reads in the ledger when the upstream noticed. */
export async function abortLatency(
  port: number,
  ledgers: readonly string[],
  { phase, stream, count }: { readonly phase: Phase; readonly stream: boolean; readonly count: number },
): Promise<AbortLatency> {
  const leftAt = new Map<string, number>();
  const leaving = Array.from({ length: count }, async (_, number) => {
    await sleep(number * PAUSE_MS);
    const id = `abort-${PHASES[phase]}-${stream}-${number}`;
    await leaveMidway(port, { id, question: `!hang:${PHASES[phase]}:${id}`, stream }, leftAt);
  });
  await Promise.all(leaving);
  await sleep(SETTLE_MS);
  const closed = readLedgers(ledgers).filter(({ id, end }) => leftAt.has(id) && end !== undefined);
  const sorted = closed.map(({ id, end }) => Math.max(0, end!.at - leftAt.get(id)!)).sort((a, b) => a - b);
  return { phase, stream, sorted, open: count - new Set(closed.map(({ id }) => id)).size };
}

async function leaveMidway(port: number, question: Question, leftAt: Map<string, number>): Promise<void> {
  const asked = ask(port, question);
  // Where nothing comes, the upstream has been reached by then.
  await Promise.race([asked.begun, sleep(100 + Math.random() * 50)]);
  leftAt.set(question.id, now());
  asked.abort();
  await asked.finished;
}
