import type { ModelFacts } from '../../contracts/wire-format.js';
import { FLAG, type TraitCheck } from '../shared/trait-checks.js';
import { DEFAULTS_BY_NAME, FAMILY_DEFAULTS, type ModelDefaults } from './model-defaults.js';
import type { BedrockFamily, BedrockModel } from './model-types.js';

/** Reasoning that only Claude can read again: it is signed. */
export const CLAUDE_REASONING = 'anthropic-claude-v1';
const UNSIGNED_REASONING = 'unknown';

const FAMILIES: readonly BedrockFamily[] = ['claude', 'nova', 'mistral', 'other'];
const THINKING: readonly BedrockModel['thinking'][] = ['adaptive', 'manual', 'always', 'nova', 'effort', 'none'];

/** The model behind an endpoint. A trait of the wrong type is read as not set. */
export function bedrockModel({ upstreamModel, traits }: ModelFacts): BedrockModel {
  const named = DEFAULTS_BY_NAME.find(({ name }) => upstreamModel.includes(name));
  const family = oneOf(traits['family'], FAMILIES) ?? named?.family ?? 'other';
  // A family set by hand overrules what the name says of another family.
  const byName = named?.family === family ? named : undefined;
  const defaults = { ...FAMILY_DEFAULTS[family], ...byName?.traits };
  return {
    ...traitsOver(defaults, traits),
    family,
    tools: flag(traits['tools']) ?? true,
    promptCaching: traits['promptCaching'] === 'auto' ? 'auto' : traits['promptCaching'] === true,
    plainSchemas: flag(traits['plainSchemas']) ?? family === 'nova',
    jsonObject: traits['jsonObject'] === 'instruct' ? 'instruct' : 'refuse',
    // The name of an ARN says nothing; a signature that comes from it can only be Claude's.
    reasoningFormat:
      family === 'claude' || (family === 'other' && named === undefined) ? CLAUDE_REASONING : UNSIGNED_REASONING,
  };
}

/** What each trait may be. */
export const TRAIT_CHECKS: Readonly<Record<string, TraitCheck>> = {
  family: FAMILIES,
  thinking: THINKING,
  sampling: [true, 'one', false],
  tools: FLAG,
  forcedTools: FLAG,
  prefill: FLAG,
  nativeJsonSchema: FLAG,
  promptCaching: ['auto', true, false],
  plainSchemas: FLAG,
  jsonObject: ['refuse', 'instruct'],
};

function traitsOver(defaults: ModelDefaults, traits: ModelFacts['traits']): ModelDefaults {
  const sampling = traits['sampling'] === 'one' ? 'one' : flag(traits['sampling']);
  return {
    thinking: oneOf(traits['thinking'], THINKING) ?? defaults.thinking,
    sampling: sampling ?? defaults.sampling,
    forcedTools: flag(traits['forcedTools']) ?? defaults.forcedTools,
    prefill: flag(traits['prefill']) ?? defaults.prefill,
    nativeJsonSchema: flag(traits['nativeJsonSchema']) ?? defaults.nativeJsonSchema,
  };
}

function oneOf<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  return words.find((word) => word === value);
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
