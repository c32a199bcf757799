import type { Admission } from '../runtime/admission.js';
import { openContext, RequestContext, type ResponseGate, type Stage, type StageOutcome } from './context.js';
import type { Clock } from '../contracts/clock.js';
import { toGatewayError, type GatewayError } from '../errors/gateway-error.js';
import { hookState, type HookRunner } from './hooks.js';
import type { ErrorFormat } from '../errors/error-response.js';
import type { Middleware, Next } from '../http/middleware.js';
import { requestIdOf } from '../http/request-id.js';
import type { ResponseSink } from '../contracts/sink.js';
import { CaptureSink } from '../http/capture-sink.js';
import { HttpResponseSink } from '../http/response-sink.js';

export interface RunnerParts {
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly errorHandling: 'respond' | 'next';
  readonly errorFormat: ErrorFormat;
  readonly admission?: Admission | undefined;
  /** These are chat requests: observers are notified. */
  readonly observed?: boolean | undefined;
  /** Runs the stages inside a scope, such as an active span. */
  readonly scope?: (<T>(context: RequestContext, work: () => T) => T) | undefined;
}

/** A client that reads nothing for this long is disconnected. */
const WRITE_STALL_MS = 30_000;

/**
 * Stages in a row as one middleware: the only bridge between promises and `next`, and the only place where an error
 * becomes a response. It never rejects: Express 4 and Connect would leave the client waiting.
 */
export function runStages(stages: readonly Stage[], parts: RunnerParts): Middleware {
  const sinkOptions = { clock: parts.clock, errorFormat: parts.errorFormat, writeStallMs: WRITE_STALL_MS };
  const sinkTo = (context: RequestContext): HttpResponseSink => new HttpResponseSink(context.res, context, sinkOptions);
  const sinkOf = parts.hooks.capturesResponses ? capturing(sinkTo, parts.hooks) : sinkTo;

  return function nordlysProxy(req, res, next) {
    const context = openContext(req, () => new RequestContext(req, res, requestIdOf(req), parts.clock.now(), sinkOf));
    if (parts.observed === true) parts.hooks.requestBegan(context);
    const outcome =
      parts.scope === undefined ? run(context, stages, parts) : parts.scope(context, () => run(context, stages, parts));
    outcome.then(
      (outcome) => {
        if (parts.observed === true) parts.hooks.requestEnded(context, undefined);
        // Outside of the promise: an exception of a later handler must not come back here and call `next` twice.
        if (outcome === 'next' && next !== undefined) process.nextTick(next);
      },
      (thrown: unknown) => {
        const error = toGatewayError(thrown);
        respondWithError(context, error, parts, next);
        if (parts.observed === true) parts.hooks.requestEnded(context, error);
      },
    );
  };
}

/** Captures what `afterResponse` may read, behind the guards: what they removed is not captured. */
function capturing(sinkTo: (context: RequestContext) => ResponseSink, hooks: HookRunner) {
  return (context: RequestContext): ResponseSink => {
    const sink = new CaptureSink(sinkTo(context), hooks.captureOf(context));
    context.captured = sink;
    return sink;
  };
}

async function run(
  context: RequestContext,
  stages: readonly Stage[],
  { admission, hooks, clock }: RunnerParts,
): Promise<'next' | 'responded'> {
  try {
    admission?.enter(context);
    for (const stage of stages) {
      const outcome = stage(context);
      if ((outcome instanceof Promise ? await unlessRejected(context, outcome) : outcome) === 'responded') {
        if (context.responseGate !== undefined) await guardedEnd(context, context.responseGate);
        // `afterResponse` is for chat responses only, not for `/models` or `/metrics`.
        const isChat = context.request !== undefined || context.served !== undefined;
        if (isChat) hooks.watch('afterResponse', () => responseState(context, clock));
        return 'responded';
      }
    }
    return 'next';
  } finally {
    admission?.leave(context);
  }
}

/** An error of the host's code: the client gets no detail, so the host must. Without a cause the host threw it on purpose. */
function isHostCodeFailure({ code, cause }: GatewayError): boolean {
  return code === 'internal_error' || (code === 'authentication_unavailable' && cause !== undefined);
}

/** The result of `stage`, cut short where a guard blocks. */
function unlessRejected({ responseGate }: RequestContext, stage: Promise<StageOutcome>): Promise<StageOutcome> {
  return responseGate === undefined ? stage : responseGate.unlessRejected(stage);
}

/** Waits for the last verdict of the guards. @throws GatewayError for a block before anything was sent to the client */
async function guardedEnd(context: RequestContext, gate: ResponseGate): Promise<void> {
  const { blocked, error } = await gate.settled();
  if (error !== undefined) throw error;
  if (!blocked) return;
  const { usage, costUsd, firstTokenMs } = context.outcome ?? NO_OUTCOME;
  context.outcome = { complete: false, finishReason: 'content_filter', usage, costUsd, firstTokenMs };
}

const NO_OUTCOME = { usage: undefined, costUsd: undefined, firstTokenMs: undefined };

function respondWithError(
  context: RequestContext,
  error: GatewayError,
  { hooks, errorHandling }: RunnerParts,
  next: Next | undefined,
): void {
  const gate = context.responseGate?.error === error ? context.responseGate : undefined;
  // Subscribers of a shared upstream call get the error even when this request's own client has disconnected.
  if (gate === undefined ? context.cancelSignal.aborted : context.client.aborted) return;
  hooks.watch('onError', () => ({ ...hookState(context), error }));
  const hostResponds =
    errorHandling === 'next' && next !== undefined && !context.client.aborted && !context.res.headersSent;
  if (isHostCodeFailure(error) && !hostResponds) hooks.reportInternalError(error);
  if (hostResponds) {
    // The host responds instead of the gateway: its closing the response is no client abort.
    context.client.responded();
    // Outside of the promise: an exception of the host's handler belongs to the host.
    process.nextTick(next, error);
    return;
  }
  try {
    // A block is this client's own: requests that share the upstream call have guards of their own.
    (gate ?? context.sink).fail(error);
  } catch {
    // The error could not be written: close the connection so that the client does not wait.
    context.res.destroy();
  }
}

function responseState(
  context: RequestContext,
  clock: Clock,
): Parameters<NonNullable<HookRunner['hooks']['afterResponse']>>[0] {
  const { served, outcome } = context;
  return {
    ...hookState(context),
    // A cache hit by body bytes was served without parsing; parse when a hook reads `request`.
    get request() {
      return (context.request ??= context.readRequest!());
    },
    provider: served?.provider,
    model: served?.model,
    slug: served?.slug,
    attempts: context.attempts,
    cache: context.cacheStatus,
    complete: outcome?.complete ?? false,
    finishReason: outcome?.finishReason,
    usage: outcome?.usage,
    callerKey: served?.callerKey === true,
    costUsd: outcome?.costUsd,
    estimated: outcome?.estimated ?? false,
    durationMs: clock.now() - context.startedAt,
    firstTokenMs: outcome?.firstTokenMs,
    router: context.router,
    response: () => context.captured?.completion(),
  };
}
