import type { ChatRequest } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import type { SpendLease } from '../contracts/spend.js';
import type { ModelNames } from './options/model-names.js';
import type { PlanAssumptions, ShownPlan } from './plan/plan.js';

/** Assumptions of `gateway.plan()` that replace measured values. */
export interface PlanContext extends PlanAssumptions {
  /** Monotonic milliseconds at which live statistics are read. */
  readonly now?: number | undefined;
  /** The caller, whose policy applies, and whose limits as far as this process knows them. */
  readonly caller?: Caller | undefined;
}

/** Assumptions of `gateway.planWithHooks()`. */
export interface PlanWithHooksContext extends PlanContext {
  /** Headers of the request, as hooks read them from `req.headers`. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Result of `gateway.plan()`. */
export type PlanResult = ShownPlan;

/** Dependencies of a router. */
export interface RouterParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: Hooks;
  /** Checks the body that `plan()` gets exactly as a request's. */
  readonly validator: { check(body: unknown): ChatRequest };
  /** Throws if the limits cannot be applied to a provider table, such as a USD rule to an endpoint without a price. */
  readonly checkEndpoints?: ((endpoints: readonly Endpoint[], names: ModelNames) => void) | undefined;
  /** A lease to preview how a caller's limits would change a plan. */
  readonly previewFor?: ((caller: Caller, request: ChatRequest) => SpendLease) | undefined;
}
