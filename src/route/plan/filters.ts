import type { ExcludedEndpoint } from '../../contracts/routing.js';
import type { GatewayErrorCode } from '../../errors/gateway-error.js';
import type { ResolvedPolicy } from '../caller-policy.js';
import { excludedFor, isNamedIn, type RoutableEndpoint } from '../endpoint.js';
import type { ModelChoice } from '../options/model-names.js';
import { notUnderstood, type SentParameters, SOFT_PARAMETERS } from './parameters.js';
import type { Preferences } from '../preferences/preferences.js';
import { withinCaps } from './price.js';

/** What rules are told besides the caller's preferences. */
export interface FilterContext {
  readonly choice: ModelChoice;
  /** The model has endpoints of the flex tier. */
  readonly hasFlex: boolean;
  /** About how many tokens the prompt has at `endpoint`. Measured when first asked for. */
  promptTokens(endpoint: RoutableEndpoint): number;
  /** What the caller may use; `undefined`: everything. */
  readonly policy?: ResolvedPolicy | undefined;
}

/** One reason why an endpoint cannot serve a request. */
interface Rule {
  /** What `plan()` says of an endpoint that this rule took out. */
  readonly reason: string;
  /** The error's code where this rule took out the last endpoint. */
  readonly code: GatewayErrorCode;
  /** The word in the error's `excluded_by`, where it is not the reason. */
  readonly excludedBy?: string;
  /** Whether the rule has a say in this request at all. */
  applies(preferences: Preferences, facts: FilterContext): boolean;
  /** Whether `endpoint` may stay. */
  accepts(endpoint: RoutableEndpoint, preferences: Preferences, facts: FilterContext): boolean;
  /** What would have been needed, for people to read. */
  detail(preferences: Preferences, facts: FilterContext, removed: readonly RoutableEndpoint[]): string;
}

/** Endpoints of a tier stand back unless they are asked for. Hooks may choose them, so this is no hard filter. */
const TIER_RULE: Rule = {
  reason: 'service_tier',
  code: 'no_endpoints',
  applies: () => true,
  accepts(endpoint, preferences, facts) {
    const { tier } = endpoint;
    if (preferences.serviceTier === 'flex' && facts.hasFlex)
      return tier === 'flex' || isExactlyNamed(endpoint, preferences);
    if (tier === undefined || preferences.serviceTier === tier) return true;
    return admittedBySuffix(tier, preferences, facts) || isExactlyNamed(endpoint, preferences);
  },
  detail: (_, __, removed) =>
    `Those left are of a tier that was not asked for: ${list(removed.map(({ slug }) => slug))}.`,
};

function isExactlyNamed({ slug, tier }: RoutableEndpoint, { only, order }: Preferences): boolean {
  return tier !== undefined && (only?.has(slug) === true || order?.has(slug) === true);
}

/** An explicit order or tier says more than a suffix does. */
function admittedBySuffix(tier: string, preferences: Preferences, { choice }: FilterContext): boolean {
  if (preferences.order !== undefined || preferences.serviceTier === 'default') return false;
  return choice.variant?.admits === tier;
}

/** What the caller insists on, in the order in which it is looked at. Whoever routes, these hold. */
const HARD_FILTERS: readonly Rule[] = [
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
    detail: () => 'This caller may only use endpoints that are known to retain nothing.',
  },
  {
    reason: 'policy:max_price',
    code: 'model_not_allowed',
    applies: (_, { policy }) => policy?.caps !== undefined,
    accepts: ({ pricing }, _, { policy }) => policy?.caps === undefined || withinCaps(pricing, policy.caps),
    detail: () => 'What is left costs more than this caller may spend on a request.',
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
    detail: (_, __, removed) => `The levels there are: ${list(removed.map(({ quantization }) => quantization))}.`,
  },
  {
    reason: 'data_policy:training',
    code: 'privacy_restricted',
    applies: ({ denyDataCollection }) => denyDataCollection,
    accepts: (endpoint) => endpoint.dataCollection === 'deny',
    detail: () => 'No endpoint left is known to keep no user data.',
  },
  {
    reason: 'data_policy:zdr',
    code: 'privacy_restricted',
    applies: ({ zdr }) => zdr,
    accepts: (endpoint) => endpoint.zdr,
    detail: () => 'No endpoint left is known to retain nothing.',
  },
  {
    reason: 'max_price',
    code: 'constraint_filtered',
    applies: ({ caps }) => caps !== undefined,
    accepts: (endpoint, { caps }) => caps === undefined || withinCaps(endpoint.pricing, caps),
    detail: () =>
      'Prices are compared in USD per million tokens, per request and per image; an unknown price meets no cap.',
  },
  {
    reason: 'max_tokens',
    code: 'constraint_filtered',
    applies: ({ maxTokens }) => maxTokens !== undefined,
    accepts: ({ maxCompletionTokens }, { maxTokens = 0 }) =>
      maxCompletionTokens === undefined || maxTokens <= maxCompletionTokens,
    detail: ({ maxTokens }, _, removed) =>
      `${maxTokens} tokens of output were asked for; the most is ${most(removed, 'maxCompletionTokens')}.`,
  },
  {
    reason: 'context_length',
    code: 'constraint_filtered',
    applies: () => true,
    accepts: (endpoint, { maxTokens = 0 }, facts) =>
      endpoint.contextLength === undefined || facts.promptTokens(endpoint) + maxTokens <= endpoint.contextLength,
    detail: ({ maxTokens = 0 }, facts, removed) =>
      `About ${fewestTokens(facts, removed)} tokens of prompt and ${maxTokens} of output; the most is ${most(removed, 'contextLength')}.`,
  },
  {
    reason: 'require_parameters',
    code: 'constraint_filtered',
    applies: ({ requireParameters }) => requireParameters,
    accepts: ({ understands }, { parameters }) => (parameters.mask & ~understands) === 0,
    detail: ({ parameters }, _, removed) => `Not understood: ${list(lackingIn(parameters, removed))}.`,
  },
];

const RULES: readonly Rule[] = [TIER_RULE, ...HARD_FILTERS];

/** What the rules left of one model's endpoints. */
export interface Filtered {
  readonly kept: readonly RoutableEndpoint[];
  /** The rule that took out the last endpoint, and what it took; `undefined` while some are left. */
  readonly emptiedBy: { readonly rule: Rule; readonly removed: readonly RoutableEndpoint[] } | undefined;
}

/** Runs every rule over `pool`, in order, and notes in `excluded` what each takes out. */
export function filterEndpoints(
  pool: readonly RoutableEndpoint[],
  preferences: Preferences,
  facts: FilterContext,
  excluded: ExcludedEndpoint[],
): Filtered {
  let kept = pool;
  for (const rule of RULES) {
    if (!rule.applies(preferences, facts)) continue;
    const before = kept;
    kept = before.filter(
      (endpoint) => rule.accepts(endpoint, preferences, facts) || exclude(endpoint, rule.reason, excluded),
    );
    if (kept.length === 0) return { kept, emptiedBy: { rule, removed: before } };
  }
  return { kept: preferUnderstanding(kept, preferences.parameters, excluded), emptiedBy: undefined };
}

/** The hard filter that `endpoint` does not pass, whatever else the plan holds. */
export function brokenFilter(
  endpoint: RoutableEndpoint,
  preferences: Preferences,
  facts: FilterContext,
): Rule | undefined {
  return HARD_FILTERS.find((rule) => rule.applies(preferences, facts) && !rule.accepts(endpoint, preferences, facts));
}

/** Where some endpoints understand a parameter that changes what an answer is, the others stand back. */
function preferUnderstanding(
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
  return `Without this, it would be served by ${list(removed.map(({ slug }) => slug))}.`;
}

/** Notes the exclusion; false, so that a filter can end with it. */
function exclude(endpoint: RoutableEndpoint, reason: string, excluded: ExcludedEndpoint[]): false {
  excluded.push(excludedFor(endpoint, reason));
  return false;
}

function fewestTokens(facts: FilterContext, endpoints: readonly RoutableEndpoint[]): number {
  return Math.min(...endpoints.map((endpoint) => facts.promptTokens(endpoint)));
}

function most(endpoints: readonly RoutableEndpoint[], limit: 'contextLength' | 'maxCompletionTokens'): number {
  return Math.max(...endpoints.map((endpoint) => endpoint[limit] ?? 0));
}

/** What every endpoint lacks; where each lacks something else, all of that. */
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
