import type { SecureContext } from 'node:tls';

/**
 * How connections to one provider are opened, where it has network settings of its own. The provider registry makes it
 * from `ProviderOptions.network`; secrets stand in functions, so that no log line or JSON text shows them.
 */
export interface UpstreamNetwork {
  /** Equal for equal settings within one process. Connections are shared only where it is equal. */
  readonly id: string;
  /** Path of the unix socket to connect to, in place of the URL's host and port. */
  readonly socketPath: string | undefined;
  /** The proxy to use; `undefined`: none. */
  readonly proxy: UpstreamProxy | undefined;
  /** Authorities and client certificate for TLS to the upstream. `undefined`: Node's defaults. */
  readonly secureContext: SecureContext | undefined;
  /** Name that is sent as SNI and that the certificate must be for. `undefined`: the URL's host. */
  readonly servername: string | undefined;
  /** Texts that no client, log or error may show. */
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
