import type { GatewayError } from '../errors/gateway-error.js';
import type { RequestSpend } from './request-spend.js';

/** Whom a request belongs to. */
export interface SpendSubject {
  /** `<by> <key>` of everybody who can be blocked. */
  readonly subjects: readonly string[];
  readonly session: string | undefined;
  readonly tenant: string | undefined;
  /** What the request has waited for the store already, in milliseconds. */
  readonly waitedMs: number;
}

/** Told of the moments of one request; absent where it is only planned. */
export interface SpendOwner {
  entered(spend: RequestSpend): void;
  left(spend: RequestSpend, used: { readonly usd: number; readonly tokens: number }): void;
  /** Ends the request, whatever it is doing. */
  abort(error: GatewayError): void;
}
