import type { WireFormat, UpstreamErrorBody } from '../../contracts/provider.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { UpstreamFailure, FAILURES, kindOfStatus, type FailureKind } from '../upstream-failure.js';
import { redact } from './redact.js';

export interface UpstreamErrorContext {
  readonly format: WireFormat;
  /** The credential came with the request: its refusal is the caller's to know. */
  readonly callersKey: boolean;
  /** Text that must never reach a client. */
  readonly secrets: readonly string[];
}

const QUOTA_CODES: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'enforced_spend_limit_reached',
]);
const POLICY_CODES: ReadonlySet<string> = new Set([
  'content_policy_violation',
  'content_filter',
  'moderation_blocked',
  'ResponsibleAIPolicyViolation',
]);
const OVERLOAD_TYPES: ReadonlySet<string> = new Set(['overloaded_error', 'server_is_overloaded']);

/** Kinds whose words are the caller's to read; of all others the client hears only our own. */
const RELAYED: ReadonlySet<FailureKind> = new Set(['rejected', 'rate_limited', 'quota', 'caller_auth']);

/** An answer with an error status as a fault. `body` is what could be parsed of it, `undefined` when nothing. */
export function failureOfErrorResponse(
  status: number,
  body: unknown,
  retryAfterMs: number | undefined,
  context: UpstreamErrorContext,
): UpstreamFailure {
  const said = readError(body, context.format);
  const kind = refineKind(kindOfStatus(status, context.callersKey), said);
  // A page of HTML is no error of the provider's: somebody on the way answered for it.
  if (kind === 'server_error' && body === undefined) {
    return new UpstreamFailure(kind, {
      error: new GatewayError('bad_gateway', FAILURES.malformed.text),
      status,
      retryAfterMs,
    });
  }
  return faultOf(kind, said, status, retryAfterMs, context);
}

/** An error that came inside an answer with a good status: as if it had come with the status that it names. */
export function failureOfErrorObject(body: unknown, context: UpstreamErrorContext): UpstreamFailure {
  const said = readError(body, context.format);
  const status = said?.status ?? statusOfWords(said);
  const kind = refineKind(status === undefined ? 'server_error' : kindOfStatus(status, context.callersKey), said);
  return faultOf(kind, said, status, undefined, context);
}

/** What an in-band error says, for the event that ends a stream half way: the upstream's own words, cleaned. */
export function midStreamError(body: unknown, context: UpstreamErrorContext): GatewayError {
  const said = readError(body, context.format);
  if (said === undefined) return new GatewayError('bad_gateway', FAILURES.server_error.text);
  return relay('bad_gateway', said, undefined, context.secrets);
}

function faultOf(
  kind: FailureKind,
  said: UpstreamErrorBody | undefined,
  status: number | undefined,
  retryAfterMs: number | undefined,
  { secrets }: UpstreamErrorContext,
): UpstreamFailure {
  const error = RELAYED.has(kind) ? relayed(kind, said, relayedStatus(kind, status), secrets) : undefined;
  return new UpstreamFailure(kind, { error, status, retryAfterMs });
}

/** The upstream's status with its own words, or with ours where it said none that can be read. */
function relayed(
  kind: FailureKind,
  said: UpstreamErrorBody | undefined,
  status: number | undefined,
  secrets: readonly string[],
): GatewayError {
  const { code, text } = FAILURES[kind];
  return said === undefined ? new GatewayError(code, text, { status }) : relay(code, said, status, secrets);
}

function relay(
  code: GatewayError['code'],
  said: UpstreamErrorBody,
  status: number | undefined,
  secrets: readonly string[],
): GatewayError {
  return new GatewayError(code, redact(said.message, secrets), {
    status,
    type: said.type === null ? undefined : redact(said.type, secrets),
    wireCode: said.code === null ? null : redact(said.code, secrets),
    param: said.param === null ? null : redact(said.param, secrets),
  });
}

/** 422 is no status of OpenAI's: its clients know 400. */
function relayedStatus(kind: FailureKind, status: number | undefined): number | undefined {
  if (kind === 'rate_limited' || kind === 'quota') return 429;
  if (kind === 'caller_auth') return status;
  return status === 422 ? 400 : status;
}

function readError(body: unknown, format: WireFormat): UpstreamErrorBody | undefined {
  if (body === undefined) return undefined;
  try {
    return format.decodeError?.(body);
  } catch {
    // A body that the host's own format cannot read says nothing; its status does.
    return undefined;
  }
}

function refineKind(kind: FailureKind, said: UpstreamErrorBody | undefined): FailureKind {
  if (said === undefined) return kind;
  const words = [said.code, said.type];
  if (kind === 'rate_limited' && words.some((word) => word !== null && QUOTA_CODES.has(word))) return 'quota';
  if (kind === 'auth' && words.some((word) => word !== null && POLICY_CODES.has(word))) return 'rejected';
  if (kind === 'server_error' && words.some((word) => word !== null && OVERLOAD_TYPES.has(word))) return 'overloaded';
  return kind;
}

function statusOfWords(said: UpstreamErrorBody | undefined): number | undefined {
  if (said === undefined) return undefined;
  const numeric = Number(said.code);
  if (Number.isInteger(numeric) && numeric >= 400 && numeric <= 599) return numeric;
  switch (said.type ?? said.code) {
    case 'rate_limit_error':
    case 'rate_limit_exceeded':
    case 'insufficient_quota':
    case 'requests':
    case 'tokens':
      return 429;
    case 'overloaded_error':
      return 529;
    case 'authentication_error':
      return 401;
    case 'permission_error':
      return 403;
    case 'not_found_error':
      return 404;
    case 'invalid_request_error':
      return 400;
    default:
      return undefined;
  }
}
