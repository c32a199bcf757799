import { SerialisedBody } from '../json/request-body.js';
import type { ChatRequest } from '../chat/types.js';
import type { RequestContext, ResolvedRoute, Stage, StageOutcome } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { Hooks } from '../contracts/hooks.js';
import type { RouterExplanation } from '../contracts/router.js';
import type { Candidate, AttemptOutcome, Endpoint } from '../contracts/routing.js';
import { GatewayError, HostCodeError } from '../errors/gateway-error.js';
import { hookState } from '../request/hooks.js';
import { waitFor } from '../util/wait-for.js';
import type { RouteOptions } from '../options/types.js';
import { chooseModels, leavesModelOpen } from './choose-models.js';
import { wantsDryRun } from './dry-run.js';
import { toCandidate } from './endpoint.js';
import { type EndpointStatus, LiveStatistics } from './stats/health.js';
import { planCandidatesState } from './hook-state.js';
import { listModels, type ModelList } from './model-listing.js';
import { isObject } from '../options/checks.js';
import { readOverrides, withoutKeys } from './overrides.js';
import { type Plan, plan, type PlanAssumptions, type PlanInput, showPlan, type ShownPlan } from './plan/plan.js';
import { translatedPlan } from './plan/translations.js';
import type { Preferences } from './preferences/preferences.js';
import { OWN_FIELDS, OWN_FIELDS_BUT_PREFERENCES } from './preferences/preference-fields.js';
import { createRegistry, type Registry, type RouteTable } from './registry.js';
import { selectedPlan } from './select-candidates.js';
import { Conversation, StickyMemory } from './sticky.js';

/** A hook that decides may take this long, in milliseconds, where `totalMs` leaves it the time: it holds a request up. */
const HOOK_MS = 60_000;

/** What `gateway.plan()` may be told instead of finding out itself. */
export interface PlanContext extends PlanAssumptions {
  /** Monotonic milliseconds at which live statistics are read. */
  readonly now?: number | undefined;
}

/** What `gateway.plan()` returns. */
export type PlanResult = ShownPlan;

/** One endpoint as status pages show it. */
export interface EndpointReport extends Candidate, EndpointStatus {
  /** `<slug> <model>` */
  readonly id: string;
}

interface RouterParts {
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
  models(): ModelList;
  endpoints(): readonly EndpointReport[];
  /** @throws TypeError when something is wrong with `providers`; the old table then stays. */
  update(providers: RouteOptions['providers']): void;
}

/**
 * The router that `options` describe.
 * @throws TypeError naming the option at fault.
 */
export function createRouter(options: RouteOptions, { clock, random, hooks, validator }: RouterParts): Router {
  const registry = createRegistry(options);
  const statistics = new LiveStatistics();
  const created = Math.floor(clock.wallNow() / 1_000);
  const anyModel = choosesModels(hooks);
  return {
    stage: routeStage({
      registry,
      statistics,
      sticky: new StickyMemory(clock),
      hooks,
      random,
      clock,
      totalMs: options.timeouts?.totalMs ?? undefined,
    }),
    plan(body, { now = clock.now(), random: draw = random, ...assumptions } = {}) {
      const request = validator.check(withMessages(body));
      const { table, overrides } = registry;
      readOverrides(request, table, overrides);
      const input = { ...assumptions, random: draw, request, table, performance: statistics.at(now) };
      return planNow({ ...input, anyModel }, hooks);
    },
    models: () => listModels(registry.table, created),
    endpoints: () => registry.table.endpoints.map((endpoint) => report(endpoint, statistics, clock.now())),
    update: (providers) => registry.replace(providers),
  };
}

/** Whether a hook chooses where a request leaves the model open. One that only watches (`shadow`) does not. */
function choosesModels({ selectCandidates }: Pick<Hooks, 'selectCandidates'>): boolean {
  return selectCandidates !== undefined && selectCandidates.mode !== 'shadow';
}

/** The plan of `input`, with what a routing hook that need not wait makes of it. */
function planNow(input: PlanInput, { selectCandidates: hook }: Pick<Hooks, 'selectCandidates'>): PlanResult {
  const planned = plan(input);
  const { request, table } = input;
  if (hook?.now === undefined || (hook.requests === 'open' && !leavesModelOpen(request, table.names))) {
    return showPlan(translatedPlan(planned, request));
  }
  const isShadow = hook.mode === 'shadow';
  let router: RouterExplanation | undefined;
  const selected = hook.now(
    planCandidatesState({
      request,
      table,
      plan: isShadow ? plan({ ...input, anyModel: true }) : planned,
      stickyModel: () => undefined,
      explain: (explanation) => (router = explanation),
    }),
  );
  const formatValue = isShadow || selected === undefined ? planned : selectedPlan(planned, selected, request, table);
  return showPlan(translatedPlan(formatValue, request), router);
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
  readonly sticky: StickyMemory;
  readonly hooks: Pick<Hooks, 'beforeRoute' | 'selectCandidates'>;
  readonly random: () => number;
  readonly clock: Clock;
  /** What the whole request may take, where the operator has set a limit for all providers. */
  readonly totalMs: number | undefined;
}

/** The stage that writes `context.route`. Synchronous unless a hook is not. */
function routeStage(parts: RouteStageParts): Stage {
  const { hooks, statistics, clock } = parts;
  const record = (endpoint: Endpoint, outcome: AttemptOutcome) => statistics.record(endpoint.id, outcome, clock.now());
  const decide = deciderOf(hooks);

  return function route(context) {
    const isDryRun = wantsDryRun(context.req);
    const finish = (decision: Decision): StageOutcome => {
      if (isDryRun) return answerWithPlan(context, decision);
      context.route = resolvedRoute(decision, record);
      return 'next';
    };
    return andThen(runBeforeRoute(context, parts), () => andThen(decide(context, parts), finish));
  };
}

/** Everything that a request's route is made from. */
interface Decision extends Pick<Plan, 'model' | 'candidates' | 'excluded' | 'drawn'> {
  readonly overrides: ResolvedRoute['overrides'];
  readonly forwarded: Preferences['forwarded'];
  /** `undefined` where the caller's own order decides. */
  readonly conversation: Conversation | undefined;
}

/** A decision beside what it was made from. */
interface Planned extends Decision, Plan {
  readonly input: PlanInput;
}

type Decider = (context: RequestContext, parts: RouteStageParts) => Decision | Promise<Decision>;

function deciderOf({ selectCandidates: hook }: Pick<Hooks, 'selectCandidates'>): Decider {
  if (hook === undefined) return decideAlone;
  if (hook.requests !== 'open') return decideWithHook;
  return (context, parts) =>
    leavesModelOpen(requestOf(context), parts.registry.table.names)
      ? decideWithHook(context, parts)
      : decideAlone(context, parts);
}

function decideAlone(context: RequestContext, parts: RouteStageParts): Planned {
  return planRequest(context, parts, parts.registry.table);
}

function decideWithHook(context: RequestContext, parts: RouteStageParts): Decision | Promise<Decision> {
  const { table } = parts.registry;
  const hook = parts.hooks.selectCandidates!;
  const decision = planRequest(context, parts, table);
  const request = requestOf(context);
  const isShadow = hook.mode === 'shadow';
  const state = Object.defineProperties(
    hookState(context),
    Object.getOwnPropertyDescriptors(
      planCandidatesState({
        request,
        table,
        plan: isShadow ? plan({ ...decision.input, anyModel: true }) : decision,
        stickyModel: () => decision.conversation?.openModel(),
        explain: (explanation) => (context.router = explanation),
      }),
    ),
  ) as Parameters<typeof hook>[0];
  const selected = hosts(context, parts, 'selectCandidates', () => hook(state));
  return andThen(selected, (candidates) =>
    isShadow || candidates === undefined
      ? decision
      : { ...decision, ...selectedPlan(decision, candidates, request, table) },
  );
}

function planRequest(
  context: RequestContext,
  { registry, statistics, sticky, hooks, random, clock }: RouteStageParts,
  table: RouteTable,
): Planned {
  const request = requestOf(context);
  const overrides = readOverrides(request, table, registry.overrides);
  // From here on a caller's key stands in the route and nowhere else.
  context.request = withoutKeys(request);
  const conversation = new Conversation(sticky, request, context.caller?.id ?? '', context.req.headers['x-session-id']);
  const input: PlanInput = {
    request,
    table,
    performance: statistics.at(clock.now()),
    random,
    sticky: conversation.slugFor,
    anyModel: choosesModels(hooks),
  };
  const planned = plan(input);
  const { order, forwarded } = planned.preferences;
  return {
    ...planned,
    input,
    overrides,
    forwarded,
    conversation: order === undefined ? conversation : undefined,
  };
}

function resolvedRoute(
  { model, candidates, excluded, drawn, overrides, conversation, forwarded }: Decision,
  record: ResolvedRoute['record'],
): ResolvedRoute {
  return {
    model,
    candidates,
    excluded,
    drawn,
    ownFields: forwarded.length > 0 ? OWN_FIELDS_BUT_PREFERENCES : OWN_FIELDS,
    overrides,
    record,
    onServed: conversation?.served,
  };
}

/**
 * Lets the host replace the request, or change it in place; what it leaves is what every later stage sees and what is
 * sent. So where there is such a hook, the received bytes are not what counts any more.
 */
function runBeforeRoute(context: RequestContext, parts: RouteStageParts): void | Promise<void> {
  const { beforeRoute } = parts.hooks;
  if (beforeRoute === undefined) return undefined;
  const request = requestOf(context);
  const state = {
    ...hookState(context),
    request,
    get models() {
      return modelsOf(request, parts);
    },
  };
  return andThen(
    hosts(context, parts, 'beforeRoute', () => beforeRoute(state)),
    (replaced = request) => {
      if (!isObject(replaced)) throw new TypeError('beforeRoute must return a request or nothing.');
      context.request = replaced;
      context.body = new SerialisedBody(replaced);
    },
  );
}

/** What a hook of the host's says, at once or within the time that a hook may take. */
function hosts<T>(
  { cancelSignal, startedAt }: RequestContext,
  { clock, totalMs = Infinity }: RouteStageParts,
  hook: 'beforeRoute' | 'selectCandidates',
  ask: () => T | Promise<T>,
): T | Promise<T> {
  const asked = ask();
  if (typeof (asked as { then?: unknown } | undefined)?.then !== 'function') return asked;
  const limitMs = Math.min(HOOK_MS, startedAt + totalMs - clock.now());
  return waitFor(() => asked, { clock, cancelSignal, limitMs }).then((waited) => {
    if (waited.kind === 'value') return waited.value;
    throw new GatewayError('internal_error', 'A hook of the gateway did not answer in time.', {
      cause: new HostCodeError(`the hook ${hook} has not settled in time`),
    });
  });
}

/** What the names in `request` stand for; nothing where they stand for nothing. */
function modelsOf(request: ChatRequest, { registry, hooks }: RouteStageParts): readonly string[] {
  try {
    const choices = chooseModels(request, registry.table.names, choosesModels(hooks));
    return [...new Set(choices.map(({ model }) => model))];
  } catch {
    return [];
  }
}

function answerWithPlan(context: RequestContext, decision: Decision): StageOutcome {
  const body = Buffer.from(JSON.stringify(showPlan(translatedPlan(decision, requestOf(context)), context.router)));
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
