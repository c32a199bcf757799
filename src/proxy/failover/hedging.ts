import type { ChatRequest } from '../../chat/types.js';
import type { Clock } from '../../contracts/clock.js';
import { CancelSource } from '../../util/cancellation.js';
import { SampleWindow } from '../../util/sample-window.js';
import type { Attempt, AttemptResult } from './attempt.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { pause } from './pause.js';
import type { EndpointState } from './endpoint-state.js';

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
  readonly #delayMs: number | undefined;
  readonly #answerTimes = new WeakMap<EndpointState, SampleWindow>();

  constructor(clock: Clock, delayMs: number | undefined) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Milliseconds after which `target` takes long; `undefined` while nobody can tell. */
  delayFor(endpointState: EndpointState): number | undefined {
    return (
      this.#delayMs ?? this.#answerTimes.get(endpointState)?.percentile(PATIENT_SHARE, this.#clock.now(), LEAST_ANSWERS)
    );
  }

  /** `target` took `ms` for a whole answer, or at least so long before it was given up for a faster one. */
  record(endpointState: EndpointState, ms: number): void {
    let times = this.#answerTimes.get(endpointState);
    if (times === undefined) {
      times = new SampleWindow();
      this.#answerTimes.set(endpointState, times);
    }
    times.add(ms, this.#clock.now());
  }
}

interface ResolvedHedging {
  readonly hedging: { readonly delayMs: number | undefined } | undefined;
  readonly retryNonIdempotent: boolean;
}

/** `undefined`: no hedging. @throws TypeError where the two options contradict each other. */
export function hedgingFor({ hedging, retryNonIdempotent }: ResolvedHedging, clock: Clock): Hedging | undefined {
  if (hedging === undefined) return undefined;
  if (!retryNonIdempotent) {
    throw new TypeError('hedging asks two providers for one answer, and retryNonIdempotent: false forbids that.');
  }
  return new Hedging(clock, hedging.delayMs);
}

/** Members by which providers do more than answer: what they then do, or charge for, would be done twice. */
const EFFECTS = ['store', 'web_search_options', 'plugins', 'search_parameters', 'enable_search', 'background'] as const;

/** Whole answers only, and only where asking leaves nothing behind at a provider. */
export function canBeHedged(request: ChatRequest): boolean {
  return request.stream !== true && !EFFECTS.some((field) => (request[field] ?? false) !== false);
}

/** A call at work, and how to give it up. */
export interface Runner {
  readonly call: Attempt;
  readonly cancelSignal: CancelSource;
  readonly result: Promise<AttemptResult>;
}

/** True once the upstream of `runner` has been asked for `ms`; false where the call ends before. */
export async function takesLongerThan(ms: number, { call, result }: Runner, clock: Clock): Promise<boolean> {
  const ended = new CancelSource();
  const end = (): void => ended.abort();
  result.then(end, end);
  // What a hook and a key take is no slowness of the upstream, and until they are done nobody else may be asked.
  while (!ended.aborted && call.upstreamElapsedMs < ms) await pause(ms - call.upstreamElapsedMs, clock, ended);
  return !ended.aborted;
}

/** How a call ended: with a result, or with what a hook threw. */
interface Ending {
  readonly runner: Runner;
  readonly result?: AttemptResult;
  readonly error?: unknown;
}

/**
 * The first that brings an answer wins; the other one is given up, and has ended before anybody is told: accounts read in
 * which order calls end. A fault is the result where both fail, or where the first says that the request is wrong.
 * @throws what a hook throws: of the first at once, of the second where the first brings no answer either.
 */
export async function firstResponse(first: Runner, second: Runner): Promise<AttemptResult> {
  const endings = [endingOf(first), endingOf(second)] as const;
  const early = await Promise.race(endings);
  const [rival, rivals] = early.runner === first ? [second, endings[1]] : [first, endings[0]];
  if (!isDecided(early, first)) {
    const late = await rivals;
    return told(late.result instanceof UpstreamFailure && early.error !== undefined ? early : late);
  }
  if (early.result !== undefined) rival.call.supersede();
  rival.cancelSignal.abort();
  const { result } = await rivals;
  // Both answered in the same turn: the later answer is for nobody.
  if (result !== undefined && !(result instanceof UpstreamFailure)) result.close('cancelled');
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
  return !(result instanceof UpstreamFailure) || (runner === first && result.rule.action === 'abort');
}

function told({ result, error }: Ending): AttemptResult {
  if (error !== undefined) throw error;
  return result;
}
