import type { Clock, Timer } from '../contracts/clock.js';
import type { SpendRecord, SpendSinkOptions } from '../contracts/limits.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { count, func, milliseconds } from '../options/rows.js';

/** Pauses between two attempts to write, in milliseconds: doubled each time. */
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** Attempts to write one batch when the gateway closes. */
const FLUSH_TRIES = 3;
/** A write that takes longer counts as failed, and its records are written again. */
const WRITE_MS = 30_000;

export const SPEND_SINK = defineOptions({
  path: 'spendSink',
  rows: {
    write: func<SpendSinkOptions['write']>(
      '(records) => void',
      'Stores a batch. Where it rejects, the batch is written again.',
    ).required(),
    maxBatch: count('records', 'The largest batch.').or(100),
    maxWaitMs: milliseconds('How long a record waits for others.').or(1_000),
    maxQueued: count('records', 'Records that wait while `write` fails; beyond it the oldest are dropped.').or(10_000),
    onDropped: func<NonNullable<SpendSinkOptions['onDropped']>>(
      '(count) => void',
      'Called with how many were dropped.',
    ),
  } satisfies RowsFor<SpendSinkOptions>,
});

/** Hands spend records to the host's ledger in batches: at least once each, in order, one batch at a time. */
export class SpendSink {
  /** Records that were dropped because too many waited. */
  dropped = 0;
  readonly #options: { readonly maxBatch: number; readonly maxWaitMs: number; readonly maxQueued: number };
  readonly #write: SpendSinkOptions['write'];
  readonly #onDropped: SpendSinkOptions['onDropped'];
  readonly #clock: Clock;
  readonly #queue: SpendRecord[] = [];
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #failures = 0;

  /** @throws TypeError naming the invalid option. */
  constructor(options: SpendSinkOptions, clock: Clock) {
    const { write, onDropped, ...limits } = SPEND_SINK.parse(options);
    this.#options = limits;
    this.#write = write;
    this.#onDropped = onDropped;
    this.#clock = clock;
  }

  add(record: SpendRecord): void {
    this.#queue.push(record);
    if (this.#queue.length > this.#options.maxQueued) {
      this.#queue.shift();
      this.#tellDropped(1);
    }
    if (this.#failures > 0) return;
    if (this.#queue.length >= this.#options.maxBatch) this.#start();
    else this.#wait(this.#options.maxWaitMs);
  }

  /** Resolves when all waiting records are written, or all attempts at a batch have failed. */
  async flush(): Promise<void> {
    this.#stopWaiting();
    await this.#writing;
    for (let tries = 0; this.#queue.length > 0 && tries < FLUSH_TRIES; tries++) {
      const before = this.#queue.length;
      this.#start();
      await this.#writing;
      if (this.#queue.length < before) tries = -1;
    }
    this.#stopWaiting();
  }

  #stopWaiting(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#start();
    }, ms);
  }

  #start(): void {
    if (this.#writing !== undefined || this.#queue.length === 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing = this.#writeBatch().finally(() => {
      this.#writing = undefined;
      if (this.#queue.length === 0) return;
      if (this.#failures > 0) this.#wait(Math.min(RETRY_MS * 2 ** (this.#failures - 1), LONGEST_RETRY_MS));
      else if (this.#queue.length >= this.#options.maxBatch) this.#start();
      else this.#wait(this.#options.maxWaitMs);
    });
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#queue.splice(0, this.#options.maxBatch);
    try {
      await within(async () => this.#write(batch), WRITE_MS, this.#clock);
      this.#failures = 0;
    } catch {
      this.#failures++;
      this.#queue.unshift(...batch);
      const excess = this.#queue.length - this.#options.maxQueued;
      if (excess > 0) this.#tellDropped(this.#queue.splice(0, excess).length);
    }
  }

  #tellDropped(count: number): void {
    this.dropped += count;
    try {
      this.#onDropped?.(count);
    } catch {
      // The metrics count dropped records in any case.
    }
  }
}

async function within(work: () => Promise<void>, ms: number, clock: Clock): Promise<void> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.setTimer(() => reject(new Error(`The batch was not written within ${ms} ms.`)), ms);
  });
  await Promise.race([work(), late]).finally(() => timer?.cancel());
}
