import { GatewayError } from '../../errors/gateway-error.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import { retryAfterHeaders } from '../retry-after.js';

/** One failed attempt, and where it went. */
export interface FailedAttempt {
  readonly failure: UpstreamFailure;
  readonly provider: string;
}

/** Why the chain ended, beyond the faults themselves. */
export type EndReason = 'tried' | 'deadline' | 'full';

/**
 * The answer when no candidate gave one: the best failure, in the order caller's own fault, 429, 404, 504, 503, 502.
 * It says whether asking again can help: official SDKs obey `x-should-retry` above any rule of their own.
 */
export function finalError(failures: readonly FailedAttempt[], end: EndReason): GatewayError {
  if (failures.length === 0) return nobodyAsked(end);
  const best = failures.reduce((a, b) => (rankOf(b.failure) < rankOf(a.failure) ? b : a)).failure;
  const { error } = best;
  return new GatewayError(codeFor(best, failures), error.message, {
    status: error.status,
    type: error.type,
    param: error.param,
    wireCode: wireCodeFor(best, failures),
    metadata: failures.length === 1 ? undefined : metadataOf(best, failures),
    headers: { ...error.headers, ...waitHeaders(best, failures), ...retryAdvice(best, failures) },
    cause: error.cause ?? error,
  });
}

function nobodyAsked(end: EndReason): GatewayError {
  if (end === 'deadline')
    return new GatewayError('upstream_timeout', 'The request took longer than the gateway allows.');
  return new GatewayError('no_provider_available', 'All providers for this model are busy. Try again in a moment.', {
    headers: retryAfterHeaders(1_000),
  });
}

function rankOf({ kind, rule, error }: UpstreamFailure): number {
  if (rule.action === 'abort') return 0;
  switch (kind) {
    // The sender can change the request, and should read why.
    case 'request_refused':
      return 1;
    // Certain, but a failing provider that serves the model may come back.
    case 'model_missing':
    case 'firewall':
    case 'generation_failed':
      return 6;
    case 'unsupported':
      return 7;
    default:
      return rankOfStatus(error.status);
  }
}

function rankOfStatus(status: number): number {
  switch (status) {
    case 429:
      return 2;
    case 504:
      return 3;
    case 503:
      return 4;
    default:
      return 5;
  }
}

function codeFor(best: UpstreamFailure, failures: readonly FailedAttempt[]): GatewayError['code'] {
  return best.kind === 'rate_limited' && failures.length > 1 ? 'capacity_exhausted' : best.error.code;
}

function wireCodeFor(best: UpstreamFailure, failures: readonly FailedAttempt[]): string | null {
  const code = codeFor(best, failures);
  return code === best.error.code ? best.error.wireCode : code;
}

function metadataOf(best: UpstreamFailure, failures: readonly FailedAttempt[]): Record<string, unknown> {
  return {
    retryable: best.rule.retryable,
    previous_errors: failures.map(({ failure, provider }) => ({
      provider,
      code: failure.kind,
      status: failure.status ?? null,
    })),
  };
}

/** The shortest wait that any of them asked for, on answers that a wait can heal. */
function waitHeaders(best: UpstreamFailure, failures: readonly FailedAttempt[]): Record<string, string> {
  if (best.error.status !== 429 && best.error.status !== 503) return {};
  const hints = failures.map(({ failure }) => failure.retryAfterMs).filter((ms) => ms !== undefined);
  if (hints.length === 0) return best.error.status === 503 ? retryAfterHeaders(1_000) : {};
  return retryAfterHeaders(Math.min(...hints));
}

function retryAdvice(best: UpstreamFailure, failures: readonly FailedAttempt[]): Record<string, string> {
  const status = best.error.status;
  const tried = status >= 500 && failures.length >= 2;
  return best.kind === 'quota' || best.kind === 'model_missing' || tried ? { 'x-should-retry': 'false' } : {};
}
