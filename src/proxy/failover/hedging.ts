import type { ChatRequest } from '../../chat/types.js';
import type { Clock } from '../../contracts/clock.js';
import { OwnedLifeline } from '../../util/cancellation.js';
import { isObject, knownMembers, optionalMilliseconds, refusal } from '../../options/checks.js';
import type { ProxyOptions } from '../../options/types.js';
import { SampleWindow } from '../../util/sample-window.js';
import type { Call, CallResult } from './attempt.js';
import { Fault } from '../upstream-failure.js';
import { pause } from './pause.js';
import type { Target } from './endpoint-state.js';

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

/** Members by which providers do more than answer: what they then do, or charge for, would be done twice. */
const EFFECTS = ['store', 'web_search_options', 'plugins', 'search_parameters', 'enable_search', 'background'] as const;

/** Whole answers only, and only where asking leaves nothing behind at a provider. */
export function canBeHedged(request: ChatRequest): boolean {
  return request.stream !== true && !EFFECTS.some((field) => (request[field] ?? false) !== false);
}

/** A call at work, and how to give it up. */
export interface Runner {
  readonly call: Call;
  readonly lifeline: OwnedLifeline;
  readonly result: Promise<CallResult>;
}

/** True once the upstream of `runner` has been asked for `ms`; false where the call ends before. */
export async function takesLongerThan(ms: number, { call, result }: Runner, clock: Clock): Promise<boolean> {
  const ended = new OwnedLifeline();
  const end = (): void => ended.end();
  result.then(end, end);
  // What a hook and a key take is no slowness of the upstream, and until they are done nobody else may be asked.
  while (!ended.gone && call.askedForMs < ms) await pause(ms - call.askedForMs, clock, ended);
  return !ended.gone;
}

/** How a call ended: with a result, or with what a hook threw. */
interface Ending {
  readonly runner: Runner;
  readonly result?: CallResult;
  readonly error?: unknown;
}

/**
 * The first that brings an answer wins; the other one is given up, and has ended before anybody is told: accounts read in
 * which order calls end. A fault is the result where both fail, or where the first says that the request is wrong.
 * @throws what a hook throws: of the first at once, of the second where the first brings no answer either.
 */
export async function firstAnswer(first: Runner, second: Runner): Promise<CallResult> {
  const endings = [endingOf(first), endingOf(second)] as const;
  const early = await Promise.race(endings);
  const [rival, rivals] = early.runner === first ? [second, endings[1]] : [first, endings[0]];
  if (!isDecided(early, first)) {
    const late = await rivals;
    return told(late.result instanceof Fault && early.error !== undefined ? early : late);
  }
  if (early.result !== undefined) rival.call.outrun();
  rival.lifeline.end();
  const { result } = await rivals;
  // Both answered in the same turn: the later answer is for nobody.
  if (result !== undefined && !(result instanceof Fault)) result.close('cancelled');
  return told(early);
}

function endingOf(runner: Runner): Promise<Ending> {
  return runner.result.then(
    (result) => ({ runner, result }),
    (error: unknown) => ({ runner, error }),
  );
}

/** What the second comes to is a matter of the first as long as that may still answer, unless it is the answer. */
function isDecided({ runner, result, error }: Ending, first: Runner): boolean {
  if (error !== undefined) return runner === first;
  return !(result instanceof Fault) || (runner === first && result.rule.move === 'stop');
}

function told({ result, error }: Ending): CallResult {
  if (error !== undefined) throw error;
  return result;
}
