import type { ModelFacts } from '../../contracts/wire-format.js';
import { FLAG, type TraitCheck, usableTraits } from '../shared/trait-checks.js';
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
  // Gemma, LearnLM, tuned models: no thinking and no signatures unless the endpoint says so.
  ['', { thinking: 'none', thoughtSignatures: false }],
];

/** What each trait may be. */
export const TRAIT_CHECKS: Readonly<Record<keyof GeminiTraits, TraitCheck>> = {
  thinking: ['budget', 'level', 'none'],
  minThinkingBudget: 'count',
  maxThinkingBudget: 'count',
  thinkingLevels: 'texts',
  thoughtSignatures: FLAG,
  jsonSchema: FLAG,
  jsonWithTools: FLAG,
  searchWithTools: FLAG,
  externalUrls: FLAG,
  toolResultMedia: FLAG,
  mediaResolution: FLAG,
  validatedMode: FLAG,
  functionCallIds: FLAG,
  penalties: FLAG,
  logprobs: FLAG,
  maxCandidates: 'count',
};

/** The traits of an endpoint's model: what its options say, else what is known of the name. */
export function traitsOf(model: ModelFacts): GeminiTraits {
  const known = resolvedTraits.get(model);
  if (known !== undefined) return known;
  const name = bareName(model.upstreamModel).toLowerCase();
  const named = DEFAULTS.find(([prefix]) => name.startsWith(prefix));
  const traits: GeminiTraits = { ...LATEST, ...named?.[1], ...usableTraits(model, TRAIT_CHECKS) };
  resolvedTraits.set(model, traits);
  return traits;
}

/** The facts of an endpoint are the same object for each request. */
const resolvedTraits = new WeakMap<ModelFacts, GeminiTraits>();
