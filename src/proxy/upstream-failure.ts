import type { UpstreamErrorSummary } from '../contracts/hooks.js';
import { GatewayError, type GatewayErrorCode } from '../errors/gateway-error.js';

type Trait =
  /** Counts as a failure of the endpoint in its circuit breaker. */
  | 'breaker'
  /** A later attempt on the same endpoint may succeed. */
  | 'retryable'
  /** The upstream may charge for the attempt. */
  | 'possiblyBilled';

interface FailureRule {
  /**
   * `retry-same`: once more on the same endpoint; `next`: another endpoint; `abort`: no further attempt can succeed.
   */
  readonly action: 'retry-same' | 'next' | 'abort';
  readonly breaker: boolean;
  readonly retryable: boolean;
  readonly possiblyBilled: boolean;
  readonly code: GatewayErrorCode;
  readonly text: string;
}

function rule(
  action: FailureRule['action'],
  traits: readonly Trait[],
  code: GatewayErrorCode,
  text: string,
): FailureRule {
  const has = (trait: Trait): boolean => traits.includes(trait);
  return {
    action,
    breaker: has('breaker'),
    retryable: has('retryable'),
    possiblyBilled: has('possiblyBilled'),
    code,
    text,
  };
}

/** The message hides the cause: clients learn nothing about the operator's network. */
const UNREACHABLE = 'The upstream provider could not be reached.';

/**
 * Every way in which an attempt can fail, and what follows from it. Error codes and statuses are mapped to kinds in
 * `failure-kind.ts`.
 */
export const FAILURES = {
  // The upstream has not read the request.
  refused: rule('retry-same', ['breaker', 'retryable'], 'upstream_unreachable', UNREACHABLE),
  unreachable: rule('next', ['breaker', 'retryable'], 'upstream_unreachable', UNREACHABLE),
  blocked: rule('abort', [], 'upstream_unreachable', UNREACHABLE),
  proxy_unreachable: rule('next', ['breaker', 'retryable'], 'upstream_unreachable', UNREACHABLE),
  proxy_auth: rule('next', ['breaker'], 'upstream_unreachable', UNREACHABLE),
  proxy_refused: rule('next', ['breaker', 'retryable'], 'upstream_unreachable', UNREACHABLE),
  proxy_invalid: rule('next', ['breaker', 'retryable'], 'upstream_unreachable', UNREACHABLE),
  tls: rule('next', ['breaker'], 'upstream_unreachable', UNREACHABLE),
  connect_timeout: rule(
    'next',
    ['breaker', 'retryable'],
    'upstream_timeout',
    'The upstream provider did not accept a connection in time.',
  ),
  local: rule('next', [], 'server_is_overloaded', 'The gateway is out of connections. Try again in a moment.'),
  credential: rule(
    'next',
    [],
    'provider_auth_error',
    'The gateway has no credentials for the upstream provider at the moment.',
  ),

  // The upstream may have read the request.
  reset: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'bad_gateway',
    'The upstream provider broke off the connection.',
  ),
  headers_timeout: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'upstream_timeout',
    'The upstream provider timed out.',
  ),
  first_chunk_timeout: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'upstream_timeout',
    'The upstream provider sent no response in time.',
  ),
  idle_timeout: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'upstream_timeout',
    'The upstream provider stopped sending data.',
  ),
  deadline: rule('next', ['possiblyBilled'], 'upstream_timeout', 'The request took longer than the gateway allows.'),

  // The upstream responded with an error.
  rate_limited: rule('next', ['retryable'], 'rate_limit_exceeded', 'The upstream provider is limiting requests.'),
  quota: rule('next', [], 'insufficient_quota', 'The quota at the upstream provider is used up.'),
  overloaded: rule('next', ['breaker', 'retryable'], 'upstream_overloaded', 'The upstream provider is overloaded.'),
  upstream_timeout: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'upstream_timeout',
    'The upstream provider timed out.',
  ),
  server_error: rule('next', ['breaker', 'retryable'], 'bad_gateway', 'The upstream provider failed to respond.'),
  unexpected_status: rule('next', ['breaker'], 'bad_gateway', 'The upstream provider refused the request.'),
  try_later: rule('next', ['retryable'], 'bad_gateway', 'The upstream provider asked to try again.'),
  conflict: rule('retry-same', [], 'bad_gateway', 'The upstream provider reported a conflict.'),
  auth: rule('next', [], 'provider_auth_error', "The upstream provider refused the gateway's own credentials."),
  caller_auth: rule(
    'abort',
    [],
    'invalid_api_key',
    'The upstream provider refused the API key given in provider_configs.',
  ),
  model_missing: rule('next', [], 'model_unavailable_upstream', 'The upstream provider does not serve this model.'),
  rejected: rule('abort', [], 'upstream_rejected', 'The upstream provider rejected the request.'),

  // This endpoint cannot serve this request: another endpoint may, and this one serves other requests.
  request_refused: rule('next', [], 'upstream_rejected', 'The upstream provider cannot serve this request.'),
  firewall: rule('next', [], 'upstream_rejected', 'A firewall in front of the upstream provider blocked the request.'),
  generation_failed: rule('next', [], 'upstream_rejected', 'The model failed to produce a valid response.'),
  added_parameter: rule(
    'retry-same',
    [],
    'bad_gateway',
    'The upstream provider refused a parameter that the gateway added.',
  ),
  returned_reasoning: rule(
    'retry-same',
    [],
    'upstream_rejected',
    'The upstream provider refused the reasoning of earlier responses.',
  ),
  unsupported: rule(
    'next',
    [],
    'unsupported_by_provider',
    'No provider of this model can express a parameter of the request.',
  ),

  // The host's own code threw: a format, a guard in its decoder, or a transport.
  host_code: rule('next', ['possiblyBilled'], 'internal_error', 'The gateway failed to read the response.'),

  // The response was unusable.
  malformed: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'bad_gateway',
    'The upstream provider returned an invalid response.',
  ),
  malformed_event: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'invalid_upstream_event',
    'The upstream provider sent an invalid event.',
  ),
  too_large: rule(
    'next',
    ['possiblyBilled'],
    'bad_gateway',
    "The upstream provider's response is larger than the gateway allows.",
  ),
  empty: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'empty_response',
    'The upstream provider returned an empty response.',
  ),
  content_blocked: rule(
    'next',
    ['possiblyBilled'],
    'content_blocked',
    "The response was blocked by this gateway's content rules.",
  ),
  truncated: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'upstream_truncated',
    'The upstream provider broke off before the response was complete.',
  ),
} as const satisfies Record<string, FailureRule>;

export type FailureKind = keyof typeof FAILURES;

/** Failures that concern one request only: they never put the endpoint into cooldown, whatever `retry-after` states. */
export const OF_ONE_REQUEST: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'rejected',
  'caller_auth',
  'request_refused',
  'firewall',
  'generation_failed',
  'added_parameter',
  'returned_reasoning',
  'unsupported',
  'host_code',
]);

/**
 * Failures that count neither against `maxAttempts` nor against the retry budget, because the gateway corrects them
 * itself.
 */
export const FREE_OF_CHARGE: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'added_parameter',
  'returned_reasoning',
  'unsupported',
]);

/** Why an attempt failed, and the error that the client gets if no other attempt succeeds. */
export class UpstreamFailure {
  readonly kind: FailureKind;
  readonly rule: FailureRule;
  readonly error: GatewayError;
  /** HTTP status of the upstream, if it sent one. */
  readonly status: number | undefined;
  /** How long the upstream asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The upstream's own error, redacted. */
  readonly upstreamError: UpstreamErrorSummary | undefined;
  /** The kind to use when many requests in a row fail like this: then the cause is not in one request. */
  readonly repeatedKind: FailureKind | undefined;

  constructor(kind: FailureKind, details: FailureDetails = {}) {
    this.kind = kind;
    this.rule = FAILURES[kind];
    this.error = details.error ?? new GatewayError(this.rule.code, this.rule.text, { cause: details.cause });
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.upstreamError = details.upstreamError;
    this.repeatedKind = details.repeatedKind;
  }
}

export interface FailureDetails {
  readonly error?: GatewayError | undefined;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly upstreamError?: UpstreamErrorSummary | undefined;
  readonly repeatedKind?: FailureKind | undefined;
  readonly cause?: unknown;
}

/** The failure behind the error that ended a stream after its commit point. */
export function failureOfBrokenStream(error: GatewayError | undefined): UpstreamFailure {
  if (error?.code !== FAILURES.host_code.code) return new UpstreamFailure('truncated');
  return new UpstreamFailure('host_code', { cause: error.cause });
}
