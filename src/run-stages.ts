import type { Admission } from './admission.js';
import { openContext, RequestContext, type Stage } from './context.js';
import type { Clock } from './contracts/clock.js';
import { toGatewayError, type GatewayError } from './errors.js';
import { hookState, type HookRunner } from './hooks.js';
import type { ErrorFormat } from './http/error-body.js';
import type { Middleware, Next } from './http/middleware.js';
import { requestIdOf } from './http/request-id.js';
import { ResponseSink } from './http/response-sink.js';

export interface RunnerParts {
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly onError: 'respond' | 'next';
  readonly errorFormat: ErrorFormat;
  readonly admission?: Admission | undefined;
}

/** A client that reads nothing for this long is let go. */
const WRITE_STALL_MS = 30_000;

/**
 * Stages in a row as one middleware: the only bridge between promises and `next`, and the only place where an error
 * becomes an answer. It never rejects: Express 4 and Connect would leave the client hanging.
 */
export function runStages(stages: readonly Stage[], parts: RunnerParts): Middleware {
  const sinkOptions = { clock: parts.clock, errorFormat: parts.errorFormat, writeStallMs: WRITE_STALL_MS };

  return function nordlysProxy(req, res, next) {
    const context = openContext(
      req,
      () =>
        new RequestContext(
          req,
          res,
          requestIdOf(req),
          parts.clock.now(),
          (own) => new ResponseSink(res, own, sinkOptions),
        ),
    );
    run(context, stages, parts).then(
      (outcome) => {
        // Out of the promise: what a later handler throws must not come back here and call `next` twice.
        if (outcome === 'next' && next !== undefined) process.nextTick(next);
      },
      (error: unknown) => answerError(context, toGatewayError(error), parts, next),
    );
  };
}

async function run(
  context: RequestContext,
  stages: readonly Stage[],
  { admission, hooks, clock }: RunnerParts,
): Promise<'next' | 'answered'> {
  try {
    admission?.enter(context);
    for (const stage of stages) {
      const outcome = stage(context);
      if ((outcome instanceof Promise ? await outcome : outcome) === 'answered') {
        hooks.watch('afterAnswer', () => answerState(context, clock));
        return 'answered';
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
  { hooks, onError }: RunnerParts,
  next: Next | undefined,
): void {
  // Others may share this request's upstream call: they are told, even when its own client has left.
  if (context.lifeline.gone) return;
  hooks.watch('onError', () => ({ ...hookState(context), error }));
  const hostAnswers = onError === 'next' && next !== undefined && !context.client.gone && !context.res.headersSent;
  if (hostAnswers) next(error);
  else context.sink.fail(error);
}

function answerState(
  context: RequestContext,
  clock: Clock,
): Parameters<NonNullable<HookRunner['hooks']['afterAnswer']>>[0] {
  const { served, outcome } = context;
  return {
    ...hookState(context),
    request: context.request!,
    provider: served?.provider,
    model: served?.model,
    slug: served?.slug,
    attempts: context.attempts,
    cache: context.cacheStatus,
    complete: outcome?.complete ?? false,
    finishReason: outcome?.finishReason,
    usage: outcome?.usage,
    costUsd: outcome?.costUsd,
    durationMs: clock.now() - context.startedAt,
    firstTokenMs: outcome?.firstTokenMs,
  };
}
