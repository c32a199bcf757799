import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../request/context.js';
import type { ExcludedEndpoint } from '../contracts/routing.js';
import type { SpendDecision, SpendPlan } from '../contracts/spend.js';
import { excludedFor, type RoutableEndpoint } from './endpoint.js';
import type { RoutableCandidate } from './plan/plan.js';

/** The part of a plan that limits may change. */
export interface PaidPlan {
  readonly candidates: readonly RoutableCandidate[];
  readonly excluded: readonly ExcludedEndpoint[];
}

/** Each rule with other models causes one more plan; more than this are a loop. */
const MAX_REPLANS = 8;

/**
 * Applies the limits of a caller to a plan: reserves the amounts, or only previews them for a dry run. Endpoints that
 * cost more than the budget has left are excluded as `budget`; a rule may require other models, which are planned
 * instead.
 * @throws GatewayError if a limit refuses the request
 */
export function payFor<Planned extends PaidPlan>(
  planned: Planned,
  reserve: (candidates: readonly RoutableCandidate[]) => SpendDecision | Promise<SpendDecision>,
  replan: (models: readonly string[]) => Planned,
  rounds = MAX_REPLANS,
): Planned | Promise<Planned> {
  const decide = (decision: SpendDecision): Planned | Promise<Planned> => {
    if (decision.kind === 'models') return payFor(replan(decision.models), reserve, replan, rounds - 1);
    if (decision.tooDear.length === 0) return planned;
    return withoutOverBudget(planned, new Set(decision.tooDear.map(({ id }) => id)));
  };
  if (rounds === 0)
    throw new TypeError('limits: the rules send a request from one list of models to another without end.');
  const decision = reserve(planned.candidates);
  return decision instanceof Promise ? decision.then(decide) : decide(decision);
}

/** The plan in the form that a lease needs. */
export function spendPlan(
  candidates: readonly PlannedCandidate[],
  prompt: NonNullable<ResolvedRoute['prompt']>,
  overrides: ResolvedRoute['overrides'],
): SpendPlan {
  return {
    candidates: candidates.map(({ endpoint }) => endpoint),
    promptTokens: (id) => prompt.tokensAt(id),
    usesCallerCredential: ({ provider }) => overrides?.get(provider.slug)?.apiKey !== undefined,
  };
}

/** `request` with `models` instead of its own. */
export function requestForModels(
  request: NonNullable<RequestContext['request']>,
  models: readonly string[],
): NonNullable<RequestContext['request']> {
  return { ...request, model: models[0]!, models: [...models] };
}

function withoutOverBudget<Planned extends PaidPlan>(planned: Planned, tooDear: ReadonlySet<string>): Planned {
  const excluded = planned.candidates.filter(({ endpoint }) => tooDear.has(endpoint.id));
  return {
    ...planned,
    candidates: planned.candidates.filter(({ endpoint }) => !tooDear.has(endpoint.id)),
    excluded: [
      ...planned.excluded,
      ...excluded.map(({ endpoint }) => excludedFor(endpoint as RoutableEndpoint, 'budget')),
    ],
  };
}
