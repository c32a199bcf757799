import type { AttemptRecord } from '../contracts/hooks.js';
import type { EventLogger, SpanAttributes } from '../contracts/observability.js';
import type { Endpoint } from '../contracts/routing.js';
import type { RequestContext } from '../request/context.js';
import type { Observer } from '../request/hooks.js';
import type { ContentAttributes } from './content.js';
import { endpointAttributes } from './gen-ai.js';
import type { ResponseWatch } from './response-watch.js';
import { currentRequestAttributes, put, putOutcome, putCurrentResponse, requestAttributes } from './span-attributes.js';

const DETAILS = 'gen_ai.client.inference.operation.details';
const EXCEPTION = 'gen_ai.client.operation.exception';

// OpenTelemetry's SeverityNumber.
const INFO = 9;
const WARN = 13;

/** Outcomes of calls that did not fail: the client left, or another call was faster. */
const NO_FAILURES: ReadonlySet<string> = new Set(['ok', 'cancelled', 'superseded']);

/** The events of v0.1.0 of the conventions, for each upstream call as it ends. Emitted within the request's span. */
export class CallEvents implements Observer {
  readonly #logger: EventLogger;
  readonly #captured: ContentAttributes | undefined;
  readonly #watch: ResponseWatch | undefined;

  constructor(logger: EventLogger, captured: ContentAttributes | undefined, watch: ResponseWatch | undefined) {
    this.#logger = logger;
    this.#captured = captured;
    this.#watch = watch;
  }

  attemptEnded(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    const failure = NO_FAILURES.has(attempt.outcome) ? undefined : attempt.outcome;
    const attributes = this.#callAttributes(context, endpoint, failure);
    try {
      const output = this.#watch?.of(context)?.output;
      if (this.#captured !== undefined) Object.assign(attributes, this.#captured.of(context, output));
    } finally {
      this.#logger.emit({ eventName: DETAILS, severityNumber: INFO, attributes });
      if (failure !== undefined) this.#emitException(endpoint, attempt, failure);
    }
  }

  #callAttributes(context: RequestContext, endpoint: Endpoint, failure: string | undefined): SpanAttributes {
    const attributes: SpanAttributes = {
      ...endpointAttributes(endpoint),
      ...requestAttributes(context.request),
      ...currentRequestAttributes(context),
    };
    if (context.outcome !== undefined) {
      putOutcome(attributes, context.outcome);
      putCurrentResponse(attributes, context.outcome, this.#watch?.of(context));
    }
    put(attributes, 'error.type', failure);
    return attributes;
  }

  /** Without `exception.message`, which may quote the request. */
  #emitException(endpoint: Endpoint, { status }: AttemptRecord, failure: string): void {
    const attributes: SpanAttributes = {
      ...endpointAttributes(endpoint),
      'error.type': failure,
      'exception.type': failure,
    };
    put(attributes, 'http.response.status_code', status);
    this.#logger.emit({ eventName: EXCEPTION, severityNumber: WARN, attributes });
  }
}
