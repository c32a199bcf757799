import type { UpstreamErrorBody } from '../../contracts/wire-format.js';

/** Error types that OpenAI's clients know: OpenAI's own, and those of other providers that gateways pass on. */
const KNOWN_TYPES: ReadonlySet<string> = new Set([
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
  'rate_limit_error',
  'request_too_large',
  'billing_error',
  'insufficient_quota',
  'requests',
  'tokens',
  'server_error',
  'api_error',
  'timeout_error',
  'overloaded_error',
]);

/** `type` if OpenAI's clients know it; else `undefined`, and the type of the error code is used. */
export function openAiType(type: string | null): string | undefined {
  return type !== null && KNOWN_TYPES.has(type) ? type : undefined;
}

/** HTTP status by error type or code, in lower case: for an error inside a 200 that names no status. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['insufficient_quota', 429],
  ['requests', 429],
  ['tokens', 429],
  ['resource_exhausted', 429],
  ['ratelimiterror', 429],
  ['throttlingexception', 429],
  ['overloaded_error', 529],
  ['unavailable', 503],
  ['serviceunavailableexception', 503],
  ['serviceunavailableerror', 503],
  ['authentication_error', 401],
  ['unauthenticated', 401],
  ['authenticationerror', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['permission_denied', 403],
  ['permissiondeniederror', 403],
  ['not_found_error', 404],
  ['not_found', 404],
  ['notfounderror', 404],
  ['invalid_request_error', 400],
  ['badrequesterror', 400],
  ['invalid_argument', 400],
  ['failed_precondition', 400],
  ['validationexception', 400],
  ['bad_request', 400],
  ['unprocessableentityerror', 422],
  ['timeout_error', 504],
  ['deadline_exceeded', 504],
  ['apitimeouterror', 504],
]);

/** The status that the type or code of an error represents. */
export function statusOfType(error: UpstreamErrorBody | undefined): number | undefined {
  if (error === undefined) return undefined;
  const [type, code] = [error.type, error.code].map((name) => name?.toLowerCase() ?? '') as [string, string];
  const known = STATUSES.get(type) ?? STATUSES.get(code);
  // Mistral has a type for each of them: `invalid_request_message_order`, `invalid_request_prompt`.
  return known ?? (/^invalid_(?:request|input|parameter|argument|param)/.test(type || code) ? 400 : undefined);
}
