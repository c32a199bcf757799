import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByMethod } from '../contracts/caller.js';

/** A host's own middleware: Express, Connect or plain `(req, res, next)`. It may be async. */
export type SlotMiddleware = ByMethod<
  [req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void],
  unknown
>;

/**
 * A host's own middleware between the stages of the gateway, for chat requests. `getContext(req)` says what the stages
 * before it have found out. It calls `next()` to go on, `next(error)` (or throws) for an error, which becomes the
 * response as every error of the gateway does, or responds itself, which ends the request. One that does none of these
 * ends when `timeouts.totalMs` has passed.
 */
export interface MiddlewareOptions {
  /** Behind `authenticate`: `getContext(req).caller` is known, the body has not been read. */
  readonly afterAuthenticate?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
  /** Behind `validate`: `request` is known. Where this or `afterRoute` is given, every request is parsed. */
  readonly afterValidate?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
  /** Behind `route`: `route.candidates` are known. Not for dry runs. */
  readonly afterRoute?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
  /** Behind `cache`, before the upstream is called: not for cache hits. Also runs without a cache. */
  readonly afterCache?: SlotMiddleware | readonly SlotMiddleware[] | undefined;
}
