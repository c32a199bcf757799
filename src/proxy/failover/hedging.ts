import type { ChatRequest } from '../../chat/types.js';
import type { Clock } from '../../contracts/clock.js';
import { CancelSource } from '../../util/cancellation.js';
import { SampleWindow } from '../../util/sample-window.js';
import type { Attempt, AttemptResult } from './attempt.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { pause } from './pause.js';
import type { EndpointState } from './endpoint-state.js';

/** A hedge starts once an endpoint has taken longer than this share of its recent responses. */
const DELAY_PERCENTILE = 0.95;
/** Responses that are needed before the percentile means anything. */
const MIN_SAMPLES = 20;

/**
 * Decides when a slow attempt gets a second one beside it (Dean and Barroso, "The Tail at Scale", 2013). The retry
 * budget limits how often.
 */
export class Hedging {
  readonly #clock: Clock;
  readonly #delayMs: number | undefined;
  readonly #durations = new WeakMap<EndpointState, SampleWindow>();

  constructor(clock: Clock, delayMs: number | undefined) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Milliseconds after which an attempt on the endpoint is hedged; `undefined`: too few samples. */
  delayFor(endpointState: EndpointState): number | undefined {
    return (
      this.#delayMs ?? this.#durations.get(endpointState)?.percentile(DELAY_PERCENTILE, this.#clock.now(), MIN_SAMPLES)
    );
  }

  /** The endpoint took `ms` for a whole response, or at least `ms` before a faster one superseded it. */
  record(endpointState: EndpointState, ms: number): void {
    let durations = this.#durations.get(endpointState);
    if (durations === undefined) {
      durations = new SampleWindow();
      this.#durations.set(endpointState, durations);
    }
    durations.add(ms, this.#clock.now());
  }
}

interface ResolvedHedging {
  readonly hedging: { readonly delayMs: number | undefined } | undefined;
  readonly retryNonIdempotent: boolean;
}

/** `undefined`: hedging is off. @throws TypeError if the two options contradict each other. */
export function hedgingFor({ hedging, retryNonIdempotent }: ResolvedHedging, clock: Clock): Hedging | undefined {
  if (hedging === undefined) return undefined;
  if (!retryNonIdempotent) {
    throw new TypeError('hedging sends a request to two providers, which retryNonIdempotent: false forbids.');
  }
  return new Hedging(clock, hedging.delayMs);
}

/** Request members with side effects or charges at the provider, which a hedge would cause twice. */
const SIDE_EFFECTS = [
  'store',
  'web_search_options',
  'plugins',
  'search_parameters',
  'enable_search',
  'background',
] as const;

/** Whether `request` may be sent to two providers: it asks for no stream and has no side effects. */
export function canBeHedged(request: ChatRequest): boolean {
  return request.stream !== true && !SIDE_EFFECTS.some((field) => (request[field] ?? false) !== false);
}

/** An attempt in progress, and the means to abort it. */
export interface RunningAttempt {
  readonly attempt: Attempt;
  readonly cancelSource: CancelSource;
  readonly result: Promise<AttemptResult>;
}

/** Resolves with true once the upstream has taken `ms`, with false if the attempt ends before. */
export async function takesLongerThan(ms: number, { attempt, result }: RunningAttempt, clock: Clock): Promise<boolean> {
  const ended = new CancelSource();
  const end = (): void => ended.abort();
  result.then(end, end);
  // Time spent in `apiKey()`, a signer or a hook does not count: it is no evidence about the upstream.
  while (!ended.aborted && attempt.upstreamElapsedMs < ms) await pause(ms - attempt.upstreamElapsedMs, clock, ended);
  return !ended.aborted;
}

/** How an attempt ended: with a result, or with the error of a hook. */
interface Settled {
  readonly runner: RunningAttempt;
  readonly result?: AttemptResult;
  readonly error?: unknown;
}

/**
 * Resolves with the first success. The loser is aborted and awaited first, so `attemptEnded` always fires for it before
 * it fires for the winner. Resolves with a failure if both attempts fail, or if the primary fails with one that no
 * further attempt can avoid.
 * @throws the error of a hook: of the primary at once, of the hedge only if the primary does not succeed either.
 */
export async function firstResponse(primary: RunningAttempt, hedge: RunningAttempt): Promise<AttemptResult> {
  const endings = [settled(primary), settled(hedge)] as const;
  const earlier = await Promise.race(endings);
  const [rival, rivalEnding] = earlier.runner === primary ? [hedge, endings[1]] : [primary, endings[0]];
  if (!endsTheRace(earlier, primary)) {
    const later = await rivalEnding;
    return resultOf(later.result instanceof UpstreamFailure && earlier.error !== undefined ? earlier : later);
  }
  if (earlier.result !== undefined) rival.attempt.supersede();
  rival.cancelSource.abort();
  const { result } = await rivalEnding;
  // Both responded in the same tick: the later response is not used.
  if (result !== undefined && !(result instanceof UpstreamFailure)) result.close('cancelled');
  return resultOf(earlier);
}

function settled(runner: RunningAttempt): Promise<Settled> {
  return runner.result.then(
    (result) => ({ runner, result }),
    (error: unknown) => ({ runner, error }),
  );
}

/**
 * The race ends on a success, on an exception from the primary, or on a failure from the primary after which no attempt
 * can succeed. Any other result waits for the other attempt.
 */
function endsTheRace({ runner, result, error }: Settled, primary: RunningAttempt): boolean {
  if (error !== undefined) return runner === primary;
  return !(result instanceof UpstreamFailure) || (runner === primary && result.rule.action === 'abort');
}

function resultOf({ result, error }: Settled): AttemptResult {
  if (error !== undefined) throw error;
  return result;
}
