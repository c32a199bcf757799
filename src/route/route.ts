import { SerialisedBody } from '../json/request-body.js';
import type { ChatRequest } from '../chat/types.js';
import type { RequestContext, ResolvedRoute, Stage, StageOutcome } from '../request/context.js';
import type { Caller } from '../contracts/caller.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import type { Candidate, AttemptOutcome, Endpoint } from '../contracts/routing.js';
import type { SpendLease } from '../contracts/spend.js';
import { GatewayError } from '../errors/gateway-error.js';
import { hookState } from '../request/hooks.js';
import { waitFor } from '../util/wait-for.js';
import type { RouteOptions } from '../options/types.js';
import { policyOf } from './caller-policy.js';
import { wantsDryRun } from './dry-run.js';
import { toCandidate } from './endpoint.js';
import { type EndpointStatus, LiveStatistics } from './stats/health.js';
import { listModels, type ModelList } from './model-listing.js';
import { isObject } from '../options/checks.js';
import { readOverrides, withoutKeys } from './overrides.js';
import { type Plan, plan, type PlanAssumptions, showPlan, type ShownPlan } from './plan/plan.js';
import { OWN_FIELDS } from './preferences/preference-fields.js';
import { PromptCalibration, PromptEstimate } from './prompt-size.js';
import { createRegistry, type Registry } from './registry.js';
import { selectedPlan } from './select-candidates.js';
import { askingFor, payFor, spendPlan } from './spend.js';
import { Conversation, StickyMemory } from './sticky.js';

/** A hook that decides may take this long, in milliseconds: it holds a request up. */
const HOOK_MS = 60_000;

/** What `gateway.plan()` may be told instead of finding out itself. */
export interface PlanContext extends PlanAssumptions {
  /** Monotonic milliseconds at which live statistics are read. */
  readonly now?: number | undefined;
  /** Who would ask: its policy holds, and its limits as far as this process knows them. */
  readonly caller?: Caller | undefined;
}

export type PlanResult = ShownPlan;

/** One endpoint as status pages show it. */
export interface EndpointReport extends Candidate, EndpointStatus {
  /** `<slug> <model>` */
  readonly id: string;
}

interface RouterParts {
  /** Refuses a provider table, by throwing. */
  readonly checkEndpoints?: ((endpoints: readonly Endpoint[]) => void) | undefined;
  /** What a caller's limits say of a plan, by what this process knows of them. */
  readonly previewFor?: ((caller: Caller, request: ChatRequest) => SpendLease) | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly hooks: Hooks;
  /** Checks what `plan()` is given exactly as a request is checked. */
  readonly validator: { check(body: unknown): ChatRequest };
}

/** WHO WILL ANSWER: the stage, and everything else that asks the provider table. */
export interface Router {
  readonly stage: Stage;
  /**
   * The plan that a request with this body would get, or the error. Asks nobody, changes nothing. `messages` may be left
   * out: a plan can be asked for before there is anything to say.
   */
  plan(body: unknown, context?: PlanContext): PlanResult;
  /** Without a caller all of them. */
  models(caller?: Caller): ModelList;
  endpoints(): readonly EndpointReport[];
  /** @throws TypeError when something is wrong with `providers`; the old table then stays. */
  update(providers: RouteOptions['providers']): void;
}

/**
 * The router that `options` describe.
 * @throws TypeError naming the option at fault.
 */
export function createRouter(options: RouteOptions, parts: RouterParts): Router {
  const { clock, random, hooks, validator, previewFor } = parts;
  const registry = createRegistry(options, parts.checkEndpoints);
  const statistics = new LiveStatistics();
  const calibration = new PromptCalibration();
  const created = Math.floor(clock.wallNow() / 1_000);
  const anyModel = hooks.selectCandidates !== undefined;
  return {
    stage: routeStage({ registry, statistics, calibration, sticky: new StickyMemory(clock), hooks, random, clock }),
    plan(body, { now = clock.now(), random: draw = random, caller, ...assumptions } = {}) {
      const request = validator.check(withMessages(body));
      const { table, overrides } = registry;
      const own = readOverrides(request, table, overrides);
      const prompt = new PromptEstimate(request, calibration, assumptions.promptTokens);
      const policy = policyOf(caller);
      const performance = statistics.at(now);
      const planFor = (asked: ChatRequest): Plan =>
        plan({ ...assumptions, random: draw, request: asked, prompt, policy, table, performance, anyModel });
      const planned = planFor(request);
      if (caller === undefined || previewFor === undefined) return showPlan(planned);
      const lease = previewFor(caller, request);
      const paid = payFor(
        planned,
        (candidates) => lease.previewNow(spendPlan(candidates, prompt, own)),
        (models) => planFor(askingFor(request, models)),
      );
      // Nothing that this process knows has to be waited for.
      return showPlan(paid as Plan);
    },
    models: (caller) => listModels(registry.table, created, policyOf(caller)),
    endpoints: () => registry.table.endpoints.map((endpoint) => report(endpoint, statistics, clock.now())),
    update: (providers) => registry.replace(providers),
  };
}

/** Routing reads no message but to count it. */
function withMessages(body: unknown): unknown {
  return isObject(body) && body['messages'] === undefined
    ? { ...body, messages: [{ role: 'user', content: '…' }] }
    : body;
}

function report(endpoint: Endpoint, statistics: LiveStatistics, now: number): EndpointReport {
  return { id: endpoint.id, ...toCandidate(endpoint), ...statistics.statusOf(endpoint.id, now) };
}

interface RouteStageParts {
  readonly registry: Registry;
  readonly statistics: LiveStatistics;
  readonly calibration: PromptCalibration;
  readonly sticky: StickyMemory;
  readonly hooks: Pick<Hooks, 'beforeRoute' | 'selectCandidates'>;
  readonly random: () => number;
  readonly clock: Clock;
}

/** The stage that writes `context.route`. Synchronous unless a hook is not. */
function routeStage(parts: RouteStageParts): Stage {
  const { hooks, statistics, clock } = parts;
  const record = (endpoint: Endpoint, outcome: AttemptOutcome) => statistics.record(endpoint.id, outcome, clock.now());
  const decide = hooks.selectCandidates === undefined ? decideAlone : decideWithHook;

  return function route(context) {
    const isDryRun = wantsDryRun(context.req);
    const finish = (decision: Decision): StageOutcome => {
      if (isDryRun) return answerWithPlan(context, decision);
      context.route = resolvedRoute(decision, record);
      return 'next';
    };
    const pay = (decision: Decision): StageOutcome | Promise<StageOutcome> =>
      context.spend === undefined ? finish(decision) : andThen(paidBy(context.spend, decision, context, parts), finish);
    return andThen(runBeforeRoute(context, parts), () => andThen(decide(context, parts), pay));
  };
}

/** Everything that a request's route is made from. */
interface Decision extends Pick<Plan, 'model' | 'candidates' | 'excluded' | 'drawn'> {
  readonly overrides: ResolvedRoute['overrides'];
  readonly prompt: PromptEstimate;
  /** `undefined` where the caller's own order decides. */
  readonly conversation: Conversation | undefined;
}

/** `decision` as far as the caller's limits let it: reserved, or only previewed where the plan alone was asked for. */
function paidBy(
  lease: SpendLease,
  decision: Decision,
  context: RequestContext,
  parts: RouteStageParts,
): Decision | Promise<Decision> {
  const { prompt, overrides } = decision;
  const isDryRun = wantsDryRun(context.req);
  return payFor<Decision>(
    decision,
    (candidates) => {
      const paid = spendPlan(candidates, prompt, overrides);
      return isDryRun ? lease.preview(paid) : lease.begin(paid);
    },
    (models) => ({ ...planFor(context, parts, askingFor(requestOf(context), models), prompt), prompt, overrides }),
  );
}

function decideAlone(context: RequestContext, parts: RouteStageParts): Decision {
  return planRequest(context, parts);
}

function decideWithHook(context: RequestContext, parts: RouteStageParts): Decision | Promise<Decision> {
  const { table } = parts.registry;
  const decision = planRequest(context, parts);
  const request = requestOf(context);
  const state = {
    ...hookState(context),
    request,
    candidates: decision.candidates.map(({ endpoint }) => toCandidate(endpoint)),
    excluded: decision.excluded,
  };
  const selected = hosts(context, parts.clock, () => parts.hooks.selectCandidates?.(state));
  return andThen(selected, (candidates) =>
    candidates === undefined
      ? decision
      : { ...decision, ...selectedPlan(decision, candidates, request, { table, policy: policyOf(context.caller) }) },
  );
}

function planRequest(context: RequestContext, parts: RouteStageParts): Decision & Plan {
  const request = requestOf(context);
  const { table, overrides: allowed } = parts.registry;
  const overrides = readOverrides(request, table, allowed);
  // From here on a caller's key stands in the route and nowhere else.
  context.request = withoutKeys(request);
  const prompt = new PromptEstimate(request, parts.calibration);
  return { ...planFor(context, parts, request, prompt), overrides, prompt };
}

/** The plan of `request`, in the conversation that it belongs to. */
function planFor(
  context: RequestContext,
  { registry, statistics, sticky, hooks, random, clock }: RouteStageParts,
  request: ChatRequest,
  prompt: PromptEstimate,
): Plan & Pick<Decision, 'conversation'> {
  const conversation = new Conversation(sticky, request, context.caller?.id ?? '', context.req.headers['x-session-id']);
  const planned = plan({
    request,
    prompt,
    policy: policyOf(context.caller),
    table: registry.table,
    performance: statistics.at(clock.now()),
    random,
    sticky: conversation.slugFor,
    anyModel: hooks.selectCandidates !== undefined,
  });
  return { ...planned, conversation: planned.preferences.order === undefined ? conversation : undefined };
}

function resolvedRoute(
  { model, candidates, excluded, drawn, overrides, prompt, conversation }: Decision,
  record: ResolvedRoute['record'],
): ResolvedRoute {
  return {
    model,
    candidates,
    excluded,
    drawn,
    ownFields: OWN_FIELDS,
    overrides,
    record,
    prompt,
    onServed: conversation?.served,
  };
}

/**
 * Lets the host replace the request, or change it in place; what it leaves is what every later stage sees and what is
 * sent. So where there is such a hook, the received bytes are not what counts any more.
 */
function runBeforeRoute(
  context: RequestContext,
  { hooks: { beforeRoute }, clock }: RouteStageParts,
): void | Promise<void> {
  if (beforeRoute === undefined) return undefined;
  const request = requestOf(context);
  return andThen(
    hosts(context, clock, () => beforeRoute({ ...hookState(context), request })),
    (replaced = request) => {
      if (!isObject(replaced)) throw new TypeError('beforeRoute must return a request or nothing.');
      context.request = replaced;
      context.body = new SerialisedBody(replaced);
    },
  );
}

/** What a hook of the host's says, at once or within the time that a hook may take. */
function hosts<T>(context: RequestContext, clock: Clock, ask: () => T | Promise<T>): T | Promise<T> {
  const asked = ask();
  if (typeof (asked as { then?: unknown } | undefined)?.then !== 'function') return asked;
  return waitFor(() => asked, { clock, cancelSignal: context.cancelSignal, limitMs: HOOK_MS }).then((waited) => {
    if (waited.kind === 'value') return waited.value;
    throw new GatewayError('internal_error', 'A hook of the gateway did not answer in time.');
  });
}

function answerWithPlan(context: RequestContext, decision: Decision): StageOutcome {
  const body = Buffer.from(JSON.stringify(showPlan(decision)));
  context.sink.json({ status: 200, headers: { 'cache-control': 'no-store' } }, body);
  return 'responded';
}

function requestOf({ request }: RequestContext): ChatRequest {
  if (request === undefined) throw new TypeError('route: nothing has read this request yet. Mount validate before it.');
  return request;
}

/** Goes on at once where there is nothing to wait for, so that a gateway without hooks never yields here. */
function andThen<T, R>(value: T | Promise<T>, goOn: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
