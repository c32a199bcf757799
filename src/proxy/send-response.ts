import { normalizeFinishReason } from '../chat/finish-reason.js';
import { normaliseUsage } from '../chat/usage.js';
import type { Usage } from '../chat/types.js';
import type { ResponseOutcome, RequestContext } from '../request/context.js';
import type { ResponseSink } from '../contracts/sink.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { CancelSignal } from '../util/cancellation.js';
import type { UpstreamResponse } from './response/upstream-response.js';
import { bytesOf, costOfAttempt } from './attempt-cost.js';
import type { CommittedResponse } from './failover/attempt.js';

const OK = Object.freeze({ status: 200, headers: Object.freeze({}) });
const OK_ONCE = Object.freeze({ status: 200, headers: Object.freeze({ 'cache-control': 'no-store' }) });

/** Hands a found answer to the sink, as fast as the sink takes it, and tells the context how it ended. */
export async function sendResponse(context: RequestContext, found: CommittedResponse): Promise<void> {
  const { endpoint } = found.candidate;
  context.served = { provider: endpoint.provider.slug, model: endpoint.model, slug: endpoint.slug };
  let ended: 'complete' | 'truncated' | 'cancelled' = 'cancelled';
  try {
    ended = await pour(found.answer, context);
  } finally {
    // Also where the sink threw: what the upstream still sends is for nobody.
    if (ended === 'cancelled') found.attempt.cancel();
    context.outcome = outcomeOf(context, found, ended === 'complete');
    found.close(ended, ended === 'truncated' ? errorOf(found.answer) : undefined);
  }
}

/** What the client was told of a stream that broke off. */
function errorOf(answer: UpstreamResponse): GatewayError | undefined {
  const end = answer.kind === 'stream' ? answer.reader.end : undefined;
  return end === undefined || end.complete ? undefined : end.error;
}

async function pour(
  answer: UpstreamResponse,
  { sink, cancelSignal }: RequestContext,
): Promise<'complete' | 'truncated' | 'cancelled'> {
  switch (answer.kind) {
    case 'json':
      sink.json(answer.contradictory === true ? OK_ONCE : OK, answer.body);
      return 'complete';
    case 'chunks':
      sink.open(OK);
      return pourChunks(answer.payloads, sink, cancelSignal);
    case 'stream': {
      sink.open(OK);
      const end = await answer.flowTo(sink);
      if (end === 'cancelled') return 'cancelled';
      return end.complete ? 'complete' : 'truncated';
    }
  }
}

async function pourChunks(
  payloads: readonly string[],
  sink: ResponseSink,
  cancelSignal: CancelSignal,
): Promise<'complete' | 'cancelled'> {
  for (const payload of payloads) {
    if (cancelSignal.aborted) return 'cancelled';
    if (!sink.event(payload)) await drained(sink, cancelSignal);
  }
  sink.done();
  return 'complete';
}

function drained(sink: ResponseSink, cancelSignal: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    const stopListening = cancelSignal.onAbort(resolve);
    sink.onDrain(() => {
      stopListening();
      resolve();
    });
  });
}

function outcomeOf(
  context: RequestContext,
  { answer, attempt, candidate }: CommittedResponse,
  complete: boolean,
): ResponseOutcome {
  const usage = usageOf(answer);
  return {
    complete,
    finishReason: finishReasonOf(answer),
    usage,
    ...costOfAttempt(context, candidate.endpoint, usage, () => bytesOf(answer)),
    firstTokenMs: attempt.firstTokenMs,
  };
}

function usageOf(answer: UpstreamResponse): Usage | undefined {
  return normaliseUsage(answer.kind === 'stream' ? answer.reader.progress.usage : answer.completion.usage);
}

function finishReasonOf(answer: UpstreamResponse): string | undefined {
  return normalizeFinishReason(
    answer.kind === 'stream' ? answer.reader.progress.finishReason : answer.completion.choices[0]?.finish_reason,
  );
}
