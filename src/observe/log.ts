import type { ResponseOutcome, RequestContext } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { AttemptRecord } from '../contracts/hooks.js';
import type { Logger } from '../contracts/observability.js';
import type { Endpoint } from '../contracts/routing.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { framesOf, type Observer } from '../request/hooks.js';
import { clientStatus, upstreamErrorFor } from './request-facts.js';

/**
 * One line per request (`info`, or `warn` and `error` where something went wrong), one per failed upstream call
 * (`warn`), one per good one (`debug`). Only numbers, names that the operator gave, closed sets of values, and the
 * upstream's message of a fault of the operator (redacted): messages of errors that are the caller's own may quote
 * the request, so they stay out.
 */
export class RequestLog implements Observer {
  readonly #logger: Logger;
  readonly #clock: Clock;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  attemptEnded({ requestId }: RequestContext, { provider, model, slug }: Endpoint, record: AttemptRecord): void {
    const { attempt, callerKey, outcome, status, durationMs, firstTokenMs, possiblyBilled } = record;
    const facts = {
      requestId,
      attempt,
      provider: provider.slug,
      model,
      endpoint: slug,
      ...ownKeyFact(callerKey),
      outcome,
      status,
      durationMs: rounded(durationMs),
      firstTokenMs: rounded(firstTokenMs),
      possiblyBilled,
      ...failureFacts(record),
    };
    if (outcome === 'ok' || outcome === 'cancelled' || outcome === 'superseded')
      this.#logger.debug(facts, 'upstream call ended');
    else this.#logger.warn(facts, 'upstream call failed');
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    const { requestId, caller, route, served, attempts, cacheStatus, outcome } = context;
    const facts = {
      requestId,
      caller: caller?.id,
      model: served?.model ?? route?.model,
      provider: served?.provider,
      endpoint: served?.slug,
      ...ownKeyFact(served?.callerKey),
      status: clientStatus(context, error),
      ...(context.isDryRun && { dryRun: true }),
      attempts: attempts.length,
      cache: cacheStatus,
      durationMs: rounded(this.#clock.now() - context.startedAt),
      ...(outcome === undefined ? {} : outcomeFacts(outcome)),
    };
    if (error !== undefined) this.#logError(error, facts, context.client.aborted);
    else if (context.client.aborted) this.#logger.info(facts, 'client left');
    else if (outcome?.complete === false) this.#logger.warn(facts, 'response incomplete');
    else this.#logger.info(facts, 'responded');
  }

  hookFailed(hook: string, error: unknown): void {
    this.#logger.error({ hook, cause: withoutWords(error) }, 'hook threw');
  }

  #logError(error: GatewayError, facts: object, clientGone: boolean): void {
    const details = { ...facts, code: error.code, param: error.param };
    if (clientGone || error.status < 500) this.#logger.info(details, 'refused');
    else if (error.code !== 'internal_error') this.#logger.warn(details, 'failed');
    else this.#logger.error({ ...details, cause: withoutWords(error.cause) }, 'failed');
  }
}

/** Written only where true: most lines do not need it. */
function ownKeyFact(callerKey: boolean | undefined): object {
  return callerKey === true ? { callerKey } : {};
}

function failureFacts(record: AttemptRecord): object {
  const { sent, received } = record;
  const upstreamError = upstreamErrorFor(record);
  return { ...(sent && { sent }), ...(received && { received }), ...(upstreamError && { upstreamError }) };
}

function outcomeFacts({ complete, finishReason, usage, costUsd, firstTokenMs }: ResponseOutcome): object {
  return {
    complete,
    finishReason,
    promptTokens: usage?.prompt_tokens,
    completionTokens: usage?.completion_tokens,
    costUsd,
    firstTokenMs: rounded(firstTokenMs),
  };
}

/** Where an error came from, without its message. */
function withoutWords(cause: unknown): object | undefined {
  if (!(cause instanceof Error)) return undefined;
  return { name: cause.name, stack: framesOf(cause).join('\n') };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 100) / 100;
}
