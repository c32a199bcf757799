import type { Admission } from '../runtime/admission.js';
import { openContext, RequestContext, type Stage } from './context.js';
import type { Clock } from '../contracts/clock.js';
import { toGatewayError, type GatewayError } from '../errors/gateway-error.js';
import { hookState, type HookRunner } from './hooks.js';
import type { ErrorFormat } from '../errors/error-response.js';
import type { Middleware, Next } from '../http/middleware.js';
import { requestIdOf } from '../http/request-id.js';
import { HttpResponseSink } from '../http/response-sink.js';

export interface RunnerParts {
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly errorHandling: 'respond' | 'next';
  readonly errorFormat: ErrorFormat;
  readonly admission?: Admission | undefined;
  /** These are chat requests, which observers are told of. */
  readonly observed?: boolean | undefined;
  /** Runs the stages of a request within something: an active span. */
  readonly scope?: (<T>(context: RequestContext, work: () => T) => T) | undefined;
}

/** A client that reads nothing for this long is let go. */
const WRITE_STALL_MS = 30_000;

/**
 * Stages in a row as one middleware: the only bridge between promises and `next`, and the only place where an error
 * becomes an answer. It never rejects: Express 4 and Connect would leave the client hanging.
 */
export function runStages(stages: readonly Stage[], parts: RunnerParts): Middleware {
  const sinkOptions = { clock: parts.clock, errorFormat: parts.errorFormat, writeStallMs: WRITE_STALL_MS };
  const sinkOf = (context: RequestContext): HttpResponseSink => new HttpResponseSink(context.res, context, sinkOptions);

  return function nordlysProxy(req, res, next) {
    const context = openContext(req, () => new RequestContext(req, res, requestIdOf(req), parts.clock.now(), sinkOf));
    if (parts.observed === true) parts.hooks.requestBegan(context);
    const outcome =
      parts.scope === undefined ? run(context, stages, parts) : parts.scope(context, () => run(context, stages, parts));
    outcome.then(
      (outcome) => {
        if (parts.observed === true) parts.hooks.requestEnded(context, undefined);
        // Out of the promise: what a later handler throws must not come back here and call `next` twice.
        if (outcome === 'next' && next !== undefined) process.nextTick(next);
      },
      (thrown: unknown) => {
        const error = toGatewayError(thrown);
        answerError(context, error, parts, next);
        if (parts.observed === true) parts.hooks.requestEnded(context, error);
      },
    );
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
      if ((outcome instanceof Promise ? await outcome : outcome) === 'responded') {
        // A list of models, a page of metrics: no answer of anybody.
        const isChat = context.request !== undefined || context.served !== undefined;
        if (isChat) hooks.watch('afterResponse', () => answerState(context, clock));
        return 'responded';
      }
    }
    return 'next';
  } finally {
    admission?.leave(context);
  }
}

function answerError(
  context: RequestContext,
  error: GatewayError,
  { hooks, errorHandling }: RunnerParts,
  next: Next | undefined,
): void {
  // Others may share this request's upstream call: they are told, even when its own client has left.
  if (context.cancelSignal.aborted) return;
  hooks.watch('onError', () => ({ ...hookState(context), error }));
  const hostAnswers =
    errorHandling === 'next' && next !== undefined && !context.client.aborted && !context.res.headersSent;
  if (error.code === 'internal_error' && !hostAnswers) hooks.reportInternalError(error);
  if (hostAnswers) {
    // The host's answer stands for ours, and is no departure of the client.
    context.client.answered();
    // Out of the promise: what the host's handler throws is the host's.
    process.nextTick(next, error);
    return;
  }
  try {
    context.sink.fail(error);
  } catch {
    // Not even the error can be said: whoever waits must at least not wait for ever.
    context.res.destroy();
  }
}

function answerState(
  context: RequestContext,
  clock: Clock,
): Parameters<NonNullable<HookRunner['hooks']['afterResponse']>>[0] {
  const { served, outcome } = context;
  return {
    ...hookState(context),
    // A repeat is answered unread: it is read for those who ask.
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
    costUsd: outcome?.costUsd,
    estimated: outcome?.estimated ?? false,
    durationMs: clock.now() - context.startedAt,
    firstTokenMs: outcome?.firstTokenMs,
  };
}
