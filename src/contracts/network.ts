import type { SecureContext } from 'node:tls';

/**
 * How connections to one provider with its own network settings are opened. The provider registry creates it from
 * `ProviderOptions.network`; secrets are returned by functions, so that no log line or JSON text shows them.
 */
export interface UpstreamNetwork {
  /** The same for the same settings within one process. Connections are shared only between calls with the same id. */
  readonly id: string;
  /** Path of the unix socket to connect to instead of the URL's host and port. */
  readonly socketPath: string | undefined;
  /** The proxy to use; `undefined`: none. */
  readonly proxy: UpstreamProxy | undefined;
  /** Authorities and client certificate for TLS to the upstream. `undefined`: Node's defaults. */
  readonly secureContext: SecureContext | undefined;
  /** Name for SNI and for the verification of the certificate. `undefined`: the URL's host. */
  readonly servername: string | undefined;
  /** Texts that must never appear in responses, logs or errors. */
  secrets(): readonly string[];
}

/** An HTTP proxy that opens tunnels (`CONNECT`). */
export interface UpstreamProxy {
  /** Scheme, host and port: safe to show. */
  readonly origin: string;
  /** Host of the proxy. */
  readonly hostname: string;
  /** Port of the proxy. */
  readonly port: number;
  /** TLS to the proxy itself. */
  readonly secure: boolean;
  /** Authorities for TLS to the proxy. `undefined`: Node's defaults. */
  readonly secureContext: SecureContext | undefined;
  /** Value of `Proxy-Authorization`; `undefined` without credentials. */
  authorization(): string | undefined;
}
