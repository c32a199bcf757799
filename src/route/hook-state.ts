import type { ChatRequest } from '../chat/types.js';
import type { PlanCandidatesState } from '../contracts/hooks.js';
import type { RouterExplanation } from '../contracts/router.js';
import { leavesModelOpen } from './choose-models.js';
import { toCandidate } from './endpoint.js';
import type { Plan } from './plan/plan.js';
import type { PromptEstimate } from './prompt-size.js';
import type { RouteTable } from './registry.js';

interface HookStateParts {
  readonly request: ChatRequest;
  readonly table: RouteTable;
  readonly prompt: PromptEstimate;
  readonly plan: Pick<Plan, 'candidates' | 'excluded'>;
  /** The model that served the conversation before. Called only if the hook reads it. */
  readonly stickyModel: () => string | undefined;
  readonly explain: (explanation: RouterExplanation) => void;
}

/** The state of a routing hook. Members that take work are computed when the hook reads them. */
export function planCandidatesState({
  request,
  table,
  plan,
  prompt,
  stickyModel,
  explain,
}: HookStateParts): PlanCandidatesState {
  const openModel = leavesModelOpen(request, table.names);
  return {
    request,
    candidates: plan.candidates.map(({ endpoint }) => toCandidate(endpoint)),
    excluded: plan.excluded,
    openModel,
    defaultModel: table.names.defaultChoices?.[0]?.model,
    get stickyModel() {
      return openModel ? stickyModel() : undefined;
    },
    get promptTokens() {
      return prompt.tokensAt(plan.candidates[0]?.endpoint.id ?? '');
    },
    pricingOf: ({ slug, model }) => table.models.get(model)?.find((endpoint) => endpoint.slug === slug)?.pricing,
    explain,
  };
}
