import type { ChatRequest } from '../../chat/types.js';
import type { Clock } from '../../contracts/clock.js';
import { GatewayError, isGatewayError } from '../../errors/gateway-error.js';
import type { PlannedCandidate } from '../../request/context.js';
import type { CancelSignal } from '../../util/cancellation.js';
import type { UpstreamExchange } from '../response/upstream-exchange.js';
import type { UpstreamResponse } from '../response/upstream-response.js';
import { UpstreamFailure } from '../upstream-failure.js';
import type { AttemptContext } from './attempt-context.js';
import type { AttemptLog } from './attempt-log.js';
import { AttemptPreparation } from './attempt-preparation.js';
import { AttemptRecorder, type CancelOutcome, type CommittedEnd } from './attempt-recorder.js';
import type { Selection } from './candidate-selector.js';
import type { EndpointState } from './endpoint-state.js';

/** A response past its commit point, and its attempt. */
export interface CommittedResponse {
  readonly response: UpstreamResponse;
  readonly candidate: PlannedCandidate;
  readonly exchange: UpstreamExchange;
  readonly log: AttemptLog;
  /**
   * Records how the response ended. Must be called; only the first call counts.
   * @param error - the error event that the client got, if the response was truncated
   */
  close(end: CommittedEnd, error?: GatewayError): void;
}

/** Result of an attempt; `undefined`: it was cancelled before the commit point. */
export type AttemptResult = CommittedResponse | UpstreamFailure | undefined;

/**
 * - `preparing`: the host's own code may be running; nothing has been sent
 * - `in-flight`: the upstream has the request, and no content has arrived
 * - `committed`: the first content chunk has arrived; the response is being sent to the client
 * - `ended`: recorded
 */
type State = 'preparing' | 'in-flight' | 'committed' | 'ended';

/**
 * One upstream call of a request, from its preparation to the end of its response. `AttemptPreparation` builds the
 * call, `UpstreamExchange` makes it, and `AttemptRecorder` records how it ended, exactly once.
 */
export class Attempt {
  readonly candidate: PlannedCandidate;
  readonly endpointState: EndpointState;
  readonly #clock: Clock;
  readonly #cancelSignal: CancelSignal;
  readonly #preparation: AttemptPreparation;
  readonly #recorder: AttemptRecorder;
  #state: State = 'preparing';
  #sentAt: number | undefined;
  #cancelOutcome: CancelOutcome = 'cancelled';

  /** @param cancelSignal - aborts when the result of this attempt is not wanted any more */
  constructor(shared: AttemptContext, selection: Selection, cancelSignal: CancelSignal) {
    this.candidate = selection.candidate;
    this.endpointState = selection.endpointState;
    this.#clock = shared.parts.clock;
    this.#cancelSignal = cancelSignal;
    this.#preparation = new AttemptPreparation(shared, selection, cancelSignal);
    this.#recorder = new AttemptRecorder(shared, selection);
  }

  /** What is sent: the client's request, or the one that `beforeAttempt` returned. */
  get request(): ChatRequest {
    return this.#preparation.request;
  }

  /** Milliseconds since the request was sent upstream; 0 if nothing has been sent. */
  get upstreamElapsedMs(): number {
    return this.#sentAt === undefined ? 0 : this.#clock.now() - this.#sentAt;
  }

  /** @throws GatewayError if the `beforeAttempt` hook throws. */
  async run(): Promise<AttemptResult> {
    const prepared = await this.#preparation.run(this.#recorder.log.attempt).catch((error: unknown) => {
      this.#state = 'ended';
      this.#recorder.endedByHook();
      throw hookError(error);
    });
    if (prepared === undefined) return this.#cancelled();
    if (prepared instanceof UpstreamFailure) return this.#failed(prepared);

    const { exchange } = prepared;
    this.#recorder.sent(prepared);
    this.#sentAt = this.#clock.now();
    this.#state = 'in-flight';
    const unsubscribe = this.#cancelSignal.onAbort(() => exchange.cancel());
    const result = await exchange.run();
    if (result.kind === 'response') return this.#committed(result.response, exchange, unsubscribe);
    unsubscribe();
    return result.kind === 'failure' ? this.#failed(result.failure) : this.#cancelled();
  }

  /** Another attempt of the request has responded first: the cancellation that follows is recorded as `superseded`. */
  supersede(): void {
    this.#cancelOutcome = 'superseded';
  }

  #committed(response: UpstreamResponse, exchange: UpstreamExchange, unsubscribe: () => void): CommittedResponse {
    this.#state = 'committed';
    this.#recorder.committed(exchange.firstTokenMs);
    const close: CommittedResponse['close'] = (end, error) => {
      if (this.#state !== 'committed') return;
      this.#state = 'ended';
      unsubscribe();
      this.#recorder.responseEnded(end, error, this.#cancelOutcome);
    };
    return { response, candidate: this.candidate, exchange, log: this.#recorder.log, close };
  }

  #failed(failure: UpstreamFailure): UpstreamFailure {
    this.#state = 'ended';
    this.#recorder.failed(failure);
    return failure;
  }

  #cancelled(): undefined {
    this.#state = 'ended';
    this.#recorder.cancelled(this.#cancelOutcome);
  }
}

/** A `GatewayError` of the hook is a refusal and reaches the client as it is; anything else is a bug of the host. */
function hookError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  return new GatewayError('internal_error', 'A hook of the gateway failed.', { cause: error });
}
