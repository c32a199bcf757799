import type { Cache } from '../cache/cache.js';
import type { ChatRequest } from '../chat/types.js';
import type { Hooks } from '../contracts/hooks.js';
import { asksForPlan } from '../route/dry-run.js';
import type { FastPath } from '../validate/validate.js';

/** Largest body that takes the fast path if `afterResponse` parses it later, in bytes. */
const MAX_PARSED_LATER = 64 * 1024;

/**
 * Responds from the cache to a body with known bytes, before the body is parsed. `undefined` if a hook between
 * validate and cache may decide by more than the body.
 * @param parse - parses a body later, for `afterResponse`
 */
export function createFastPath(
  cache: Cache | undefined,
  { beforeRoute, selectCandidates, afterResponse }: Hooks,
  parse: (bytes: Buffer) => ChatRequest,
): FastPath | undefined {
  // A router for open models only decides by the body, so its decision for a known body is known as well.
  if (cache === undefined || beforeRoute || (selectCandidates && selectCandidates.requests !== 'open'))
    return undefined;
  return function respondFromCache(context, bytes) {
    if (asksForPlan(context.req)) return false;
    // The caller's policy may have changed since the entry was stored.
    if (context.caller?.['policy'] !== undefined) return false;
    if (afterResponse !== undefined && bytes.length > MAX_PARSED_LATER) return false;
    const isHit = cache.lookupByBody(context, bytes);
    if (afterResponse !== undefined && isHit !== false) context.readRequest = () => parse(bytes);
    return isHit;
  };
}
