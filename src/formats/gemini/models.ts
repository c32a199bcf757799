import type { ModelFacts } from '../../contracts/wire-format.js';
import { optionError, texts } from '../../options/checks.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { custom } from '../../options/row.js';
import { choice, countOrNone, flag, flagOr } from '../../options/rows.js';
import { bareName } from './path.js';

/** What a model can do that changes how a request is translated. Set per endpoint in `models[…].format`. */
export interface GeminiTraits {
  /** How thinking is controlled: a number of tokens (2.5), a level (3 and later), or not at all. */
  readonly thinking: 'budget' | 'level' | 'none';
  /** Smallest `thinkingBudget`, in tokens. Above 0, thinking cannot be switched off. */
  readonly minThinkingBudget: number;
  /** Largest `thinkingBudget`, in tokens. */
  readonly maxThinkingBudget: number;
  /** Accepted `thinkingLevel` values, lowest first. */
  readonly thinkingLevels: readonly string[];
  /** The model refuses function calls of the current turn that lack their thought signature. */
  readonly thoughtSignatures: boolean;
  /** `parametersJsonSchema` and `responseJsonSchema` are accepted. `false`: the OpenAPI subset is sent. */
  readonly jsonSchema: boolean;
  /** Structured output and tools can be used in one request. */
  readonly jsonWithTools: boolean;
  /** Google search and function tools can be used in one request. */
  readonly searchWithTools: boolean;
  /** `https:` URLs other than YouTube's and the Files API's are fetched by Google. */
  readonly externalUrls: boolean;
  /** Images in tool results are accepted. */
  readonly toolResultMedia: boolean;
  /** `detail` of an image can be sent. */
  readonly mediaResolution: boolean;
  /** Function calling mode `VALIDATED`. */
  readonly validatedMode: boolean;
  /** Ids that Gemini gave to function calls are sent back. */
  readonly functionCallIds: boolean;
  readonly penalties: boolean;
  readonly logprobs: boolean;
  /** Largest `candidateCount`. */
  readonly maxCandidates: number;
}

const LATEST: GeminiTraits = {
  thinking: 'level',
  minThinkingBudget: 0,
  maxThinkingBudget: 24_576,
  thinkingLevels: ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'],
  thoughtSignatures: true,
  jsonSchema: true,
  jsonWithTools: true,
  searchWithTools: false,
  externalUrls: false,
  toolResultMedia: true,
  mediaResolution: true,
  validatedMode: true,
  functionCallIds: false,
  penalties: true,
  logprobs: true,
  maxCandidates: 8,
};

const GEMINI_2_5: Partial<GeminiTraits> = {
  thinking: 'budget',
  thoughtSignatures: false,
  jsonWithTools: false,
  toolResultMedia: false,
  // Of single parts from Gemini 3 on.
  mediaResolution: false,
};
const GEMINI_2_0: Partial<GeminiTraits> = { ...GEMINI_2_5, thinking: 'none', jsonSchema: false, validatedMode: false };

/** Defaults by the beginning of the model's name; the first match counts. Every value can be set per endpoint. */
const DEFAULTS: readonly (readonly [prefix: string, traits: Partial<GeminiTraits>])[] = [
  ['gemini-1', GEMINI_2_0],
  ['gemini-2.0', GEMINI_2_0],
  ['gemini-2.5-pro', { ...GEMINI_2_5, minThinkingBudget: 128, maxThinkingBudget: 32_768 }],
  ['gemini-2.5', GEMINI_2_5],
  ['gemini-3-pro', { thinkingLevels: ['LOW', 'HIGH'] }],
  ['gemini-3.1-pro', { thinkingLevels: ['LOW', 'MEDIUM', 'HIGH'] }],
  ['gemini-', {}],
  // Gemma, LearnLM, tuned models: no thinking, signatures and resolution of images unless the endpoint sets them.
  ['', { thinking: 'none', thoughtSignatures: false, mediaResolution: false }],
];

const BY_NAME = "by the model's name";

/** `models[…].format` of an endpoint. */
export const GEMINI_TRAITS = defineOptions({
  path: 'format',
  member: 'trait',
  rows: {
    thinking: choice(
      ['budget', 'level', 'none'],
      'How thinking is controlled: by a number of tokens, by a level, or not at all.',
    ).defaultsTo(BY_NAME),
    minThinkingBudget: countOrNone(
      'tokens',
      'Smallest `thinkingBudget`. Above 0, thinking cannot be switched off.',
    ).defaultsTo(BY_NAME),
    maxThinkingBudget: countOrNone('tokens', 'Largest `thinkingBudget`.').defaultsTo(BY_NAME),
    thinkingLevels: custom(
      'a list of strings',
      checkLevels,
      'Accepted `thinkingLevel` values, lowest first.',
    ).defaultsTo(BY_NAME),
    thoughtSignatures: flag("Replaces a lost signature of the current turn by Google's placeholder.").defaultsTo(
      BY_NAME,
    ),
    jsonSchema: flag('Accepts JSON schemas; `false`: they are translated to the OpenAPI subset.').defaultsTo(BY_NAME),
    jsonWithTools: flag('Structured output and tools in one request.').defaultsTo(BY_NAME),
    searchWithTools: flag('Google search and function tools in one request.').defaultsTo(BY_NAME),
    externalUrls: flag(
      "Google fetches `https:` URLs of images and files; `false`: only YouTube's and the Files API's are accepted.",
    ).defaultsTo(BY_NAME),
    toolResultMedia: flag('Accepts images in tool results.').defaultsTo(BY_NAME),
    mediaResolution: flag('Accepts `detail` of an image.').defaultsTo(BY_NAME),
    validatedMode: flag('Supports the function calling mode `VALIDATED`.').defaultsTo(BY_NAME),
    functionCallIds: flag("Gemini's own ids of function calls are sent back.").defaultsTo(BY_NAME),
    penalties: flag('Accepts `frequency_penalty` and `presence_penalty`.').defaultsTo(BY_NAME),
    logprobs: flag('Accepts `logprobs` and `top_logprobs`.').defaultsTo(BY_NAME),
    maxCandidates: countOrNone('candidates', 'Largest `n`.').defaultsTo(BY_NAME),
    promptCaching: flagOr(['auto'], 'Has no effect: Gemini caches by itself.'),
  } satisfies RowsFor<GeminiTraits & { readonly promptCaching: unknown }>,
});

function checkLevels(path: string, value: unknown): readonly string[] {
  const levels = texts(path, value);
  if (levels.length === 0) throw optionError(path, 'must name at least one level');
  return levels;
}

/** The traits of an endpoint's model: its options, else what is known of the name. @throws TypeError */
export function traitsOf(model: ModelFacts): GeminiTraits {
  const known = resolvedTraits.get(model);
  if (known !== undefined) return known;
  const name = bareName(model.upstreamModel).toLowerCase();
  const named = DEFAULTS.find(([prefix]) => name.startsWith(prefix));
  const declared = Object.entries(GEMINI_TRAITS.parse(model.traits)).filter(([, value]) => value !== undefined);
  const traits: GeminiTraits = { ...LATEST, ...named?.[1], ...Object.fromEntries(declared) };
  resolvedTraits.set(model, traits);
  return traits;
}

/** The facts of an endpoint are the same object for each request. */
const resolvedTraits = new WeakMap<ModelFacts, GeminiTraits>();
