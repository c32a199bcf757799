/**
 * Every error that this package sends to a client: one closed table, one class, one body.
 * The code is the contract; the message may change.
 */

const INVALID = 'invalid_request_error';
const SERVER = 'server_error';

interface ErrorEntry {
  readonly status: number;
  readonly type: string;
  /** `null` where OpenAI sends `code: null`; absent: the code itself. */
  readonly wireCode?: null;
  /** Sent as `x-should-retry`: `false` where SDKs would retry and a retry cannot help. */
  readonly shouldRetry?: false;
}

/** Code → HTTP status and OpenAI error type. `docs/errors.md` lists the cause of each, and the fix. */
export const GATEWAY_ERRORS = {
  // Authentication.
  invalid_api_key: { status: 401, type: INVALID },
  authentication_unavailable: { status: 503, type: SERVER },
  permission_denied: { status: 403, type: INVALID },

  model_not_allowed: { status: 403, type: INVALID },
  caller_blocked: { status: 403, type: INVALID },
  budget_exceeded: { status: 402, type: 'insufficient_quota' },
  request_too_large_for_limit: { status: 400, type: INVALID },
  limits_unavailable: { status: 503, type: SERVER },

  // The HTTP request.
  unknown_url: { status: 404, type: INVALID },
  method_not_supported: { status: 405, type: INVALID },
  invalid_json: { status: 400, type: INVALID, wireCode: null },
  ambiguous_request: { status: 400, type: INVALID },
  unsupported_content_type: { status: 415, type: INVALID },
  request_timeout: { status: 408, type: INVALID },
  request_too_large: { status: 413, type: INVALID },
  request_too_complex: { status: 400, type: INVALID },
  client_closed_request: { status: 499, type: INVALID },

  // Members of the request, with OpenAI's codes.
  missing_model: { status: 400, type: INVALID, wireCode: null },
  missing_required_parameter: { status: 400, type: INVALID },
  invalid_type: { status: 400, type: INVALID },
  invalid_value: { status: 400, type: INVALID },
  unsupported_parameter: { status: 400, type: INVALID },
  unknown_parameter: { status: 400, type: INVALID },
  inconsistent_parameters: { status: 400, type: INVALID, wireCode: null },
  empty_array: { status: 400, type: INVALID },
  empty_string: { status: 400, type: INVALID },
  array_above_max_length: { status: 400, type: INVALID },
  string_above_max_length: { status: 400, type: INVALID },
  object_above_max_properties: { status: 400, type: INVALID },
  property_name_above_max_length: { status: 400, type: INVALID },
  integer_below_min_value: { status: 400, type: INVALID },
  integer_above_max_value: { status: 400, type: INVALID },
  decimal_below_min_value: { status: 400, type: INVALID },
  decimal_above_max_value: { status: 400, type: INVALID },

  // Guards.
  content_blocked: { status: 400, type: INVALID },
  guard_unavailable: { status: 503, type: SERVER },

  // Routing.
  model_not_found: { status: 404, type: INVALID },
  no_endpoints: { status: 404, type: INVALID },
  privacy_restricted: { status: 404, type: INVALID },
  constraint_filtered: { status: 404, type: INVALID },
  provider_configs_disabled: { status: 400, type: INVALID },
  base_url_not_allowed: { status: 400, type: INVALID },
  key_required_for_base_url: { status: 400, type: INVALID },

  // Upstream failures.
  upstream_rejected: { status: 400, type: INVALID },
  unsupported_by_provider: { status: 400, type: INVALID },
  rate_limit_exceeded: { status: 429, type: 'requests' },
  insufficient_quota: { status: 429, type: 'insufficient_quota', shouldRetry: false },
  capacity_exhausted: { status: 429, type: 'requests' },
  model_unavailable_upstream: { status: 404, type: INVALID },
  provider_auth_error: { status: 502, type: SERVER },
  bad_gateway: { status: 502, type: SERVER },
  upstream_unreachable: { status: 502, type: SERVER },
  empty_response: { status: 502, type: SERVER },
  upstream_truncated: { status: 502, type: SERVER },
  invalid_upstream_event: { status: 502, type: SERVER },
  upstream_overloaded: { status: 503, type: SERVER },
  upstream_timeout: { status: 504, type: SERVER },

  // This process.
  no_provider_available: { status: 503, type: SERVER },
  server_is_overloaded: { status: 503, type: SERVER },
  server_shutdown: { status: 503, type: SERVER },
  only_if_cached: { status: 504, type: INVALID },
  internal_error: { status: 500, type: SERVER },
} as const satisfies Record<string, ErrorEntry>;

/** The code of an error. Codes are stable. */
export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** The `error` object of every error response (OpenAI's envelope: all four members are always present). */
export interface WireError {
  /** For people. */
  message: string;
  /** OpenAI's class of the error. */
  type: string;
  /** Path of the invalid request member. */
  param: string | null;
  /** For programs. */
  code: string | null;
  /** Facts a program may act on: `excluded_by`, counts per filter, previous attempts. */
  metadata?: Readonly<Record<string, unknown>>;
}

/** Details of an error beside its code and message. */
export interface GatewayErrorDetails {
  /** Wire path of the invalid field: `messages[0].content`. */
  readonly param?: string | null | undefined;
  /** In place of the table's status: a relayed 4xx keeps the upstream's status. */
  readonly status?: number | undefined;
  /** In place of the table's type: a relayed error keeps the upstream's type. */
  readonly type?: string | undefined;
  /** In place of the code on the wire: a relayed error keeps the upstream's code, `null` included. */
  readonly wireCode?: string | null | undefined;
  /** Facts for programs, sent as `error.metadata`. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Response headers of this error, names in lower case: `retry-after`, `allow`, `x-should-retry`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What caused it: for `hooks.onError` and `next`, never sent. */
  readonly cause?: unknown;
}

/**
 * An error that the client gets. The message must not hold secrets.
 *
 * @example
 * throw new GatewayError('permission_denied', 'The large model needs a paid plan.');
 */
export class GatewayError extends Error {
  /** Always `GatewayError`. */
  override readonly name = 'GatewayError';
  /** Identifies the error where `instanceof` fails: two copies of this package in one process. */
  readonly isGatewayError = true;
  /** The code, as `docs/errors.md` lists it. */
  readonly code: GatewayErrorCode;
  /** HTTP status. */
  readonly status: number;
  /** The member `type` of the error body. */
  readonly type: string;
  /** The member `code` of the error body; `null` for errors to which OpenAI gives none. */
  readonly wireCode: string | null;
  /** Path of the invalid request member: `messages[2].content`. */
  readonly param: string | null;
  /** Facts for programs, sent as `error.metadata`. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Response headers that are sent with the error. */
  readonly headers: Readonly<Record<string, string>>;

  /** @throws TypeError for a code that is not in `GATEWAY_ERRORS`. */
  constructor(code: GatewayErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const entry = entryOf(code);
    this.code = code;
    this.status = details.status ?? entry.status;
    this.type = details.type ?? entry.type;
    this.wireCode = details.wireCode === undefined ? (entry.wireCode === null ? null : code) : details.wireCode;
    this.param = details.param ?? null;
    this.metadata = details.metadata;
    this.headers = entry.shouldRetry === undefined ? (details.headers ?? NO_HEADERS) : { ...FINAL, ...details.headers };
  }

  /** Same as `status`: Express, Koa and http-errors read either name. */
  get statusCode(): number {
    return this.status;
  }

  /** http-errors convention: the message may be shown to the client. */
  get expose(): boolean {
    return true;
  }

  /** The `error` member of the response body. */
  toWire(): WireError {
    const wire: WireError = { message: this.message, type: this.type, param: this.param, code: this.wireCode };
    if (this.metadata !== undefined) wire.metadata = this.metadata;
    return wire;
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const FINAL = Object.freeze({ 'x-should-retry': 'false' });

/** @throws TypeError for an unknown code, which JavaScript may pass */
function entryOf(code: GatewayErrorCode): ErrorEntry {
  if (Object.hasOwn(GATEWAY_ERRORS, code)) return GATEWAY_ERRORS[code];
  const known = Object.keys(GATEWAY_ERRORS).join(', ');
  throw new TypeError(`GatewayError: unknown code ${JSON.stringify(code)}. Known: ${known}.`);
}

/**
 * A mistake of the host's code, described by this package. The message holds no data of requests, unlike that of what
 * the host's code threw, so it may appear in a process warning.
 */
export class HostCodeError extends Error {
  override readonly name = 'HostCodeError';
}

/**
 * True for a `GatewayError` of this or any other copy of the package.
 *
 * @example
 * if (isGatewayError(error)) console.warn(error.code, error.status);
 */
export function isGatewayError(value: unknown): value is GatewayError {
  return typeof value === 'object' && value !== null && (value as { isGatewayError?: unknown }).isGatewayError === true;
}

/** Any thrown value as a `GatewayError`; other errors become a 500 without detail. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (isGatewayError(thrown)) return thrown;
  return new GatewayError('internal_error', 'The gateway failed to handle this request.', { cause: thrown });
}
