import type { Clock } from '../../contracts/clock.js';
import type { Transport } from '../../contracts/transport.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../../request/context.js';
import type { HookRunner } from '../../request/hooks.js';
import type { EndpointStates } from './endpoint-states.js';

/** What attempts use of the gateway. */
export interface AttemptServices {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly endpointStates: EndpointStates;
  /** Whether clients get the upstream's own message for failures that concern the operator. */
  readonly upstreamErrors: 'summary' | 'message';
}

/** What all attempts of one request share. */
export interface AttemptContext {
  readonly context: RequestContext;
  readonly route: ResolvedRoute;
  readonly parts: AttemptServices;
  /** Monotonic time by which the whole request must have ended. */
  readonly deadline: number;
  /** The error for the client once `deadline` has passed. */
  deadlineError(): GatewayError;
  /**
   * Whether an earlier attempt of this request on `candidate` was refused because of the `stream_options` that the
   * gateway adds.
   */
  refusedStreamOptions(candidate: PlannedCandidate): boolean;
  /** Whether an earlier attempt of this request on `candidate` was refused because of reasoning of earlier responses. */
  refusedReasoning(candidate: PlannedCandidate): boolean;
}
