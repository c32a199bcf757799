import type { FailureKind } from './upstream-failure.js';

/** Error codes of Node and of the transports for connections that were not established. */
const CONNECT_FAILURES: ReadonlyMap<string, FailureKind> = new Map([
  ['ECONNREFUSED', 'refused'],
  // The other side does not speak TLS.
  ['EPROTO', 'tls'],
  ['EMFILE', 'local'],
  ['ENFILE', 'local'],
  ['EADDRNOTAVAIL', 'local'],
  ['ERR_NORDLYS_ADDRESS_BLOCKED', 'blocked'],
  ['ERR_NORDLYS_PROXY_UNREACHABLE', 'proxy_unreachable'],
  ['ERR_NORDLYS_PROXY_AUTH', 'proxy_auth'],
  ['ERR_NORDLYS_PROXY_REFUSED', 'proxy_refused'],
  ['ERR_NORDLYS_PROXY_INVALID', 'proxy_invalid'],
]);

/** The kind of a transport failure, by Node's error code. */
export function kindOfTransportFailure(code: string | undefined, connected: boolean): FailureKind {
  if (code !== undefined) {
    const known = CONNECT_FAILURES.get(code);
    if (known !== undefined) return known;
    if (/CERT|TLS|SSL|UNABLE_TO_VERIFY|ALTNAME/.test(code)) return 'tls';
    if (code.startsWith('HPE_')) return 'malformed';
  }
  return connected ? 'reset' : 'unreachable';
}

const STATUS_KINDS: ReadonlyMap<number, FailureKind> = new Map([
  // Only these concern the request itself; any other 4xx concerns the operator's account or the endpoint, or is
  // transient.
  [400, 'rejected'],
  [413, 'rejected'],
  [422, 'rejected'],
  [401, 'auth'],
  [403, 'auth'],
  [407, 'auth'],
  // Unavailable for legal reasons: the region of the operator's account.
  [451, 'auth'],
  [402, 'quota'],
  [404, 'model_missing'],
  [410, 'model_missing'],
  [501, 'model_missing'],
  [408, 'try_later'],
  [425, 'try_later'],
  // gRPC's CANCELLED, and nginx's status for a client that disconnected. The client of this request did not.
  [499, 'try_later'],
  [409, 'conflict'],
  // Bedrock: the model behind the endpoint failed.
  [424, 'server_error'],
  [429, 'rate_limited'],
  // Groq's flex tier is full.
  [498, 'overloaded'],
  [503, 'overloaded'],
  [529, 'overloaded'],
  [504, 'upstream_timeout'],
  [524, 'upstream_timeout'],
]);

/** The kind of an error status. `callersKey`: the credential came with the request. */
export function kindOfStatus(status: number, callersKey: boolean): FailureKind {
  const kind = STATUS_KINDS.get(status) ?? otherKind(status);
  return callersKey && (kind === 'auth' || kind === 'quota') ? 'caller_auth' : kind;
}

function otherKind(status: number): FailureKind {
  if (status >= 500) return 'server_error';
  return status >= 400 ? 'unexpected_status' : 'malformed';
}
