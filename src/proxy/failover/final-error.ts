import { GatewayError } from '../../errors/gateway-error.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import { retryAfterHeaders } from '../retry-after.js';

/** A failed attempt, and its provider. */
export interface FailedAttempt {
  readonly failure: UpstreamFailure;
  readonly provider: string;
}

/** Why no further attempt is made: all candidates were tried, the deadline has passed, or all providers are full. */
export type EndReason = 'tried' | 'deadline' | 'full';

/**
 * The error for the client when no attempt succeeded. The most useful failure decides, in the order: an error of the
 * caller, 429, 504, 503, 502, missing model. `x-should-retry: false` is set where a retry cannot help, because official
 * SDKs give it precedence over their own rules.
 */
export function finalError(failures: readonly FailedAttempt[], end: EndReason): GatewayError {
  if (failures.length === 0) return errorWithoutAttempt(end);
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

function errorWithoutAttempt(end: EndReason): GatewayError {
  if (end === 'deadline')
    return new GatewayError('upstream_timeout', 'The request took longer than the gateway allows.');
  return new GatewayError('no_provider_available', 'All providers for this model are busy. Try again in a moment.', {
    headers: retryAfterHeaders(1_000),
  });
}

function rankOf({ kind, rule, error }: UpstreamFailure): number {
  if (rule.action === 'abort') return 0;
  switch (kind) {
    // The caller can change the request, so the reason is worth more than a 429.
    case 'request_refused':
      return 1;
    // These will not change, but another provider that failed may recover: its failure is the better response.
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

/** On 429 and 503: the shortest wait that any of the upstreams asked for. */
function waitHeaders(best: UpstreamFailure, failures: readonly FailedAttempt[]): Record<string, string> {
  if (best.error.status !== 429 && best.error.status !== 503) return {};
  const hints = failures.map(({ failure }) => failure.retryAfterMs).filter((ms) => ms !== undefined);
  if (hints.length === 0) return best.error.status === 503 ? retryAfterHeaders(1_000) : {};
  return retryAfterHeaders(Math.min(...hints));
}

function retryAdvice(best: UpstreamFailure, failures: readonly FailedAttempt[]): Record<string, string> {
  const status = best.error.status;
  const hasFailedOver = status >= 500 && failures.length >= 2;
  return best.kind === 'quota' || best.kind === 'model_missing' || hasFailedOver ? { 'x-should-retry': 'false' } : {};
}
