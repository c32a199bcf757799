import type { ChatRequest } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import type { SpendLease } from '../contracts/spend.js';
import type { PlanAssumptions, ShownPlan } from './plan/plan.js';

/** What `gateway.plan()` may be given instead of finding it out itself. */
export interface PlanContext extends PlanAssumptions {
  /** Monotonic milliseconds at which live statistics are read. */
  readonly now?: number | undefined;
  /** The caller: its policy applies, and its limits as far as this process knows them. */
  readonly caller?: Caller | undefined;
}

/** What `gateway.planWithHooks()` may be given beside that. */
export interface PlanWithHooksContext extends PlanContext {
  /** Headers of the request, as hooks read them from `req.headers`. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What `gateway.plan()` returns. */
export type PlanResult = ShownPlan;

/** What a router is made with. */
export interface RouterParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: Hooks;
  /** Checks what `plan()` is given exactly as a request is checked. */
  readonly validator: { check(body: unknown): ChatRequest };
  /** Throws where the limits cannot work with a provider table: an endpoint without a price under a USD rule. */
  readonly checkEndpoints?: ((endpoints: readonly Endpoint[]) => void) | undefined;
  /** A lease to preview what a caller's limits would say of a plan. */
  readonly previewFor?: ((caller: Caller, request: ChatRequest) => SpendLease) | undefined;
}
