import type { LimitReply } from '../contracts/limit-store.js';

/** Where a lease was granted: settlements go there. */
export type Grantor = 'store' | 'local' | 'none';

/** A reply, and where it came from. */
export interface GrantedReply extends LimitReply {
  readonly by: Grantor;
}

/** How long one request may still be held up by the store, in milliseconds: all its calls together. */
export interface WaitLimits {
  leftMs: number;
}

/** Granted without a look at any counter. */
export function granted(by: Grantor): GrantedReply {
  return { outcome: 'granted', levels: [], by };
}
