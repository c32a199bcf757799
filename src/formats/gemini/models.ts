import type { ModelFacts } from '../../contracts/wire-format.js';
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

/**
 * The traits of an endpoint's model: what its options say, else what is known of the name.
 * @throws TypeError for a trait of the wrong type.
 */
export function traitsOf({ upstreamModel, traits }: ModelFacts): GeminiTraits {
  const name = bareName(upstreamModel).toLowerCase();
  const known = DEFAULTS.find(([prefix]) => name.startsWith(prefix));
  const resolved = { ...LATEST, ...known?.[1] };
  for (const key of Object.keys(LATEST) as (keyof GeminiTraits)[]) {
    const value = traits[key];
    if (value === undefined) continue;
    if (!isLike(value, key))
      throw new TypeError(`format.${key} of ${upstreamModel} ${expected(key)}; got ${formatValue(value)}`);
    Object.assign(resolved, { [key]: value });
  }
  return resolved;
}

function isLike(value: unknown, key: keyof GeminiTraits): boolean {
  if (key === 'thinking') return value === 'budget' || value === 'level' || value === 'none';
  const model = LATEST[key];
  if (Array.isArray(model))
    return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
  if (typeof model === 'number') return Number.isSafeInteger(value) && Number(value) >= 0;
  return typeof value === 'boolean';
}

function expected(key: keyof GeminiTraits): string {
  if (key === 'thinking') return "must be 'budget', 'level' or 'none'";
  if (key === 'thinkingLevels') return 'must be a list of level names, lowest first';
  return typeof LATEST[key] === 'number' ? 'must be a whole number, 0 or more' : 'must be true or false';
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 40)}'` : typeof value;
}
