import type { RequestContext, ResolvedRoute, Stage, StageOutcome } from '../request/context.js';
import type { Caller } from '../contracts/caller.js';
import type { Candidate, AttemptOutcome, Endpoint } from '../contracts/routing.js';
import type { RouteOptions } from '../options/types.js';
import { type Decision, type DecisionParts, deciderOf, payForDecision, showDecision } from './decide.js';
import { wantsDryRun } from './dry-run.js';
import { toCandidate } from './endpoint.js';
import { policyOf } from './caller-policy.js';
import { type EndpointStatus, LiveStatistics } from './stats/health.js';
import { listModels, type ModelList } from './model-listing.js';
import { OWN_FIELDS, OWN_FIELDS_BUT_PREFERENCES } from './preferences/preference-fields.js';
import { planBody, planBodyWithHooks } from './plan-body.js';
import { PromptCalibration } from './prompt-size.js';
import { createRegistry, type RouteChanges } from './registry.js';
import type { PlanContext, PlanResult, PlanWithHooksContext, RouterParts } from './router-types.js';
import { andThen, runBeforeRoute } from './run-hooks.js';
import { StickyMemory } from './sticky.js';

/** One endpoint with its live statistics, for status pages. */
export interface EndpointReport extends Candidate, EndpointStatus {
  /** `<slug> <model>` */
  readonly id: string;
}

/** The stage, and everything else that needs the provider table. */
export interface Router {
  readonly stage: Stage;
  /**
   * The plan that a request with this body would get. No I/O, and no state is changed. `messages` may be left out, so
   * that a plan needs no prompt.
   * @throws GatewayError that the request would get
   */
  plan(body: unknown, context?: PlanContext): PlanResult;
  /** As `plan`, with the hooks `beforeRoute` and `selectCandidates` run on an imagined request. */
  planWithHooks(body: unknown, context?: PlanWithHooksContext): Promise<PlanResult>;
  /** The models that `caller` may use; without a caller all of them. */
  models(caller?: Caller): ModelList;
  endpoints(): readonly EndpointReport[];
  /** The top-level `timeouts.totalMs`, if it is set. */
  totalMs(): number | undefined;
  /**
   * Checks `changes`, and returns a function that applies them.
   * @throws TypeError if they are invalid; nothing has changed then
   */
  prepareUpdate(changes: RouteChanges): () => void;
  /** @throws TypeError if `providers` is invalid; the old table is kept then. */
  update(providers: RouteOptions['providers']): void;
}

/**
 * The router that `options` describe.
 * @throws TypeError naming the invalid option
 */
export function createRouter(options: RouteOptions, parts: RouterParts): Router {
  const { clock, random, hooks } = parts;
  const registry = createRegistry(options, parts.checkEndpoints);
  const statistics = new LiveStatistics();
  const calibration = new PromptCalibration();
  const created = Math.floor(clock.wallNow() / 1_000);
  const decision = {
    registry,
    statistics,
    calibration,
    sticky: new StickyMemory(clock),
    hooks,
    clock,
    now: () => clock.now(),
    assumptions: { random },
  };
  return {
    stage: routeStage(decision),
    plan: (body, context = {}) => planBody(body, context, { ...parts, registry, statistics, calibration }),
    planWithHooks: (body, context = {}) => planBodyWithHooks(body, context, decision, parts.validator),
    models: (caller) => listModels(registry.table, created, policyOf(caller)),
    endpoints: () => registry.table.endpoints.map((endpoint) => report(endpoint, statistics, clock.now())),
    totalMs: () => registry.table.totalMs,
    prepareUpdate: (changes) => registry.prepare(changes),
    update: (providers) => registry.replace(providers),
  };
}

function report(endpoint: Endpoint, statistics: LiveStatistics, now: number): EndpointReport {
  return { id: endpoint.id, ...toCandidate(endpoint), ...statistics.statusOf(endpoint.id, now) };
}

/** The stage that sets `context.route`. Synchronous, unless a hook or a limit is asynchronous. */
function routeStage(parts: DecisionParts): Stage {
  const { hooks, statistics, clock } = parts;
  const record = (endpoint: Endpoint, outcome: AttemptOutcome) => statistics.record(endpoint.id, outcome, clock.now());
  const decide = deciderOf(hooks);

  return function route(context) {
    const isDryRun = wantsDryRun(context.req);
    const finish = (decision: Decision): StageOutcome => {
      if (isDryRun) return respondWithPlan(context, decision);
      context.route = resolvedRoute(decision, record);
      return 'next';
    };
    const pay = (decision: Decision): StageOutcome | Promise<StageOutcome> =>
      context.spend === undefined
        ? finish(decision)
        : andThen(payForDecision(context.spend, decision, context, parts), finish);
    return andThen(runBeforeRoute(context, parts), () => andThen(decide(context, parts), pay));
  };
}

function resolvedRoute(
  { model, candidates, excluded, drawn, overrides, prompt, conversation, forwarded }: Decision,
  record: ResolvedRoute['record'],
): ResolvedRoute {
  return {
    model,
    candidates: withCredentials(candidates, overrides),
    excluded,
    drawn,
    ownFields: forwarded.length > 0 ? OWN_FIELDS_BUT_PREFERENCES : OWN_FIELDS,
    overrides,
    record,
    prompt,
    onServed: conversation?.served,
  };
}

/** Marks the candidates that use the caller's own key. A caller's timeout alone does not change who pays. */
function withCredentials(
  candidates: ResolvedRoute['candidates'],
  overrides: ResolvedRoute['overrides'],
): ResolvedRoute['candidates'] {
  if (overrides === undefined) return candidates;
  return candidates.map((candidate) =>
    overrides.get(candidate.endpoint.provider.slug)?.apiKey === undefined
      ? candidate
      : { ...candidate, credential: 'caller' },
  );
}

function respondWithPlan(context: RequestContext, decision: Decision): StageOutcome {
  const body = Buffer.from(JSON.stringify(showDecision(context, decision)));
  context.sink.json({ status: 200, headers: { 'cache-control': 'no-store' } }, body);
  return 'responded';
}
