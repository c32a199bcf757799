import type { PlannedCandidate, RequestContext, ResolvedRoute } from '../request/context.js';
import type { ExcludedEndpoint } from '../contracts/routing.js';
import type { SpendDecision, SpendPlan } from '../contracts/spend.js';
import { excludedFor, type RoutableEndpoint } from './endpoint.js';
import type { RoutableCandidate } from './plan/plan.js';

/** The part of a plan that money has a say in. */
export interface PaidPlan {
  readonly candidates: readonly RoutableCandidate[];
  readonly excluded: readonly ExcludedEndpoint[];
}

/** Rules that name other models are left behind one by one; more than this are a mistake. */
const MAX_REPLANS = 8;

/**
 * Lets the limits of a caller decide on a plan: it is reserved, or (for a dry run) only looked at. Endpoints that the
 * budget does not pay for are excluded as `budget`; a rule may ask for other models instead, which are planned anew.
 * @throws GatewayError where a limit refuses the request.
 */
export function payFor<Planned extends PaidPlan>(
  planned: Planned,
  ask: (candidates: readonly RoutableCandidate[]) => SpendDecision | Promise<SpendDecision>,
  replan: (models: readonly string[]) => Planned,
  rounds = MAX_REPLANS,
): Planned | Promise<Planned> {
  const decide = (decision: SpendDecision): Planned | Promise<Planned> => {
    if (decision.kind === 'models') return payFor(replan(decision.models), ask, replan, rounds - 1);
    return withoutDear(planned, new Set(decision.tooDear.map(({ id }) => id)));
  };
  if (rounds === 0)
    throw new TypeError('limits: the rules send a request from one list of models to another without end.');
  const decision = ask(planned.candidates);
  return decision instanceof Promise ? decision.then(decide) : decide(decision);
}

/** What `lease` is told of a plan. */
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

/** `request` as if it had asked for these models. */
export function askingFor(
  request: NonNullable<RequestContext['request']>,
  models: readonly string[],
): NonNullable<RequestContext['request']> {
  return { ...request, model: models[0]!, models: [...models] };
}

function withoutDear<Planned extends PaidPlan>(planned: Planned, tooDear: ReadonlySet<string>): Planned {
  if (tooDear.size === 0) return planned;
  const dear = planned.candidates.filter(({ endpoint }) => tooDear.has(endpoint.id));
  return {
    ...planned,
    candidates: planned.candidates.filter(({ endpoint }) => !tooDear.has(endpoint.id)),
    excluded: [...planned.excluded, ...dear.map(({ endpoint }) => excludedFor(endpoint as RoutableEndpoint, 'budget'))],
  };
}
