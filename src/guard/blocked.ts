import { GatewayError } from '../errors/gateway-error.js';
import type { GuardBlock } from '../contracts/guard.js';

/** What follows a block in a response; see `OutputGuard`. */
export interface BlockEffect {
  readonly beforeCommit: 'reject' | 'next';
  readonly afterCommit: 'error' | 'content_filter';
}

/** Thrown where a guard blocks, or fails closed. */
export class BlockedByGuard extends Error {
  override readonly name = 'BlockedByGuard';
  readonly error: GatewayError;
  readonly effect: BlockEffect;

  constructor(error: GatewayError, effect: BlockEffect) {
    super(error.message);
    this.error = error;
    this.effect = effect;
  }
}

/** OpenAI's SDKs do not retry a response with this header. */
const NO_RETRY = { 'x-should-retry': 'false' };

/** The error for a blocked text. */
export function contentBlocked({ code, message }: Omit<GuardBlock, 'block'>, path: string): GatewayError {
  return new GatewayError('content_blocked', message ?? `Blocked by this gateway's content rules: ${path}.`, {
    wireCode: code,
    param: path,
    headers: NO_RETRY,
  });
}

/** The error for a guard that fails closed. */
export function guardUnavailable(name: string, path: string, cause: unknown): GatewayError {
  return new GatewayError('guard_unavailable', `A content check (${name}) could not be made. Try again in a moment.`, {
    param: path,
    cause,
  });
}
