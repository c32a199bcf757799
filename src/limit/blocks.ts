import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../contracts/clock.js';
import type { LimitBlock } from '../contracts/limits.js';
import { optionError, text } from '../options/checks.js';
import { isRecord } from '../util/json-object.js';
import type { ResilientStore } from './resilient-store.js';
import type { Rule } from './rules.js';

/** Maximum age of the list of blocks, in milliseconds. */
const FRESH_MS = 1_000;
/** A process that has not synchronised for this time counts as ended, in milliseconds. */
const PROCESS_TTL_MS = 15_000;

/** @throws TypeError for an invalid block, or one whose `by` is no property of callers and no rule. */
export function parseBlock(block: LimitBlock, rules: readonly Rule[]): { subject: string; untilMs: number } {
  if (!isRecord(block)) throw optionError('limits.block', 'must be { by, key, untilMs }', block);
  const { by, key, untilMs } = block;
  if (typeof untilMs !== 'number' || !Number.isFinite(untilMs)) {
    throw optionError('limits.block: untilMs', 'must be Unix time in milliseconds', untilMs);
  }
  const known = new Set(['caller', 'tenant', 'team', 'session', 'model', ...rules.map(({ name }) => name)]);
  if (!known.has(by)) throw optionError('limits.block: by', `must be one of ${[...known].join(', ')}`, by);
  return { subject: `${by} ${text('limits.block: key', key)}`, untilMs };
}

/** An open request, as blocks see it. */
export interface Blockable {
  /** `<by> <key>` of each subject that the request counts for. */
  readonly subjects: () => readonly string[];
  /** Its index among the open requests. */
  place: number | undefined;
  /** Ends the request in any state. */
  abort(untilMs: number, subject: string): void;
}

/** Blocked subjects of all processes that share the store. Synchronised each second while requests are open. */
export class Blocks {
  readonly #store: ResilientStore;
  readonly #clock: Clock;
  readonly #process = randomUUID();
  readonly #open: Blockable[] = [];
  /** Subjects that were blocked here, which the store may not know yet. */
  readonly #own = new Map<string, number>();
  #shared = new Map<string, number>();
  #syncedAt = -Infinity;
  #syncing: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(store: ResilientStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The block that applies to one of `subjects`, which are only computed if a block exists. */
  find(subjects: () => readonly string[]): { readonly subject: string; readonly untilMs: number } | undefined {
    return this.#shared.size === 0 && this.#own.size === 0 ? undefined : this.#find(subjects());
  }

  add(request: Blockable): void {
    request.place = this.#open.push(request) - 1;
    this.#scheduleRefresh();
  }

  remove(request: Blockable): void {
    const { place } = request;
    if (place === undefined) return;
    request.place = undefined;
    // The last request moves to the index of the removed one.
    const last = this.#open.pop()!;
    if (last === request) return;
    this.#open[place] = last;
    last.place = place;
  }

  /** @throws what the store throws; the block applies in this process nevertheless. */
  async block(subject: string, untilMs: number): Promise<void> {
    if (untilMs > this.#clock.wallNow()) this.#own.set(subject, untilMs);
    else {
      this.#own.delete(subject);
      this.#shared.delete(subject);
    }
    this.#abortBlocked();
    await this.#store.block(subject, untilMs);
  }

  /** Resolves when the list was read for the first time, so that a new process does not serve a blocked caller. */
  ready(): Promise<void> | undefined {
    this.#refresh();
    return this.#syncedAt === -Infinity ? this.#syncing : undefined;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #refresh(): void {
    if (this.#syncing !== undefined || this.#clock.now() - this.#syncedAt < FRESH_MS) return this.#scheduleRefresh();
    this.#syncing = this.#sync().finally(() => {
      this.#syncing = undefined;
      this.#scheduleRefresh();
    });
  }

  /** Open requests must be ended when they are blocked, even if no new request triggers a refresh. */
  #scheduleRefresh(): void {
    if (this.#open.length === 0) return;
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#refresh();
    }, FRESH_MS);
  }

  async #sync(): Promise<void> {
    const sync = await this.#store.sync(this.#process, PROCESS_TTL_MS);
    this.#syncedAt = this.#clock.now();
    if (sync === undefined) return;
    this.#shared = new Map(sync.blocks.map(({ subject, untilMs }) => [subject, untilMs]));
    const now = this.#clock.wallNow();
    for (const [subject, untilMs] of this.#own) if (untilMs <= now) this.#own.delete(subject);
    this.#abortBlocked();
  }

  #abortBlocked(): void {
    if (this.#shared.size === 0 && this.#own.size === 0) return;
    // Aborted requests remove themselves from the list during the loop.
    for (const request of this.#open.slice()) {
      const found = this.#find(request.subjects());
      if (found !== undefined) request.abort(found.untilMs, found.subject);
    }
  }

  #find(subjects: readonly string[]): { readonly subject: string; readonly untilMs: number } | undefined {
    const now = this.#clock.wallNow();
    for (const subject of subjects) {
      const untilMs = Math.max(this.#shared.get(subject) ?? 0, this.#own.get(subject) ?? 0);
      if (untilMs > now) return { subject, untilMs };
    }
    return undefined;
  }
}
