import type { RequestContext } from '../request/context.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { Blockable } from './blocks.js';
import type { BoundRule } from './bound-rules.js';
import type { ResolvedLimits } from './limit-options.js';
import type { ResilientStore } from './resilient-store.js';
import type { Rule } from './rules.js';

/** Whom the spend of a request counts for. */
export interface SpendSubject {
  /** `<by> <key>` of every subject that can be blocked. */
  readonly subjects: () => readonly string[];
  readonly session: string | undefined;
  readonly tenant: string | undefined;
  /** Milliseconds that the request has already waited for the store. */
  readonly waitedMs: number;
}

/** A request whose spend is open: what its owner sees of it. */
export interface OpenSpend extends Blockable {
  readonly who: SpendSubject;
  readonly rules: readonly BoundRule[];
  readonly hasOpenAttempts: boolean;
  /** Some rule reserves tokens or money. */
  readonly needsEstimates: boolean;
}

/** Notified about one request; absent for a plan that is only previewed. */
export interface SpendOwner {
  onOpened(spend: OpenSpend): void;
  onClosed(spend: OpenSpend, used: { readonly usd: number; readonly tokens: number }): void;
  /** Ends the request in any state. */
  abort(error: GatewayError): void;
}

/** What happened to requests, by rule: a closed set, so that the number of metric series is bounded. */
export type LimitEvent = 'refused' | 'warned' | 'fallback';

/** What the spend of a request uses of the limits of its gateway. */
export interface SpendServices {
  readonly options: ResolvedLimits;
  readonly store: ResilientStore;
  /** Unix time in milliseconds. */
  readonly now: number;
  expectedCompletion(context: Pick<RequestContext, 'caller'>, model: string): number;
  watchAlerts(rules: readonly BoundRule[]): void;
  /** Tracks an open settlement, so that shutdown can wait for it. */
  settling(settlement: unknown): void;
  count(rule: Rule, event: LimitEvent): void;
  countBudgetExclusion(): void;
}
