import type { Candidate, ExcludedEndpoint } from '../contracts/routing.js';
import type { ChatRequest } from '../chat/types.js';
import { GatewayError } from '../errors/gateway-error.js';
import { excludedFor, type RoutableEndpoint } from './endpoint.js';
import { brokenFilter } from './plan/filters.js';
import { formatValue } from '../options/checks.js';
import { type Plan, type RoutableCandidate, toPlanned } from './plan/plan.js';
import type { ResolvedPolicy } from './caller-policy.js';
import { PromptEstimate } from './prompt-size.js';
import type { RouteTable } from './registry.js';

interface SelectionParts {
  readonly table: RouteTable;
  readonly policy: ResolvedPolicy | undefined;
}

/**
 * The plan with the candidates that a routing hook selected, in its order. The caller's hard filters (no retention, a
 * price cap …) apply to them as well.
 * @throws TypeError for an unknown endpoint, and for one that the caller's filters exclude
 * @throws GatewayError 503 if the hook selected no candidate
 */
export function selectedPlan(
  plan: Plan,
  selected: readonly Candidate[],
  request: ChatRequest,
  { table, policy }: SelectionParts,
): Pick<Plan, 'model' | 'candidates' | 'excluded' | 'drawn'> {
  const candidates = new Map<string, RoutableCandidate>();
  for (const choice of selected) {
    const endpoint = endpointOf(choice, table);
    candidates.set(endpoint.id, inPlan(plan, endpoint) ?? planned(plan, endpoint, request, policy));
  }
  const [first] = candidates.values();
  if (first === undefined)
    throw new GatewayError('no_provider_available', 'No provider is available for this request.');
  return {
    model: first.endpoint.model,
    candidates: [...candidates.values()],
    excluded: excludedAfter(plan, candidates),
    drawn: false,
  };
}

function endpointOf(choice: Candidate, table: RouteTable): RoutableEndpoint {
  const { slug, model } = choice;
  const found = table.models.get(model)?.find((endpoint) => endpoint.slug === slug);
  if (found !== undefined) return found;
  throw new TypeError(
    `selectCandidates returned ${formatValue(slug)} for ${formatValue(model)}, which is not a configured endpoint.`,
  );
}

function inPlan(plan: Plan, endpoint: RoutableEndpoint): RoutableCandidate | undefined {
  return plan.candidates.find((candidate) => candidate.endpoint === endpoint);
}

function planned(
  { preferences }: Plan,
  endpoint: RoutableEndpoint,
  request: ChatRequest,
  policy: ResolvedPolicy | undefined,
): RoutableCandidate {
  const prompt = new PromptEstimate(request);
  const broken = brokenFilter(endpoint, preferences, {
    choice: { model: endpoint.model, pin: undefined, variant: undefined },
    hasFlex: false,
    promptTokens: ({ id }) => prompt.tokensAt(id),
    policy,
  });
  if (broken === undefined) return toPlanned(endpoint, preferences);
  throw new TypeError(
    `selectCandidates returned ${formatValue(endpoint.slug)}, which the request excludes (${broken.reason}).`,
  );
}

/** The excluded endpoints, with those candidates that the hook left out. */
function excludedAfter(plan: Plan, candidates: ReadonlyMap<string, RoutableCandidate>): readonly ExcludedEndpoint[] {
  const leftOut = plan.candidates.filter(({ endpoint }) => !candidates.has(endpoint.id));
  return [
    ...plan.excluded.filter(({ slug, model }) => !candidates.has(`${slug} ${model}`)),
    ...leftOut.map(({ endpoint }) => excludedFor(endpoint, 'selectCandidates')),
  ];
}
