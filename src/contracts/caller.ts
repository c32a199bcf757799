import type { IncomingMessage } from 'node:http';

/** The caller of a request. `id` is the tenant: it is part of every cache key and of every limit. */
export interface Caller {
  /** Stable, unique per tenant, and not a secret: it appears in status pages and logs. */
  readonly id: string;
  /** Whatever else your hooks and rules need to know of the caller. */
  readonly [fact: string]: unknown;
}

/**
 * Looks up the owner of `key`; `undefined`: the key is unknown, and the client gets 401.
 * Throw only if the lookup failed: the client then gets 503.
 */
export type VerifyKey = ByMethod<[key: string, req: IncomingMessage], Caller | undefined | Promise<Caller | undefined>>;

/** Reads the caller that the host's own authentication has left on `req`; `undefined`: not authenticated. */
export type ReadCaller = ByMethod<[req: IncomingMessage], Caller | undefined>;

/**
 * A function whose parameters may be narrower than declared here, as those of a method may: hosts type the request as
 * their framework does (`express.Request`).
 */
export type ByMethod<Parameters extends unknown[], Result> = {
  call(...parameters: Parameters): Result;
}['call'];
