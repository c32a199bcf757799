import { normalizeFinishReason } from '../chat/finish-reason.js';
import { normaliseUsage } from '../chat/usage.js';
import type { Usage } from '../chat/types.js';
import type { ResponseOutcome, RequestContext } from '../request/context.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { writeAll } from '../util/backpressure.js';
import type { UpstreamResponse } from './response/upstream-response.js';
import { bytesOf, costOfAttempt } from './attempt-cost.js';
import type { CommittedResponse } from './failover/attempt.js';
import type { CommittedEnd } from './failover/attempt-recorder.js';

const OK = Object.freeze({ status: 200, headers: Object.freeze({}) });
/** For a response that must not be cached. */
const OK_NO_STORE = Object.freeze({ status: 200, headers: Object.freeze({ 'cache-control': 'no-store' }) });

/** Sends a committed response to the sink, as fast as the sink accepts it, and records its outcome in the context. */
export async function sendResponse(context: RequestContext, committed: CommittedResponse): Promise<void> {
  const { endpoint, credential } = committed.candidate;
  const { provider, model, slug } = endpoint;
  context.served = { provider: provider.slug, model, slug, callerKey: credential === 'caller' || undefined };
  let end: CommittedEnd = 'cancelled';
  try {
    end = await send(committed.response, context);
  } finally {
    // The client has disconnected, or the sink threw: nothing reads the rest of the upstream's response.
    if (end === 'cancelled') committed.exchange.cancel();
    context.outcome = outcomeOf(context, committed, end === 'complete');
    committed.close(end, end === 'truncated' ? errorOf(committed.response) : undefined);
  }
}

/** The error event that ended a truncated stream. */
function errorOf(response: UpstreamResponse): GatewayError | undefined {
  const end = response.kind === 'stream' ? response.reader.end : undefined;
  return end === undefined || end.complete ? undefined : end.error;
}

async function send(response: UpstreamResponse, { sink, cancelSignal }: RequestContext): Promise<CommittedEnd> {
  switch (response.kind) {
    case 'json':
      sink.json(response.contradictory === true ? OK_NO_STORE : OK, response.body);
      return 'complete';
    case 'chunks':
      sink.open(OK);
      return (await writeAll(sink, response.payloads, cancelSignal)) ? 'complete' : 'cancelled';
    case 'stream': {
      sink.open(OK);
      const end = await response.flowTo(sink);
      if (end === 'cancelled') return 'cancelled';
      return end.complete ? 'complete' : 'truncated';
    }
  }
}

function outcomeOf(
  context: RequestContext,
  { response, exchange, candidate }: CommittedResponse,
  complete: boolean,
): ResponseOutcome {
  const usage = usageOf(response);
  return {
    complete,
    finishReason: finishReasonOf(response),
    usage,
    ...costOfAttempt(context, candidate, usage, () => bytesOf(response)),
    firstTokenMs: exchange.firstTokenMs,
  };
}

function usageOf(response: UpstreamResponse): Usage | undefined {
  return normaliseUsage(response.kind === 'stream' ? response.reader.progress.usage : response.completion.usage);
}

function finishReasonOf(response: UpstreamResponse): string | undefined {
  return normalizeFinishReason(
    response.kind === 'stream' ? response.reader.progress.finishReason : response.completion.choices[0]?.finish_reason,
  );
}
