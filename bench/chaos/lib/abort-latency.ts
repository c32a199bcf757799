import { send, type Question } from './client.ts';
import { readLedgers } from './ledger.ts';
import { now, sleep } from './time.ts';

/** State of the upstream's response when the client disconnects. */
export const PHASES = { 'before head': 'request', 'before first event': 'head', 'mid-stream': 'midway' } as const;

export type Phase = keyof typeof PHASES;

/** Milliseconds from a client's disconnect to the end of its upstream connection, one per client, ascending. */
export interface AbortLatency {
  readonly phase: Phase;
  readonly stream: boolean;
  readonly sorted: readonly number[];
  /** Upstream connections that stayed open. */
  readonly open: number;
}

/** Clients disconnect one after the other: many at once would measure queueing, not the latency. */
const PAUSE_MS = 10;
const SETTLE_MS = 500;

/** Sends requests whose responses never end, disconnects, and reads in the ledger when the upstream noticed. */
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
  const request = send(port, question);
  // Without any response, wait until the request has reached the upstream.
  await Promise.race([request.begun, sleep(100 + Math.random() * 50)]);
  leftAt.set(question.id, now());
  request.abort();
  await request.finished;
}
