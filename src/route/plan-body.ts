import { isRecord } from '../util/json-object.js';
import type { ChatRequest } from '../chat/types.js';
import type { RouterExplanation } from '../contracts/router.js';
import { policyOf } from './caller-policy.js';
import { leavesModelOpen } from './choose-models.js';
import { planCandidatesState } from './hook-state.js';
import { readOverrides } from './overrides.js';
import { type Plan, plan, type PlanInput, showPlan } from './plan/plan.js';
import { translatedPlan } from './plan/translations.js';
import { type PromptCalibration, PromptEstimate } from './prompt-size.js';
import type { Registry } from './registry.js';
import type { PlanContext, PlanResult, PlanWithHooksContext, RouterParts } from './router-types.js';
import { type DecisionParts, deciderOf, showDecision } from './decide.js';
import { imaginedContext } from './imagined-request.js';
import { toGatewayError } from '../errors/gateway-error.js';
import { choosesModels, runBeforeRoute } from './run-hooks.js';
import { selectedPlan } from './select-candidates.js';
import { payFor, requestForModels, spendPlan } from './spend.js';
import type { LiveStatistics } from './stats/health.js';

interface PlanBodyParts extends RouterParts {
  readonly registry: Registry;
  readonly statistics: LiveStatistics;
  readonly calibration: PromptCalibration;
}

/** The result of `gateway.plan()`: the plan of a request with this body, made by the functions that serve requests. */
export function planBody(body: unknown, context: PlanContext, parts: PlanBodyParts): PlanResult {
  const { clock, hooks, registry, statistics, calibration, previewFor } = parts;
  const { now = clock.now(), random = parts.random, caller, ...assumptions } = context;
  const request = parts.validator.check(withMessages(body));
  const { table, overrides } = registry;
  const own = readOverrides(request, table, overrides);
  const prompt = new PromptEstimate(request, { calibration, promptTokens: assumptions.promptTokens });
  const input = { ...assumptions, random, prompt, policy: policyOf(caller), table, performance: statistics.at(now) };
  const planFor = (planned: ChatRequest): ExplainedPlan =>
    withRoutingHook({ ...input, request: planned, anyModel: choosesModels(hooks) }, prompt, hooks);
  const planned = planFor(request);
  const shown = (result: ExplainedPlan): PlanResult =>
    showPlan(translatedPlan(result, request), planned.router, () => tokensOf(result, prompt));
  if (caller === undefined || previewFor === undefined) return shown(planned);
  const lease = previewFor(caller, request);
  const paid = payFor(
    planned,
    (candidates) => lease.previewNow(spendPlan(candidates, prompt, own)),
    (models) => planFor(requestForModels(request, models)),
  );
  // `previewNow` is synchronous, and so is `payFor` with it.
  return shown(paid as ExplainedPlan);
}

/** The result of `gateway.planWithHooks()`: the decision about an imagined request, with the host's hooks. */
export async function planBodyWithHooks(
  body: unknown,
  { caller, headers = {}, now, ...assumptions }: PlanWithHooksContext,
  parts: DecisionParts,
  validator: RouterParts['validator'],
): Promise<PlanResult> {
  try {
    const request = validator.check(withMessages(body));
    const context = imaginedContext({ request, caller, headers, startedAt: parts.clock.now() });
    const imagined = {
      ...parts,
      assumptions: { ...parts.assumptions, ...assumptions },
      now: now === undefined ? parts.now : () => now,
    };
    await runBeforeRoute(context, imagined);
    return showDecision(context, await deciderOf(parts.hooks)(context, imagined));
  } catch (error) {
    throw toGatewayError(error);
  }
}

function tokensOf({ candidates }: Plan, prompt: PromptEstimate): number {
  return prompt.tokensAt(candidates[0]?.endpoint.id ?? '');
}

interface ExplainedPlan extends Plan {
  readonly router: RouterExplanation | undefined;
}

/** The plan of `input`, changed by the routing hook if it can decide synchronously. */
function withRoutingHook(
  input: PlanInput,
  prompt: PromptEstimate,
  { selectCandidates: hook }: RouterParts['hooks'],
): ExplainedPlan {
  const planned = plan(input);
  const { request, table, policy } = input;
  if (hook?.now === undefined || (hook.requests === 'open' && !leavesModelOpen(request, table.names))) {
    return { ...planned, router: undefined };
  }
  const isShadow = hook.mode === 'shadow';
  let router: RouterExplanation | undefined;
  const selected = hook.now(
    planCandidatesState({
      request,
      table,
      plan: isShadow ? plan({ ...input, anyModel: true }) : planned,
      prompt,
      stickyModel: () => undefined,
      explain: (explanation) => (router = explanation),
    }),
  );
  if (isShadow || selected === undefined) return { ...planned, router };
  return { ...planned, ...selectedPlan(planned, selected, request, { table, policy }), router };
}

/** Adds a message to a body without any: routing only counts them. */
function withMessages(body: unknown): unknown {
  return isRecord(body) && body['messages'] === undefined
    ? { ...body, messages: [{ role: 'user', content: '…' }] }
    : body;
}
