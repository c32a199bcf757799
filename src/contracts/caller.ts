import type { IncomingMessage } from 'node:http';

/** Who asks. `id` is the tenant: it is part of every cache key and of every limit. */
export interface Caller {
  /** Stable, unique per tenant, and not a secret: it appears in status pages and logs. */
  readonly id: string;
  /** Whatever else your hooks and rules need to know of the caller. */
  readonly [fact: string]: unknown;
}

/**
 * The owner of `key`, or `undefined` when nobody owns it.
 * Throw only when you could not find out: the client then gets 503, never access.
 */
export type VerifyKey = ByMethod<[key: string, req: IncomingMessage], Caller | undefined | Promise<Caller | undefined>>;

/** Whose a request is, as the host's own authentication has left it on `req`. `undefined`: nobody's. */
export type ReadCaller = ByMethod<[req: IncomingMessage], Caller | undefined>;

/**
 * A function whose parameters may be narrower than ours, as those of a method may: hosts type the request as their
 * framework does (`express.Request`), and it is one.
 */
export type ByMethod<Parameters extends unknown[], Result> = {
  call(...parameters: Parameters): Result;
}['call'];
