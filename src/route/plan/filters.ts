import type { ExcludedEndpoint } from '../../contracts/routing.js';
import type { GatewayErrorCode } from '../../errors/gateway-error.js';
import type { ResolvedPolicy } from '../caller-policy.js';
import { excludedFor, isNamedIn, type RoutableEndpoint } from '../endpoint.js';
import type { ModelChoice } from '../options/model-names.js';
import { notUnderstood, type SentParameters, SOFT_PARAMETERS } from './parameters.js';
import type { Preferences } from '../preferences/preferences.js';
import { withinCaps } from './price.js';

/** Inputs of filters besides the caller's preferences. */
export interface FilterContext {
  readonly choice: ModelChoice;
  /** Whether the model has endpoints of the flex tier. */
  readonly hasFlex: boolean;
  /** Estimated tokens of the prompt at `endpoint`, measured on first use. */
  promptTokens(endpoint: RoutableEndpoint): number;
  /** The caller's policy; `undefined`: no restrictions. */
  readonly policy?: ResolvedPolicy | undefined;
}

/** One reason why an endpoint cannot serve a request. */
interface Filter {
  /** The reason that `plan()` shows for an endpoint that this filter excludes. */
  readonly reason: string;
  /** Code of the error if this filter excludes the last endpoint. */
  readonly code: GatewayErrorCode;
  /** Value of the error's `excluded_by`. @defaultValue `reason` */
  readonly excludedBy?: string;
  /** Whether the filter is relevant for this request. */
  applies(preferences: Preferences, context: FilterContext): boolean;
  /** Whether `endpoint` passes the filter. */
  accepts(endpoint: RoutableEndpoint, preferences: Preferences, context: FilterContext): boolean;
  /** What the request would have needed, for the error message. */
  detail(preferences: Preferences, context: FilterContext, removed: readonly RoutableEndpoint[]): string;
}

/**
 * Excludes endpoints of a tier unless the request asks for the tier. Hooks may select them, so this is not a hard
 * filter.
 */
const TIER_FILTER: Filter = {
  reason: 'service_tier',
  code: 'no_endpoints',
  applies: () => true,
  accepts(endpoint, preferences, context) {
    const { tier } = endpoint;
    if (preferences.serviceTier === 'flex' && context.hasFlex)
      return tier === 'flex' || isExactlyNamed(endpoint, preferences);
    if (tier === undefined || preferences.serviceTier === tier) return true;
    return admittedBySuffix(tier, preferences, context) || isExactlyNamed(endpoint, preferences);
  },
  detail: (_, __, removed) =>
    `The remaining endpoints are of a tier that was not requested: ${list(removed.map(({ slug }) => slug))}.`,
};

function isExactlyNamed({ slug, tier }: RoutableEndpoint, { only, order }: Preferences): boolean {
  return tier !== undefined && (only?.has(slug) === true || order?.has(slug) === true);
}

/** Whether the model's suffix admits the tier. An explicit order or tier takes precedence. */
function admittedBySuffix(tier: string, preferences: Preferences, { choice }: FilterContext): boolean {
  if (preferences.order !== undefined || preferences.serviceTier === 'default') return false;
  return choice.variant?.admits === tier;
}

/**
 * Requirements of the caller, in the order in which they are applied. They apply to the choice of a routing hook as
 * well.
 */
const HARD_FILTERS: readonly Filter[] = [
  {
    reason: 'policy:models',
    code: 'model_not_allowed',
    applies: (_, { policy }) => policy !== undefined,
    accepts: ({ model }, _, { policy }) => policy?.allowsModel(model) !== false,
    detail: () => 'This caller may not use the model.',
  },
  {
    reason: 'policy:providers',
    code: 'model_not_allowed',
    applies: (_, { policy }) => policy !== undefined,
    accepts: (endpoint, _, { policy }) => policy?.allowsProvider(endpoint) !== false,
    detail: () => 'This caller may not use the providers that serve the model.',
  },
  {
    reason: 'policy:zdr',
    code: 'privacy_restricted',
    applies: (_, { policy }) => policy?.zdr === true,
    accepts: (endpoint) => endpoint.zdr,
    detail: () => 'This caller may only use endpoints with zero data retention.',
  },
  {
    reason: 'policy:max_price',
    code: 'model_not_allowed',
    applies: (_, { policy }) => policy?.caps !== undefined,
    accepts: ({ pricing }, _, { policy }) => policy?.caps === undefined || withinCaps(pricing, policy.caps),
    detail: () => 'The remaining endpoints cost more than this caller may pay.',
  },
  {
    reason: 'distillable',
    code: 'constraint_filtered',
    applies: ({ distillable }) => distillable,
    accepts: (endpoint) => endpoint.distillable,
    detail: () => "The model's author is not known to allow distillation.",
  },
  {
    reason: 'allowed_providers',
    code: 'no_endpoints',
    applies: (_, { choice }) => choice.pin !== undefined,
    accepts: ({ provider, tier }, _, { choice }) => provider.slug === choice.pin && tier === undefined,
    detail: servedBy,
  },
  {
    reason: 'allowed_providers',
    code: 'no_endpoints',
    applies: ({ only }) => only !== undefined,
    accepts: (endpoint, { only }) => only === undefined || isNamedIn(only, endpoint),
    detail: servedBy,
  },
  {
    reason: 'ignored_providers',
    excludedBy: 'allowed_providers',
    code: 'no_endpoints',
    applies: ({ ignore }) => ignore !== undefined,
    accepts: (endpoint, { ignore }) => ignore === undefined || !isNamedIn(ignore, endpoint),
    detail: servedBy,
  },
  {
    // Without fallbacks an explicit order is a closed list.
    reason: 'allowed_providers',
    code: 'no_endpoints',
    applies: ({ order, allowFallbacks }) => order !== undefined && !allowFallbacks,
    accepts: (endpoint, { order }) => order === undefined || isNamedIn(order, endpoint),
    detail: servedBy,
  },
  {
    reason: 'quantization',
    code: 'constraint_filtered',
    applies: ({ quantizations }) => quantizations !== undefined,
    accepts: (endpoint, { quantizations }) => quantizations === undefined || quantizations.has(endpoint.quantization),
    detail: (_, __, removed) => `Available levels: ${list(removed.map(({ quantization }) => quantization))}.`,
  },
  {
    reason: 'data_policy:training',
    code: 'privacy_restricted',
    applies: ({ denyDataCollection }) => denyDataCollection,
    accepts: (endpoint) => endpoint.dataCollection === 'deny',
    detail: () => 'No remaining endpoint is known to store no user data.',
  },
  {
    reason: 'data_policy:zdr',
    code: 'privacy_restricted',
    applies: ({ zdr }) => zdr,
    accepts: (endpoint) => endpoint.zdr,
    detail: () => 'No remaining endpoint has zero data retention.',
  },
  {
    reason: 'max_price',
    code: 'constraint_filtered',
    applies: ({ caps }) => caps !== undefined,
    accepts: (endpoint, { caps }) => caps === undefined || withinCaps(endpoint.pricing, caps),
    detail: () =>
      'Prices are compared in USD per million tokens, per request and per image; an endpoint without a price meets no cap.',
  },
  {
    reason: 'max_tokens',
    code: 'constraint_filtered',
    applies: ({ maxTokens }) => maxTokens !== undefined,
    accepts: ({ maxCompletionTokens }, { maxTokens = 0 }) =>
      maxCompletionTokens === undefined || maxTokens <= maxCompletionTokens,
    detail: ({ maxTokens }, _, removed) =>
      `${maxTokens} tokens of output were requested; the maximum is ${most(removed, 'maxCompletionTokens')}.`,
  },
  {
    reason: 'context_length',
    code: 'constraint_filtered',
    applies: () => true,
    accepts: (endpoint, { maxTokens = 0 }, context) =>
      endpoint.contextLength === undefined || context.promptTokens(endpoint) + maxTokens <= endpoint.contextLength,
    detail: ({ maxTokens = 0 }, context, removed) =>
      `About ${fewestTokens(context, removed)} tokens of prompt and ${maxTokens} of output; the maximum is ${most(removed, 'contextLength')}.`,
  },
  {
    reason: 'require_parameters',
    code: 'constraint_filtered',
    applies: ({ requireParameters }) => requireParameters,
    accepts: ({ understands }, { parameters }) => (parameters.mask & ~understands) === 0,
    detail: ({ parameters }, _, removed) => `Not supported: ${list(lackingIn(parameters, removed))}.`,
  },
];

const FILTERS: readonly Filter[] = [TIER_FILTER, ...HARD_FILTERS];

/** The endpoints of one model that pass all filters. */
export interface Filtered {
  readonly kept: readonly RoutableEndpoint[];
  /** The filter that excluded the last endpoints, and those endpoints; `undefined` if some pass. */
  readonly emptiedBy: { readonly filter: Filter; readonly removed: readonly RoutableEndpoint[] } | undefined;
}

/** Applies all filters to `pool` in order, and adds the endpoints that they exclude to `excluded`. */
export function filterEndpoints(
  pool: readonly RoutableEndpoint[],
  preferences: Preferences,
  context: FilterContext,
  excluded: ExcludedEndpoint[],
): Filtered {
  let kept = pool;
  for (const filter of FILTERS) {
    if (!filter.applies(preferences, context)) continue;
    const before = kept;
    kept = before.filter(
      (endpoint) => filter.accepts(endpoint, preferences, context) || exclude(endpoint, filter.reason, excluded),
    );
    if (kept.length === 0) return { kept, emptiedBy: { filter, removed: before } };
  }
  return { kept: preferSupporting(kept, preferences.parameters, excluded), emptiedBy: undefined };
}

/** The first hard filter that `endpoint` does not pass; `undefined`: it passes all. */
export function brokenFilter(
  endpoint: RoutableEndpoint,
  preferences: Preferences,
  context: FilterContext,
): Filter | undefined {
  return HARD_FILTERS.find(
    (filter) => filter.applies(preferences, context) && !filter.accepts(endpoint, preferences, context),
  );
}

/** If some endpoints support a parameter that changes the kind of response, excludes the others. */
function preferSupporting(
  pool: readonly RoutableEndpoint[],
  parameters: SentParameters,
  excluded: ExcludedEndpoint[],
): readonly RoutableEndpoint[] {
  let kept = pool;
  for (const soft of SOFT_PARAMETERS) {
    const sent = parameters.list.find(({ member }) => member === soft);
    if (sent === undefined) continue;
    const understood = ({ understands }: RoutableEndpoint) => (understands & sent.bit) !== 0;
    if (!kept.some(understood)) continue;
    kept = kept.filter((endpoint) => understood(endpoint) || exclude(endpoint, `parameter:${soft}`, excluded));
  }
  return kept;
}

function servedBy(_: Preferences, __: FilterContext, removed: readonly RoutableEndpoint[]): string {
  return `Without this filter, these endpoints could serve it: ${list(removed.map(({ slug }) => slug))}.`;
}

/** Records an excluded endpoint. Returns false for use in `filter`. */
function exclude(endpoint: RoutableEndpoint, reason: string, excluded: ExcludedEndpoint[]): false {
  excluded.push(excludedFor(endpoint, reason));
  return false;
}

function fewestTokens(context: FilterContext, endpoints: readonly RoutableEndpoint[]): number {
  return Math.min(...endpoints.map((endpoint) => context.promptTokens(endpoint)));
}

function most(endpoints: readonly RoutableEndpoint[], limit: 'contextLength' | 'maxCompletionTokens'): number {
  return Math.max(...endpoints.map((endpoint) => endpoint[limit] ?? 0));
}

/** The parameters that all endpoints lack; if there are none, those that any of them lacks. */
function lackingIn(parameters: SentParameters, endpoints: readonly RoutableEndpoint[]): readonly string[] {
  const byAll = notUnderstood(
    parameters,
    endpoints.reduce((mask, { understands }) => mask | understands, 0),
  );
  return byAll.length > 0 ? byAll : endpoints.flatMap(({ understands }) => notUnderstood(parameters, understands));
}

function list(words: readonly string[]): string {
  return [...new Set(words)].sort().join(', ');
}
