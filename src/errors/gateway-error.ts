/**
 * Every error that this package gives to a client: one closed table, one class, one body.
 * The code is the contract; the message is prose and may change.
 */

const INVALID = 'invalid_request_error';
const SERVER = 'server_error';

interface ErrorEntry {
  readonly status: number;
  readonly type: string;
  /** `null` where OpenAI answers with `code: null`; the code itself where this is absent. */
  readonly wireCode?: null;
  /** Sent as `x-should-retry`: `false` where SDKs would try again and it cannot help. */
  readonly shouldRetry?: false;
}

/** Code → HTTP status and OpenAI error type. `docs/errors.md` says cause and mend for each. */
export const GATEWAY_ERRORS = {
  // Who asks.
  invalid_api_key: { status: 401, type: INVALID },
  authentication_unavailable: { status: 503, type: SERVER },
  permission_denied: { status: 403, type: INVALID },

  model_not_allowed: { status: 403, type: INVALID },
  caller_blocked: { status: 403, type: INVALID },
  budget_exceeded: { status: 402, type: 'insufficient_quota' },
  request_too_large_for_limit: { status: 400, type: INVALID },
  limits_unavailable: { status: 503, type: SERVER },

  // How it is asked.
  unknown_url: { status: 404, type: INVALID },
  method_not_supported: { status: 405, type: INVALID },
  invalid_json: { status: 400, type: INVALID, wireCode: null },
  ambiguous_request: { status: 400, type: INVALID },
  unsupported_content_type: { status: 415, type: INVALID },
  request_timeout: { status: 408, type: INVALID },
  request_too_large: { status: 413, type: INVALID },
  request_too_complex: { status: 400, type: INVALID },
  client_closed_request: { status: 499, type: INVALID },

  // What is asked: OpenAI's codes for faults of fields.
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

  // What is said.
  content_blocked: { status: 400, type: INVALID },
  guard_unavailable: { status: 503, type: SERVER },

  // Who will answer.
  model_not_found: { status: 404, type: INVALID },
  no_endpoints: { status: 404, type: INVALID },
  privacy_restricted: { status: 404, type: INVALID },
  constraint_filtered: { status: 404, type: INVALID },
  provider_configs_disabled: { status: 400, type: INVALID },
  base_url_not_allowed: { status: 400, type: INVALID },
  key_required_for_base_url: { status: 400, type: INVALID },

  // What the upstream did.
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

  // What this process did.
  no_provider_available: { status: 503, type: SERVER },
  server_is_overloaded: { status: 503, type: SERVER },
  server_shutdown: { status: 503, type: SERVER },
  only_if_cached: { status: 504, type: INVALID },
  internal_error: { status: 500, type: SERVER },
} as const satisfies Record<string, ErrorEntry>;

/** The code of an error: the contract. */
export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** The object behind `error` in every error answer (OpenAI's envelope: all four members always present). */
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

/** What an error says beyond its code and message. */
export interface GatewayErrorDetails {
  /** Wire path of the field at fault: `messages[0].content`. */
  readonly param?: string | null | undefined;
  /** Overrides the table's status: an upstream's own 4xx is relayed with its status. */
  readonly status?: number | undefined;
  /** Overrides the table's type: an upstream's own type is relayed. */
  readonly type?: string | undefined;
  /** Overrides the code on the wire: an upstream's own code is relayed. `null` is a value. */
  readonly wireCode?: string | null | undefined;
  /** Facts for programs, sent as `error.metadata`. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Response headers that belong to this error: `retry-after`, `allow`, `x-should-retry`. Lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What caused it: for `hooks.onError` and `next`, never sent. */
  readonly cause?: unknown;
}

/** What goes wrong with a request, in the words that the client will read. Nothing secret is in the message. */
export class GatewayError extends Error {
  /** Always `GatewayError`. */
  override readonly name = 'GatewayError';
  /** Tells this error apart where `instanceof` cannot: two copies of this package in one process. */
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

  /** The `error` member of the answer's body. */
  toWire(): WireError {
    const wire: WireError = { message: this.message, type: this.type, param: this.param, code: this.wireCode };
    if (this.metadata !== undefined) wire.metadata = this.metadata;
    return wire;
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const FINAL = Object.freeze({ 'x-should-retry': 'false' });

/** JavaScript may pass any code, and a caller of ours is told which there are. */
function entryOf(code: GatewayErrorCode): ErrorEntry {
  if (Object.hasOwn(GATEWAY_ERRORS, code)) return GATEWAY_ERRORS[code];
  const known = Object.keys(GATEWAY_ERRORS).join(', ');
  throw new TypeError(`GatewayError: unknown code ${JSON.stringify(code)}. Known: ${known}.`);
}

/**
 * What a host's code did wrong, in words of ours: unlike the message of what it threw, they can be shown in a warning
 * of the process.
 */
export class HostCodeError extends Error {
  override readonly name = 'HostCodeError';
}

/** True for a `GatewayError` of this or any other copy of the package. */
export function isGatewayError(value: unknown): value is GatewayError {
  return typeof value === 'object' && value !== null && (value as { isGatewayError?: unknown }).isGatewayError === true;
}

/** Any thrown value as a `GatewayError`; what is not ours becomes a 500 that tells the client nothing. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (isGatewayError(thrown)) return thrown;
  return new GatewayError('internal_error', 'The gateway failed to handle this request.', { cause: thrown });
}
