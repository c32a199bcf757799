import type { ChatRequest } from '../../chat/types.js';
import type { PlannedCandidate } from '../../request/context.js';
import type { RouterExplanation } from '../../contracts/router.js';
import type { Candidate, ExcludedEndpoint, Snapshot } from '../../contracts/routing.js';
import { GatewayError } from '../../errors/gateway-error.js';
import type { ResolvedPolicy } from '../caller-policy.js';
import { excludedFor, type RoutableEndpoint, toCandidate } from '../endpoint.js';
import { type FilterContext, filterEndpoints } from './filters.js';
import { type Group, mergeGroups, orderGroups } from './order.js';
import { membersToDrop } from './parameters.js';
import { carriedReasoning } from './signatures.js';
import { assuming, type Performance } from '../stats/performance.js';
import { type Preferences, readPreferences } from '../preferences/preferences.js';
import { PromptEstimate } from '../prompt-size.js';
import { refuseEmptyPlan } from './no-endpoint-error.js';
import type { RouteTable } from '../registry.js';
import { isRecord } from '../../util/json-object.js';

/** What a plan may be told instead of finding out itself. */
export interface PlanAssumptions {
  /** Decides the draw among endpoints: a number in [0, 1), or where to get one. */
  readonly random?: number | (() => number) | undefined;
  /** Tokens of the prompt, instead of our estimate. */
  readonly promptTokens?: number | undefined;
  /** What to assume of endpoints, by `"<slug> <model>"`, over what was measured. */
  readonly snapshot?: Snapshot | undefined;
  /** The endpoint that served this conversation before: its slug, or which it was for each model. */
  readonly sticky?: string | ((model: string) => string | undefined) | undefined;
}

/** Everything that a plan is made from. */
export interface PlanInput extends PlanAssumptions {
  readonly request: ChatRequest;
  readonly table: RouteTable;
  readonly performance: Performance;
  /** A routing hook will choose among the candidates, so the request may leave the model open. */
  readonly anyModel: boolean;
  /** The prompt, where somebody has measured it already. */
  readonly prompt?: PromptEstimate | undefined;
  /** What the caller may use. */
  readonly policy?: ResolvedPolicy | undefined;
}

export interface RoutableCandidate extends PlannedCandidate {
  readonly endpoint: RoutableEndpoint;
}

/** Who will be asked, in order, and why the others will not. */
export interface Plan {
  /** The model that was asked for first. */
  readonly model: string;
  readonly candidates: readonly RoutableCandidate[];
  readonly excluded: readonly ExcludedEndpoint[];
  /** Chance had a say in the order. */
  readonly drawn: boolean;
  readonly preferences: Preferences;
}

/** What is known of a plan once its candidates' formats have seen the request. */
export interface TranslatedPlan {
  /** Members, or paths in them, that the first candidate is not told. */
  readonly droppedParameters: readonly string[];
}

/** A plan as `plan()` and the dry run show it. */
export interface ShownPlan {
  /** The endpoints that would be tried, in order. */
  readonly candidates: readonly Candidate[];
  /** All other endpoints of the requested models, each with the reason. */
  readonly excluded: readonly ExcludedEndpoint[];
  /** Members of the request, or paths in it, that the first candidate is not told: its model or format lacks them. */
  readonly droppedParameters: readonly string[];
  /** About how many tokens the prompt has: what endpoints' context lengths are compared with. Counted when it is read. */
  readonly promptTokens?: number;
  /** What a router decided, where one was asked. */
  readonly router?: RouterExplanation | undefined;
}

/**
 * Decides who answers `request`: a pure function of its input. Preferences, then filters, then order.
 * @throws GatewayError naming the field at fault, or the filter that left nobody.
 */
export function plan(input: PlanInput): Plan {
  const { request, table, performance, snapshot } = input;
  if (!isRecord(request)) throw new GatewayError('invalid_type', 'The request must be a JSON object.');
  const preferences = readPreferences(request, table, input.anyModel);
  const excluded: ExcludedEndpoint[] = [];
  const groups = filterModels(input, preferences, excluded);
  const draw = new Draw(input.random);
  const ordered = orderGroups(preferences.partition === 'none' ? [mergeGroups(groups)] : groups, {
    preferences,
    performance: snapshot === undefined ? performance : assuming(snapshot, performance),
    draw: () => draw.number,
    stickyTo: rememberedBy(input.sticky),
    carried: table.readsReasoning ? carriedReasoning(request) : undefined,
  });
  const chosen = withoutFallbacks(withoutRepeats(ordered, groups), preferences, excluded);
  return {
    model: preferences.models[0]?.model ?? '',
    candidates: chosen.map((endpoint) => toPlanned(endpoint, preferences)),
    excluded: preferences.models.length > 1 ? notAmong(chosen, excluded) : excluded,
    drawn: draw.made,
    preferences,
  };
}

/** What the filters leave of each model, in the caller's order; models of which nothing is left are gone. */
function filterModels(input: PlanInput, preferences: Preferences, excluded: ExcludedEndpoint[]): readonly Group[] {
  const { request, table } = input;
  const prompt = input.prompt ?? new PromptEstimate(request, undefined, input.promptTokens);
  const promptTokens = ({ id }: RoutableEndpoint): number => prompt.tokensAt(id);
  const groups: Group[] = [];
  let refusal: (() => GatewayError) | undefined;
  for (const choice of preferences.models) {
    const pool = table.models.get(choice.model) ?? [];
    const facts: FilterContext = {
      choice,
      hasFlex: pool.some(({ tier }) => tier === 'flex'),
      promptTokens,
      policy: input.policy,
    };
    const filtered = filterEndpoints(pool, preferences, facts, excluded);
    if (filtered.kept.length > 0) {
      groups.push({ models: [choice.model], endpoints: filtered.kept, sort: choice.variant?.sort });
    }
    refusal = () => refuseEmptyPlan({ ...filtered, facts, preferences, table, excluded });
  }
  if (groups.length > 0) return groups;
  throw refusal?.() ?? new GatewayError('no_endpoints', 'No provider of this gateway has a model yet.');
}

/** A model that is named twice, once for each of two providers, is still asked once at each endpoint. */
function withoutRepeats(ordered: readonly RoutableEndpoint[], groups: readonly Group[]): readonly RoutableEndpoint[] {
  return groups.length > 1 ? [...new Set(ordered)] : ordered;
}

/** Without fallbacks, and without an order to close, each model keeps its first endpoint. */
function withoutFallbacks(
  ordered: readonly RoutableEndpoint[],
  { allowFallbacks, order }: Preferences,
  excluded: ExcludedEndpoint[],
): readonly RoutableEndpoint[] {
  if (allowFallbacks || order !== undefined) return ordered;
  const models = new Set<string>();
  return ordered.filter((endpoint) => {
    const isFirst = !models.has(endpoint.model);
    models.add(endpoint.model);
    if (!isFirst) excluded.push(excludedFor(endpoint, 'allow_fallbacks'));
    return isFirst;
  });
}

/** What one mention of a model excludes, another may let in. */
function notAmong(
  chosen: readonly RoutableEndpoint[],
  excluded: readonly ExcludedEndpoint[],
): readonly ExcludedEndpoint[] {
  const told = new Set(chosen.map(({ id }) => id));
  return excluded.filter(({ slug, model }) => {
    const id = `${slug} ${model}`;
    const isNew = !told.has(id);
    told.add(id);
    return isNew;
  });
}

/** `endpoint` as a candidate, with the members of the request that it is not told. */
export function toPlanned(
  endpoint: RoutableEndpoint,
  { parameters, forwarded, requireParameters }: Preferences,
): RoutableCandidate {
  const drop = membersToDrop(parameters, endpoint.given);
  const isTold = forwarded.length === 0 || endpoint.provider.forwardsPreferences === true;
  const candidate = {
    endpoint,
    credential: 'operator' as const,
    drop: isTold ? drop : [...drop, ...forwarded],
  };
  if (!requireParameters || endpoint.provider.format.exchange === undefined) return candidate;
  return { ...candidate, required: parameters.list.map(({ member }) => member) };
}

/**
 * `plan` as people read it.
 * @param promptTokens - Counts the prompt; run only where the number is read.
 */
export function showPlan(
  { candidates, excluded, droppedParameters }: Pick<Plan, 'candidates' | 'excluded'> & Partial<TranslatedPlan>,
  router?: RouterExplanation,
  promptTokens?: () => number,
): ShownPlan {
  const shown = {
    candidates: candidates.map(({ endpoint }) => toCandidate(endpoint)),
    excluded,
    droppedParameters: droppedParameters ?? candidates[0]?.drop ?? [],
    ...(router === undefined ? {} : { router }),
  };
  if (promptTokens === undefined) return shown;
  return Object.defineProperty(shown, 'promptTokens', { get: promptTokens, enumerable: true });
}

/** One number for the whole plan, so that the number alone explains it. */
class Draw {
  readonly #random: PlanAssumptions['random'];
  #number: number | undefined;

  constructor(random: PlanAssumptions['random']) {
    this.#random = random;
  }

  /** Somebody has asked for the number. */
  get made(): boolean {
    return this.#number !== undefined;
  }

  get number(): number {
    return (this.#number ??= withinUnit(this.#draw()));
  }

  #draw(): number {
    if (typeof this.#random === 'number') return this.#random;
    return this.#random === undefined ? Math.random() : this.#random();
  }
}

function withinUnit(number: number): number {
  return number >= 0 && number < 1 ? number : 0;
}

function rememberedBy(sticky: PlanAssumptions['sticky']): ((model: string) => string | undefined) | undefined {
  return typeof sticky === 'string' ? () => sticky : sticky;
}
