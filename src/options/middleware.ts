import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByMethod } from '../contracts/caller.js';

/** A host's own middleware: Express, Connect or plain `(req, res, next)`. It may be async. */
export type SlotMiddleware = ByMethod<
  [req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void],
  unknown
>;

/**
 * A host's own middleware between the stages of the gateway, for chat requests. `getContext(req)` has the results of the
 * stages before it. It calls `next()` to continue, calls `next(error)` (or throws) for an error, which is sent like every
 * error of the gateway, or responds itself, which ends the request. If it does none of these, the request ends when
 * `timeouts.totalMs` has passed.
 */
export interface MiddlewareOptions {
  /** After `authenticate`: `getContext(req).caller` is known, the body has not been read. */
  readonly afterAuthenticate?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
  /** After `validate`: `request` is known. With this or `afterRoute`, every request is parsed. */
  readonly afterValidate?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
  /** After `route`: `route.candidates` are known. Not for dry runs. */
  readonly afterRoute?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
  /** After `cache`, before the upstream is called: not for cache hits. Also runs without a cache. */
  readonly afterCache?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
}
