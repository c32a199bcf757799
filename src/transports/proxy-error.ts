/** Why a proxy opened no tunnel. `proxy/failure-kind.ts` maps each code to the kind of the failure. */
type ProxyErrorCode =
  | 'ERR_NORDLYS_PROXY_UNREACHABLE'
  | 'ERR_NORDLYS_PROXY_AUTH'
  | 'ERR_NORDLYS_PROXY_REFUSED'
  | 'ERR_NORDLYS_PROXY_INVALID';

/** A failure between the gateway and a proxy. Its message holds no credentials and no text that the proxy sent. */
export class ProxyError extends Error {
  readonly code: ProxyErrorCode;
  /** HTTP status of the proxy's response to `CONNECT`; `undefined` without one. */
  readonly status: number | undefined;

  constructor(code: ProxyErrorCode, message: string, details: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status;
  }
}
