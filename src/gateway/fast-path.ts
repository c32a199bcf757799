import type { Cache } from '../cache/cache.js';
import type { ChatRequest } from '../chat/types.js';
import type { Hooks } from '../contracts/hooks.js';
import { asksForPlan } from '../route/dry-run.js';
import type { FastPath } from '../validate/validate.js';

/** Bytes up to which a body is parsed in one go where a hook reads the request afterwards. */
const READ_AT_ONCE = 64 * 1024;

/**
 * Lets the cache respond to a body that it knows by its bytes, before it is parsed. `undefined` where something between
 * validate and cache may decide by more than the body.
 * @param read - Parses a body later, for `afterResponse`.
 */
export function createFastPath(
  cache: Cache | undefined,
  { beforeRoute, selectCandidates, afterResponse }: Hooks,
  read: (bytes: Buffer) => ChatRequest,
): FastPath | undefined {
  // A router that is only asked for open models decides by the body, so a body that is known needs no decision.
  if (cache === undefined || beforeRoute || (selectCandidates && selectCandidates.requests !== 'open'))
    return undefined;
  return function answerRepeat(context, bytes) {
    if (asksForPlan(context.req)) return false;
    // The caller's policy may have changed since the entry was stored.
    if (context.caller?.['policy'] !== undefined) return false;
    if (afterResponse !== undefined && bytes.length > READ_AT_ONCE) return false;
    const answered = cache.lookupByBody(context, bytes);
    if (afterResponse !== undefined && answered !== false) context.readRequest = () => read(bytes);
    return answered;
  };
}
