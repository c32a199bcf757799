import type { ChatRequest } from '../../src/chat/types.js';
import type { Snapshot } from '../../src/contracts/routing.js';
import { isGatewayError, type GatewayError } from '../../src/errors/gateway-error.js';
import type { RouteOptions } from '../../src/options/types.js';
import { type Plan, plan, type PlanAssumptions, showPlan, type ShownPlan } from '../../src/route/plan/plan.js';
import { createRegistry } from '../../src/route/registry.js';
import { idOf, sampleOptions, sampleSnapshot } from './sample-table.js';
import { UNMEASURED } from './no-stats.js';

export interface PlannerContext extends PlanAssumptions {
  readonly anyModel?: boolean;
}

/** Plans over one provider table; requests need no messages. */
export function plannerFor(options: RouteOptions, snapshot?: Snapshot) {
  const { table } = createRegistry(options);
  const run = (fields: Readonly<Record<string, unknown>>, context: PlannerContext = {}): Plan =>
    plan({
      request: { messages: [], ...fields } as ChatRequest,
      table,
      performance: UNMEASURED,
      anyModel: false,
      random: 0,
      snapshot,
      ...context,
    });
  return {
    table,
    run,
    show: (fields: Readonly<Record<string, unknown>>, context?: PlannerContext): ShownPlan =>
      showPlan(run(fields, context)),
    slugs: (fields: Readonly<Record<string, unknown>>, context?: PlannerContext) =>
      run(fields, context).candidates.map(({ endpoint }) => endpoint.slug),
    refusal: (fields: Readonly<Record<string, unknown>>, context?: PlannerContext): GatewayError =>
      refusalOf(() => run(fields, context)),
  };
}

/** Plans over the sample table, as the ids of its rows. */
export function samplePlanner() {
  const planner = plannerFor(sampleOptions, sampleSnapshot());
  return {
    ...planner,
    ids: (fields: Readonly<Record<string, unknown>>, context?: PlannerContext) =>
      planner.run({ model: 'acme/chat-70b', ...fields }, context).candidates.map(({ endpoint }) => idOf(endpoint)),
    reasons: (fields: Readonly<Record<string, unknown>>, context?: PlannerContext) =>
      Object.fromEntries(
        planner.run({ model: 'acme/chat-70b', ...fields }, context).excluded.map((each) => [idOf(each), each.reason]),
      ),
    refused: (fields: Readonly<Record<string, unknown>>, context?: PlannerContext) =>
      planner.refusal({ model: 'acme/chat-70b', ...fields }, context),
  };
}

/** The `GatewayError` that `act` throws. */
export function refusalOf(act: () => unknown): GatewayError {
  try {
    act();
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}
