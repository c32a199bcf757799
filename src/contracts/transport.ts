import type { Readable } from 'node:stream';
import type { UpstreamNetwork } from './network.js';

/**
 * How one request travels to one upstream. The default is http-proxy-middleware; anything that keeps this
 * contract can stand in. A transport knows nothing of candidates, retries or clients.
 */
export interface Transport {
  /**
   * Starts one upstream request. Exactly one of `onHead` and `onFailure` is called, once, unless `abort` came first;
   * never synchronously from within `open`.
   */
  open(request: UpstreamRequest, events: UpstreamEvents): UpstreamCall;
  /** Keeps to `UpstreamRequest.network`. Without it, providers with a `network` option are refused at start-up. */
  readonly supportsNetwork?: boolean | undefined;
  /** Sockets at work and idle, for `status()` and leak tests. */
  sockets(): { readonly active: number; readonly idle: number };
  /** Closes idle sockets, and those at work as they fall idle. */
  close(): void;
}

/** One upstream request, whole. */
export interface UpstreamRequest {
  /** Where to send it. */
  readonly url: UpstreamUrl;
  /** The whole header set: nothing is added but `host` and `connection`. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes to send. */
  readonly body: Uint8Array;
  /** Never reuse an idle connection for this request. */
  readonly fresh: boolean;
  /** Sockets of different pools are never shared: callers' own keys do not ride the operator's connections. */
  readonly pool: string;
  /**
   * How to open the connection: proxy, certificates, unix socket. `undefined`: directly, with Node's defaults, and always
   * so for addresses that callers chose. Sockets of different networks are never shared.
   */
  readonly network?: UpstreamNetwork | undefined;
}

/** A checked address. Only `proxy/outbound.ts` and the provider registry make one. */
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
   * A caller chose this address, and the operator's list of origins names its host literally as an IP address: the guard
   * may connect to it although it is not public.
   */
  readonly isListedAddress?: boolean | undefined;
}

/** What a transport tells of a call. */
export interface UpstreamEvents {
  /** The connection stands (at once when it is a reused one). */
  onConnected(): void;
  /** Status line and headers came; the body follows on `message`. */
  onHead(head: UpstreamHead): void;
  /** No usable head will come. */
  onFailure(failure: TransportFailure): void;
}

/** Status, headers and body of an answer. */
export interface UpstreamHead {
  /** HTTP status. */
  readonly status: number;
  /** Response headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body. After `end`, `complete` says whether it came whole. */
  readonly message: Readable & { readonly complete: boolean };
}

/** Why no usable head came. */
export interface TransportFailure {
  /** What was thrown; its `code` names the cause. */
  readonly error: Error & { readonly code?: string | undefined };
  /** The connection was an idle one from the pool, so the peer may just have closed it. */
  readonly reusedSocket: boolean;
  /** False: not one byte of the request can have reached the upstream. */
  readonly connected: boolean;
}

/** One upstream request that is under way. */
export interface UpstreamCall {
  /** Destroys the socket at once. Nothing is called afterwards. */
  abort(): void;
}
