import type { ChatRequest } from '../chat/types.js';
import type { Clock } from '../contracts/clock.js';
import { OwnedLifeline } from '../http/presence.js';
import { isObject, knownMembers, optionalMilliseconds, refusal } from '../option-checks.js';
import type { ProxyOptions } from '../options.js';
import { SampleWindow } from '../sample-window.js';
import type { Call, CallResult, FoundAnswer } from './call.js';
import { Fault } from './faults.js';
import { pause } from './pause.js';
import type { Target } from './target.js';

/** Slower than all but a twentieth of its answers: what waits longer is worth a second question. */
const PATIENT_SHARE = 0.95;
/** Fewer answers than this say nothing of what is slow. */
const LEAST_ANSWERS = 20;

/**
 * When a second endpoint is asked beside one that takes long (Dean and Barroso, "The Tail at Scale", 2013). What it may
 * cost is the retry budget's to say.
 */
export class Hedging {
  readonly #clock: Clock;
  readonly #afterMs: number | undefined;
  readonly #answerTimes = new WeakMap<Target, SampleWindow>();

  constructor(clock: Clock, afterMs: number | undefined) {
    this.#clock = clock;
    this.#afterMs = afterMs;
  }

  /** Milliseconds after which `target` takes long; `undefined` while nobody can tell. */
  delayFor(target: Target): number | undefined {
    return this.#afterMs ?? this.#answerTimes.get(target)?.percentile(PATIENT_SHARE, this.#clock.now(), LEAST_ANSWERS);
  }

  /** `target` took `ms` for a whole answer, or at least so long before it was given up for a faster one. */
  learn(target: Target, ms: number): void {
    let times = this.#answerTimes.get(target);
    if (times === undefined) {
      times = new SampleWindow();
      this.#answerTimes.set(target, times);
    }
    times.add(ms, this.#clock.now());
  }
}

/** @throws TypeError for an option that is wrong. `undefined`: no hedging. */
export function hedgingOf({ hedge, retryAmbiguous }: ProxyOptions, clock: Clock): Hedging | undefined {
  if (hedge === undefined || hedge === null || hedge === false) return undefined;
  if (hedge !== true && !isObject(hedge)) throw refusal('hedge', 'must be true, false or { afterMs }', hedge);
  if (retryAmbiguous === false) {
    throw new TypeError('hedge asks two providers for one answer, and retryAmbiguous: false forbids that.');
  }
  if (hedge === true) return new Hedging(clock, undefined);
  const { afterMs } = knownMembers('hedge', hedge, ['afterMs']);
  return new Hedging(clock, optionalMilliseconds('hedge.afterMs', afterMs));
}

/** Asking twice is asking for one answer twice as long as nothing is left behind at the provider, and nothing is streamed. */
export function canBeHedged({ stream, store, web_search_options }: ChatRequest): boolean {
  return stream !== true && store !== true && (web_search_options === undefined || web_search_options === null);
}

/** Waits for `running`, but no longer than `ms`: false when it still runs then. */
export async function settlesWithin(ms: number, running: Promise<unknown>, clock: Clock): Promise<boolean> {
  const settled = new OwnedLifeline();
  const settle = (): void => settled.end();
  running.then(settle, settle);
  await pause(ms, clock, settled);
  return settled.gone;
}

/** A call at work, and how to give it up. */
export interface Runner {
  readonly call: Call;
  readonly lifeline: OwnedLifeline;
  readonly result: Promise<CallResult>;
}

/**
 * The first that brings an answer wins, and the other one is given up. A fault is the result only where both fail.
 * @throws what a hook throws, of either.
 */
export function firstAnswer(one: Runner, other: Runner): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    let failed = false;
    let settled = false;
    const race = (runner: Runner, rival: Runner): void => {
      runner.result.then(
        (result) => {
          // Both answered in the same turn: the later answer is for nobody.
          if (settled) return closeUnread(result);
          if (result instanceof Fault && !failed) {
            failed = true;
            return undefined;
          }
          settled = true;
          if (isAnswer(result)) rival.call.outrun();
          rival.lifeline.end();
          return resolve(result);
        },
        (error: unknown) => {
          settled = true;
          rival.lifeline.end();
          reject(error as Error);
        },
      );
    };
    race(one, other);
    race(other, one);
  });
}

function isAnswer(result: CallResult): result is FoundAnswer {
  return result !== undefined && !(result instanceof Fault);
}

function closeUnread(result: CallResult): void {
  if (isAnswer(result)) result.close('cancelled');
}
