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

/** Assumptions that replace measured values. */
export interface PlanAssumptions {
  /** The random number of the draw among endpoints, in [0, 1), or a function that returns one. */
  readonly random?: number | (() => number) | undefined;
  /** Tokens of the prompt, instead of the estimate. */
  readonly promptTokens?: number | undefined;
  /** Statistics of endpoints, by `"<slug> <model>"`, instead of the measured ones. */
  readonly snapshot?: Snapshot | undefined;
  /** The endpoint that served this conversation before: its slug, or a function that returns it for a model. */
  readonly sticky?: string | ((model: string) => string | undefined) | undefined;
}

/** Inputs of a plan. */
export interface PlanInput extends PlanAssumptions {
  readonly request: ChatRequest;
  readonly table: RouteTable;
  readonly performance: Performance;
  /** A routing hook selects among the candidates, so the request may leave the model open. */
  readonly anyModel: boolean;
  /** The prompt, if it exists already. */
  readonly prompt?: PromptEstimate | undefined;
  /** The caller's policy. */
  readonly policy?: ResolvedPolicy | undefined;
}

export interface RoutableCandidate extends PlannedCandidate {
  readonly endpoint: RoutableEndpoint;
}

/** The candidates of a request in order, and why the other endpoints are excluded. */
export interface Plan {
  /** The first model of the request. */
  readonly model: string;
  readonly candidates: readonly RoutableCandidate[];
  readonly excluded: readonly ExcludedEndpoint[];
  /** The order depends on a random number. */
  readonly drawn: boolean;
  readonly preferences: Preferences;
}

/** Result of translating the request into the formats of a plan's candidates. */
export interface TranslatedPlan {
  /** Members, or paths in them, that are dropped for the first candidate. */
  readonly droppedParameters: readonly string[];
}

/** A plan, as `plan()` and the dry run show it. */
export interface ShownPlan {
  /** The endpoints that would be tried, in order. */
  readonly candidates: readonly Candidate[];
  /** All other endpoints of the requested models, each with the reason. */
  readonly excluded: readonly ExcludedEndpoint[];
  /**
   * Members of the request, or paths in it, that are dropped for the first candidate, because its model or format lacks
   * them.
   */
  readonly droppedParameters: readonly string[];
  /** Estimated tokens of the prompt, as compared with context lengths. Counted when it is read. */
  readonly promptTokens?: number;
  /** Decision of the router; absent without one. */
  readonly router?: RouterExplanation | undefined;
}

/**
 * Plans the candidates of `request`: preferences, then filters, then order. A pure function of its input.
 * @throws GatewayError naming the invalid field, or the filter that excluded the last endpoint
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
    stickyTo: stickyFunction(input.sticky),
    signedFormat: table.readsReasoning ? carriedReasoning(request) : undefined,
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

/**
 * The endpoints of each model that pass the filters, in the caller's order of models. Models without endpoints are left
 * out.
 */
function filterModels(input: PlanInput, preferences: Preferences, excluded: ExcludedEndpoint[]): readonly Group[] {
  const { request, table } = input;
  const prompt = input.prompt ?? new PromptEstimate(request, { promptTokens: input.promptTokens });
  const promptTokens = ({ id }: RoutableEndpoint): number => prompt.tokensAt(id);
  const groups: Group[] = [];
  let refusal: (() => GatewayError) | undefined;
  for (const choice of preferences.models) {
    const pool = table.models.get(choice.model) ?? [];
    const context: FilterContext = {
      choice,
      hasFlex: pool.some(({ tier }) => tier === 'flex'),
      promptTokens,
      policy: input.policy,
    };
    const filtered = filterEndpoints(pool, preferences, context, excluded);
    if (filtered.kept.length > 0) {
      groups.push({ models: [choice.model], endpoints: filtered.kept, sort: choice.variant?.sort });
    }
    refusal = () => refuseEmptyPlan({ ...filtered, context, preferences, table, excluded });
  }
  if (groups.length > 0) return groups;
  throw refusal?.() ?? new GatewayError('no_endpoints', 'No provider of this gateway has a model yet.');
}

/** Removes repeated endpoints: a model may be named twice, each time with another provider. */
function withoutRepeats(ordered: readonly RoutableEndpoint[], groups: readonly Group[]): readonly RoutableEndpoint[] {
  return groups.length > 1 ? [...new Set(ordered)] : ordered;
}

/** Without fallbacks, and without an explicit order, each model keeps only its first endpoint. */
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

/** The excluded endpoints without repeats, and without those that another mention of the model admits. */
function notAmong(
  chosen: readonly RoutableEndpoint[],
  excluded: readonly ExcludedEndpoint[],
): readonly ExcludedEndpoint[] {
  const seen = new Set(chosen.map(({ id }) => id));
  return excluded.filter(({ slug, model }) => {
    const id = `${slug} ${model}`;
    const isNew = !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

/** `endpoint` as a candidate, with the members of the request to drop for it. */
export function toPlanned(
  endpoint: RoutableEndpoint,
  { parameters, forwarded, requireParameters }: Preferences,
): RoutableCandidate {
  const drop = membersToDrop(parameters, endpoint.given);
  const getsPreferences = forwarded.length === 0 || endpoint.provider.forwardsPreferences === true;
  const candidate = {
    endpoint,
    credential: 'operator' as const,
    drop: getsPreferences ? drop : [...drop, ...forwarded],
  };
  if (!requireParameters || endpoint.provider.format.exchange === undefined) return candidate;
  return { ...candidate, required: parameters.list.map(({ member }) => member) };
}

/**
 * A plan in the form that `plan()` and the dry run show.
 * @param promptTokens - counts the prompt; called only if the member is read
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

/** The random number of a plan. All draws use the same one, so that it alone reproduces the plan. */
class Draw {
  readonly #random: PlanAssumptions['random'];
  #number: number | undefined;

  constructor(random: PlanAssumptions['random']) {
    this.#random = random;
  }

  /** Whether the number was used. */
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

function stickyFunction(sticky: PlanAssumptions['sticky']): ((model: string) => string | undefined) | undefined {
  return typeof sticky === 'string' ? () => sticky : sticky;
}
