import type { LimitReply } from '../contracts/limit-store.js';

/** Who granted a lease; its settlement goes there. */
export type Grantor = 'store' | 'local' | 'none';

/** A reply, and who gave it. */
export interface GrantedReply extends LimitReply {
  readonly by: Grantor;
}

/** How long the remaining store calls of one request may delay it in total, in milliseconds. */
export interface WaitLimits {
  leftMs: number;
}

/** Granted without checking a counter. */
export function granted(by: Grantor): GrantedReply {
  return { outcome: 'granted', levels: [], by };
}
