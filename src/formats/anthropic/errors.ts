import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ResponseHead, UpstreamErrorBody, UpstreamErrorKind } from '../../contracts/wire-format.js';
import { decodeError as decodeAnyError } from '../parse-error-body.js';

/** Longest message that is passed on, in characters. */
const MAX_MESSAGE = 1_000;

/** Statuses of the error types, for errors inside a stream, which have no status line. */
const STATUSES: ReadonlyMap<unknown, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
]);

/** Limits of an account, which waiting does not lift. */
const SPENT: ReadonlySet<string> = new Set(['contract_spend_limit_reached', 'enforced_spend_limit_reached']);
/** A 400 that is no fault of the request: the account may not be used. */
const BARRED = /^(?:organization_on_hold|linked_organization|cmek_)/;
const NO_CREDIT = /credit balance is too low/i;
const TOO_LONG =
  /prompt is too long|exceeds? (?:the )?context (?:window|limit)|context window|too many (?:input )?tokens/i;

/**
 * Reads an error of the Messages API. `undefined`: nothing readable in it.
 * @param head - absent for an error inside a stream: then the type decides the status.
 */
export function decodeError(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined {
  const error = isRecord(body) ? body['error'] : undefined;
  if (!isRecord(error) || typeof error['type'] !== 'string') return decodeAnyError(body);
  const message = textOf(error['message']) ?? textOf(error['type']);
  if (message === undefined) return undefined;
  const code = errorCode(error, message);
  const kind = jsonTypeOf(error['type'], code, message);
  const status = head === undefined ? STATUSES.get(error['type']) : undefined;
  return {
    message: message.slice(0, MAX_MESSAGE),
    type: error['type'],
    // The API counts merged messages and its own members, so its paths are not the caller's.
    param: null,
    code,
    ...(status === undefined ? {} : { status }),
    ...(kind === undefined ? {} : { kind }),
  };
}

function errorCode({ type, code: ownCode, details }: JsonObject, message: string): string | null {
  // A proxy in between may respond with OpenAI's envelope, which has a `code`.
  const code = isRecord(details) ? textOf(details['error_code']) : textOf(ownCode);
  if (code !== undefined) return code;
  return type === 'invalid_request_error' && TOO_LONG.test(message) ? 'context_length_exceeded' : null;
}

/** Only where the status misleads. */
function jsonTypeOf(type: string, code: string | null, message: string): UpstreamErrorKind | undefined {
  if (code !== null && SPENT.has(code)) return 'quota';
  if (type !== 'invalid_request_error') return undefined;
  if (code !== null && BARRED.test(code)) return 'auth';
  return NO_CREDIT.test(message) ? 'quota' : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
