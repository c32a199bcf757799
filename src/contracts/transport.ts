import type { Readable } from 'node:stream';
import type { UpstreamNetwork } from './network.js';

/**
 * Sends one request to one upstream. The default uses http-proxy-middleware; `transportContract` of
 * `nordlys-proxy/testing` tests any other. A transport knows nothing about candidates, retries or clients.
 */
export interface Transport {
  /**
   * Starts one upstream request. Exactly one of `onHead` and `onFailure` is called, once, unless `abort` came first;
   * never synchronously from within `open`.
   */
  open(request: UpstreamRequest, events: UpstreamEvents): UpstreamCall;
  /**
   * Whether `UpstreamRequest.network` is supported. If not, providers with a `network` option are refused at start-up.
   */
  readonly supportsNetwork?: boolean | undefined;
  /** Sockets in use and idle, for `status()` and leak tests. */
  sockets(): { readonly active: number; readonly idle: number };
  /** Closes idle sockets, and those in use as soon as they are idle. */
  close(): void;
}

/** One upstream request, complete with its body. */
export interface UpstreamRequest {
  /** Where to send it. */
  readonly url: UpstreamUrl;
  /** All headers, with names in lower case. A transport adds only `host` and `connection`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes to send. */
  readonly body: Uint8Array;
  /** Whether a new connection must be used. */
  readonly fresh: boolean;
  /** Sockets of different pools are never shared, so that requests with callers' keys use their own connections. */
  readonly pool: string;
  /**
   * How to open the connection: proxy, certificates, unix socket. `undefined`: directly, with Node's defaults; always
   * so for addresses that callers chose. Sockets of different networks are never shared.
   */
  readonly network?: UpstreamNetwork | undefined;
}

/** The URL of an upstream, checked when the options or the caller's overrides were read. */
export interface UpstreamUrl {
  /** `https://api.example.com` */
  readonly origin: string;
  /** With the colon. */
  readonly protocol: 'http:' | 'https:';
  /** Without the port. */
  readonly hostname: string;
  /** Empty for the default port. */
  readonly port: string;
  /** Path and query. */
  readonly path: string;
  /**
   * A caller chose this address, and the operator's `allowedOrigins` names its host literally as an IP address, so the
   * SSRF guard allows it although it is not public.
   */
  readonly isListedAddress?: boolean | undefined;
}

/** Events of an upstream call. */
export interface UpstreamEvents {
  /** The connection is open; called at once for a reused one. */
  onConnected(): void;
  /** Status and headers have arrived; the body follows on `message`. */
  onHead(head: UpstreamHead): void;
  /** The call failed before a usable head arrived. */
  onFailure(failure: TransportFailure): void;
}

/** Status, headers and body of a response. */
export interface UpstreamHead {
  /** HTTP status. */
  readonly status: number;
  /** Response headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body. After `end`, `complete` says whether all of it arrived. */
  readonly message: Readable & { readonly complete: boolean };
}

/** Why a call failed before a usable head arrived. */
export interface TransportFailure {
  /** What was thrown; its `code` names the cause. */
  readonly error: Error & { readonly code?: string | undefined };
  /**
   * The connection was reused, and the upstream may have closed it while it was idle: the call can be repeated on a new
   * one.
   */
  readonly reusedSocket: boolean;
  /** False: no byte of the request can have reached the upstream. */
  readonly connected: boolean;
}

/** An upstream request in flight. */
export interface UpstreamCall {
  /** Destroys the socket at once. No event follows. */
  abort(): void;
}
