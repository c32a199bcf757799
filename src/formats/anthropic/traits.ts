import type { ModelFacts } from '../../contracts/wire-format.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { choice, flag, flagOr, word } from '../../options/rows.js';

/**
 * How a model thinks.
 *
 * - `adaptive`: decides itself, steered by an effort.
 * - `manual`: takes a budget of tokens.
 * - `always`: as `adaptive`, and cannot be switched off.
 * - `none`: does not think.
 */
type Thinking = 'adaptive' | 'manual' | 'always' | 'none';

/** What an Anthropic model, and the endpoint that serves it, can do: `models[…].format` of the provider's options. */
export interface AnthropicTraits {
  /** @defaultValue by model name; `'adaptive'` for unknown models */
  readonly thinking: Thinking;
  /** Takes `temperature`, `top_p` and `top_k`. @defaultValue by model name; `true` for unknown models */
  readonly sampling: boolean;
  /** Takes `temperature` and `top_p` in one request. @defaultValue by model name; `false` for unknown models */
  readonly temperatureWithTopP: boolean;
  /** Takes a `tool_choice` that forces a call. @defaultValue by model name; `true` unless thinking is `'always'` */
  readonly forcedTools: boolean;
  /** Has `output_config.format`; otherwise a forced tool carries the JSON. @defaultValue by model name, else `true` */
  readonly nativeJsonSchema: boolean;
  /** Continues an assistant message at the end of the conversation. @defaultValue by model name, else `true` */
  readonly prefill: boolean;
  /** Takes system messages in the middle of a conversation. @defaultValue `false` */
  readonly midSystem: boolean;
  /** Serves `service_tier: 'fast'` as `speed: 'fast'`. @defaultValue `false` */
  readonly fast: boolean;
  /**
   * What to do with `response_format: { type: 'json_object' }`: refuse it, or add a system block that asks for a JSON
   * object. @defaultValue `'refuse'`
   */
  readonly jsonObject: 'refuse' | 'instruct';
  /**
   * `'auto'` marks tools, system and the last turn where the request has no marks of its own; `true` sends the
   * request's own marks only; `false` sends none. @defaultValue the option of the format, else `true`
   */
  readonly promptCaching: boolean | 'auto';
  /**
   * `anthropic-version` of the API.
   * @defaultValue the provider's header of that name, else the option of the format, else `'2023-06-01'`
   */
  readonly apiVersion: string;
}

const BY_NAME = "by the model's name";

type ModelTraits = Pick<
  AnthropicTraits,
  'thinking' | 'sampling' | 'temperatureWithTopP' | 'forcedTools' | 'nativeJsonSchema' | 'prefill'
>;

/** A model that is in no row is a newer one. */
const UNKNOWN: ModelTraits = {
  thinking: 'adaptive',
  sampling: true,
  temperatureWithTopP: false,
  forcedTools: true,
  nativeJsonSchema: true,
  prefill: true,
};
const NEWEST: ModelTraits = { ...UNKNOWN, sampling: false, prefill: false };
const ALWAYS: ModelTraits = { ...NEWEST, thinking: 'always', forcedTools: false };
const MANUAL: ModelTraits = { ...UNKNOWN, thinking: 'manual' };
const OLD: ModelTraits = { ...MANUAL, temperatureWithTopP: true, nativeJsonSchema: false };
const OLDEST: ModelTraits = { ...OLD, thinking: 'none' };

/** Defaults by model name, as of November 2026. The options of an endpoint override each of them. */
const MODELS: ReadonlyMap<string, ModelTraits> = new Map(
  Object.entries({
    'claude-sonnet-5-5': ALWAYS,
    'claude-opus-5-5': ALWAYS,
    'claude-haiku-5-5': NEWEST,
    'claude-fable-5-1': ALWAYS,
    'claude-fable-5': { ...ALWAYS, forcedTools: true },
    'claude-opus-5': NEWEST,
    'claude-sonnet-5': NEWEST,
    'claude-opus-4-8': NEWEST,
    'claude-opus-4-7': NEWEST,
    'claude-opus-4-6': { ...UNKNOWN, prefill: false },
    'claude-sonnet-4-6': { ...UNKNOWN, prefill: false },
    'claude-opus-4-5': MANUAL,
    'claude-sonnet-4-5': MANUAL,
    'claude-haiku-4-5': MANUAL,
    'claude-opus-4-1': MANUAL,
    'claude-opus-4': OLD,
    'claude-opus-4-0': OLD,
    'claude-sonnet-4': OLD,
    'claude-sonnet-4-0': OLD,
    'claude-3-7-sonnet': OLD,
    'claude-3-5-sonnet': OLDEST,
    'claude-3-5-haiku': OLDEST,
    'claude-3-opus': OLDEST,
    'claude-3-sonnet': OLDEST,
    'claude-3-haiku': OLDEST,
  }),
);

/** Defaults of one `anthropic()` format. */
export type TraitDefaults = Pick<AnthropicTraits, 'promptCaching' | 'apiVersion'>;

/** Traits of an endpoint: what its options declare, else what is known of its model. */
export function traitsOf(model: ModelFacts, defaults: TraitDefaults): AnthropicTraits {
  const known = MODELS.get(bareModelName(model.upstreamModel)) ?? UNKNOWN;
  const declared = model.traits;
  const thinking = oneOf(declared['thinking'], ['adaptive', 'manual', 'always', 'none'] as const) ?? known.thinking;
  const flag = (name: string, fallback: boolean): boolean =>
    typeof declared[name] === 'boolean' ? declared[name] : fallback;
  const isDeclaredAlways = declared['thinking'] === 'always' && known.thinking !== 'always';
  return {
    thinking,
    sampling: flag('sampling', known.sampling),
    temperatureWithTopP: flag('temperatureWithTopP', known.temperatureWithTopP),
    forcedTools: flag('forcedTools', !isDeclaredAlways && known.forcedTools),
    nativeJsonSchema: flag('nativeJsonSchema', known.nativeJsonSchema),
    prefill: flag('prefill', known.prefill),
    midSystem: flag('midSystem', false),
    fast: flag('fast', false),
    jsonObject: declared['jsonObject'] === 'instruct' ? 'instruct' : 'refuse',
    promptCaching:
      declared['promptCaching'] === 'auto' ? 'auto' : booleanOr(declared['promptCaching'], defaults.promptCaching),
    apiVersion:
      typeof declared['apiVersion'] === 'string'
        ? declared['apiVersion']
        : (model.headers?.['anthropic-version'] ?? defaults.apiVersion),
  };
}

/** `models[…].format` of an endpoint. */
export const ANTHROPIC_TRAITS = defineOptions({
  path: 'format',
  member: 'trait',
  rows: {
    thinking: choice(['adaptive', 'manual', 'always', 'none'], 'How thinking is requested.').defaultsTo(BY_NAME),
    sampling: flag('Accepts `temperature`, `top_p` and `top_k`.').defaultsTo(BY_NAME),
    temperatureWithTopP: flag('Accepts both in one request.').defaultsTo(BY_NAME),
    forcedTools: flag('`tool_choice` may force a tool.').defaultsTo(BY_NAME),
    nativeJsonSchema: flag('Structured output without a forced tool.').defaultsTo(BY_NAME),
    prefill: flag("The last message may be the assistant's.").defaultsTo(BY_NAME),
    midSystem: flag('System messages may appear between others.').or(false),
    fast: flag("Serves `service_tier: 'fast'` as `speed: 'fast'`.").or(false),
    jsonObject: choice(
      ['refuse', 'instruct'],
      '`response_format: json_object`: refused, or turned into a system text that asks for a JSON object.',
    ).or('refuse'),
    promptCaching: flagOr(['auto'], "As the format's option of that name, for this model.").defaultsTo(
      "the format's option",
    ),
    apiVersion: word('Of the header `anthropic-version`, where it changes what is accepted.').defaultsTo(
      "the provider's header, else the format's `version`",
    ),
  } satisfies RowsFor<AnthropicTraits>,
});

/**
 * The name of a model without what clouds and releases add: `us.anthropic.claude-sonnet-4-5-20250929-v1:0` and
 * `claude-sonnet-4-5@20250929` are both `claude-sonnet-4-5`.
 */
function bareModelName(name: string): string {
  const start = name.lastIndexOf('claude-');
  const bare = start < 0 ? name : name.slice(start);
  return bare.replace(/-v\d+(?::\d+)?$/, '').replace(/[-@](?:20\d{6}|latest|default)$/, '');
}

function oneOf<Word extends string>(value: unknown, values: readonly Word[]): Word | undefined {
  return values.find((word) => word === value);
}

function booleanOr<Other>(value: unknown, fallback: Other | boolean): Other | boolean {
  return typeof value === 'boolean' ? value : fallback;
}
