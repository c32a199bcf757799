import type { ChatRequest } from '../chat/types.js';
import type { Hooks } from '../contracts/hooks.js';
import type { SpendLease } from '../contracts/spend.js';
import type { RequestContext, ResolvedRoute } from '../request/context.js';
import { hookState } from '../request/hooks.js';
import { policyOf } from './caller-policy.js';
import { leavesModelOpen } from './choose-models.js';
import { wantsDryRun } from './dry-run.js';
import { planCandidatesState } from './hook-state.js';
import { readOverrides, withoutKeys } from './overrides.js';
import { type Plan, plan, type PlanAssumptions, type PlanInput, showPlan, type ShownPlan } from './plan/plan.js';
import { translatedPlan } from './plan/translations.js';
import type { Preferences } from './preferences/preferences.js';
import { type PromptCalibration, PromptEstimate } from './prompt-size.js';
import { andThen, callHook, choosesModels, type HookParts, requestOf } from './run-hooks.js';
import { selectedPlan } from './select-candidates.js';
import { payFor, requestForModels, spendPlan } from './spend.js';
import type { LiveStatistics } from './stats/health.js';
import { Conversation, type StickyMemory } from './sticky.js';

/** Dependencies of a decision. */
export interface DecisionParts extends HookParts {
  readonly statistics: LiveStatistics;
  readonly calibration: PromptCalibration;
  readonly sticky: StickyMemory;
  /** Monotonic milliseconds at which live statistics are read. */
  readonly now: () => number;
  readonly assumptions: PlanAssumptions;
}

/** The decision about a request, from which its route is made. */
export interface Decision extends Pick<Plan, 'model' | 'candidates' | 'excluded' | 'drawn'> {
  readonly overrides: ResolvedRoute['overrides'];
  readonly forwarded: Preferences['forwarded'];
  readonly prompt: PromptEstimate;
  /** `undefined` if the caller's own order decides. */
  readonly conversation: Conversation | undefined;
}

/** A decision and the plan behind it. */
interface Planned extends Decision, Plan {
  readonly input: PlanInput;
}

type Decider = (context: RequestContext, parts: DecisionParts) => Decision | Promise<Decision>;

/**
 * Decides by the plan alone, or with the host's routing hook: for all requests, or only those that leave the model
 * open.
 */
export function deciderOf({ selectCandidates: hook }: Pick<Hooks, 'selectCandidates'>): Decider {
  if (hook === undefined) return planRequest;
  if (hook.requests !== 'open') return decideWithHook;
  return (context, parts) =>
    leavesModelOpen(requestOf(context), parts.registry.table.names)
      ? decideWithHook(context, parts)
      : planRequest(context, parts);
}

/** Applies the caller's limits to `decision`: reserves the amounts, or only previews them for a dry run. */
export function payForDecision(
  lease: SpendLease,
  decision: Decision,
  context: RequestContext,
  parts: DecisionParts,
): Decision | Promise<Decision> {
  const { prompt, overrides } = decision;
  const isDryRun = wantsDryRun(context.req);
  return payFor<Decision>(
    decision,
    (candidates) => {
      const plan = spendPlan(candidates, prompt, overrides);
      return isDryRun ? lease.preview(plan) : lease.begin(plan);
    },
    (models) => ({ ...planFor(context, parts, requestForModels(requestOf(context), models), prompt), overrides }),
  );
}

function decideWithHook(context: RequestContext, parts: DecisionParts): Decision | Promise<Decision> {
  const { table } = parts.registry;
  const hook = parts.hooks.selectCandidates!;
  const decision = planRequest(context, parts);
  const request = requestOf(context);
  const isShadow = hook.mode === 'shadow';
  const state = Object.defineProperties(
    hookState(context),
    Object.getOwnPropertyDescriptors(
      planCandidatesState({
        request,
        table,
        plan: isShadow ? plan({ ...decision.input, anyModel: true }) : decision,
        prompt: decision.prompt,
        stickyModel: () => decision.conversation?.openModel(),
        explain: (explanation) => (context.router = explanation),
      }),
    ),
  ) as Parameters<typeof hook>[0];
  const selected = callHook(context, parts, 'selectCandidates', () => hook(state));
  return andThen(selected, (candidates) =>
    isShadow || candidates === undefined
      ? decision
      : { ...decision, ...selectedPlan(decision, candidates, request, { table, policy: policyOf(context.caller) }) },
  );
}

function planRequest(context: RequestContext, parts: DecisionParts): Planned {
  const request = requestOf(context);
  const { table, overrides: allowed } = parts.registry;
  const overrides = readOverrides(request, table, allowed);
  // From here on the caller's key is only in the route.
  context.request = withoutKeys(request);
  const { promptTokens } = parts.assumptions;
  const prompt = new PromptEstimate(request, { promptTokens, calibration: parts.calibration, body: context.body });
  return { ...planFor(context, parts, request, prompt), overrides };
}

/** The plan of `request`, which considers the conversation that it belongs to. */
function planFor(
  context: RequestContext,
  { registry, statistics, sticky, hooks, now, assumptions }: DecisionParts,
  request: ChatRequest,
  prompt: PromptEstimate,
): Omit<Planned, 'overrides'> {
  const conversation = new Conversation(sticky, request, context.caller?.id ?? '', context.req.headers['x-session-id']);
  const input: PlanInput = {
    sticky: conversation.slugFor,
    ...assumptions,
    request,
    prompt,
    policy: policyOf(context.caller),
    table: registry.table,
    performance: statistics.at(now()),
    anyModel: choosesModels(hooks),
  };
  const planned = plan(input);
  const { order, forwarded } = planned.preferences;
  return { ...planned, input, prompt, forwarded, conversation: order === undefined ? conversation : undefined };
}

/** A decision as the dry run and `gateway.planWithHooks()` show it. */
export function showDecision(context: RequestContext, decision: Decision): ShownPlan {
  const { prompt, candidates } = decision;
  return showPlan(translatedPlan(decision, requestOf(context)), context.router, () =>
    prompt.tokensAt(candidates[0]?.endpoint.id ?? ''),
  );
}
