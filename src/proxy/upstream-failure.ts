import { GatewayError, type GatewayErrorCode } from '../errors/gateway-error.js';

type Trait =
  /** Counts against the endpoint's breaker. */
  | 'breaker'
  /** A later try on the same endpoint may help. */
  | 'retryable'
  /** The upstream may charge for it. */
  | 'possiblyBilled';

interface FailureRule {
  /** `same` = once more at once on the same endpoint, `next` = another one, `stop` = the caller's own fault. */
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

/** What can go wrong with one upstream call, and what follows: the one trigger table. */
export const FAILURES = {
  // No request was read.
  refused: rule(
    'retry-same',
    ['breaker', 'retryable'],
    'upstream_unreachable',
    'The upstream provider could not be reached.',
  ),
  unreachable: rule(
    'next',
    ['breaker', 'retryable'],
    'upstream_unreachable',
    'The upstream provider could not be reached.',
  ),
  blocked: rule('abort', [], 'upstream_unreachable', 'The upstream provider could not be reached.'),
  tls: rule('next', ['breaker'], 'upstream_unreachable', 'The upstream provider could not be reached.'),
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

  // The request may have been read.
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
    'The upstream provider sent no answer in time.',
  ),
  idle_timeout: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'upstream_timeout',
    'The upstream provider stopped sending data.',
  ),
  deadline: rule('next', ['possiblyBilled'], 'upstream_timeout', 'The request took longer than the gateway allows.'),

  // The upstream said no.
  rate_limited: rule('next', ['retryable'], 'rate_limit_exceeded', 'The upstream provider is limiting requests.'),
  quota: rule('next', [], 'insufficient_quota', 'The quota at the upstream provider is used up.'),
  overloaded: rule('next', ['breaker', 'retryable'], 'upstream_overloaded', 'The upstream provider is overloaded.'),
  upstream_timeout: rule(
    'next',
    ['breaker', 'retryable', 'possiblyBilled'],
    'upstream_timeout',
    'The upstream provider timed out.',
  ),
  server_error: rule('next', ['breaker', 'retryable'], 'bad_gateway', 'The upstream provider failed to answer.'),
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

  // The answer was none.
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
    'The upstream provider broke off before the answer was complete.',
  ),
} as const satisfies Record<string, FailureRule>;

export type FailureKind = keyof typeof FAILURES;

/** One failed upstream call: its kind, and what the client is told if nothing better comes. */
export class UpstreamFailure {
  readonly kind: FailureKind;
  readonly rule: FailureRule;
  readonly error: GatewayError;
  /** HTTP status of the upstream, where one came. */
  readonly status: number | undefined;
  /** What the upstream asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, details: FailureDetails = {}) {
    this.kind = kind;
    this.rule = FAILURES[kind];
    this.error = details.error ?? new GatewayError(this.rule.code, this.rule.text, { cause: details.cause });
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export interface FailureDetails {
  readonly error?: GatewayError | undefined;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Node's error codes of a connection that never stood. */
const CONNECT_FAULTS: ReadonlyMap<string, FailureKind> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['EMFILE', 'local'],
  ['ENFILE', 'local'],
  ['EADDRNOTAVAIL', 'local'],
  ['ERR_NORDLYS_ADDRESS_BLOCKED', 'blocked'],
]);

/** The kind of a failure below HTTP. */
export function kindOfTransportFailure(code: string | undefined, connected: boolean): FailureKind {
  if (code !== undefined) {
    const known = CONNECT_FAULTS.get(code);
    if (known !== undefined) return known;
    if (/CERT|TLS|SSL|UNABLE_TO_VERIFY|ALTNAME/.test(code)) return 'tls';
    if (code.startsWith('HPE_')) return 'malformed';
  }
  return connected ? 'reset' : 'unreachable';
}

/** The kind of an HTTP status that is no answer. `callersKey`: the credential came with the request. */
export function kindOfStatus(status: number, callersKey: boolean): FailureKind {
  switch (status) {
    case 401:
    case 402:
    case 403:
      return callersKey ? 'caller_auth' : 'auth';
    case 404:
      return 'model_missing';
    case 408:
    case 425:
      return 'try_later';
    case 409:
      return 'conflict';
    case 429:
      return 'rate_limited';
    case 503:
    case 529:
      return 'overloaded';
    case 504:
    case 524:
      return 'upstream_timeout';
    default:
      if (status >= 500) return 'server_error';
      return status >= 400 ? 'rejected' : 'malformed';
  }
}
