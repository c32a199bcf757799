import type { ModelFacts } from '../../contracts/wire-format.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { choice, flag as flagRow, flagOr } from '../../options/rows.js';
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
  // A configured family overrides the one in the name.
  const byName = named?.family === family ? named : undefined;
  const defaults = { ...FAMILY_DEFAULTS[family], ...byName?.traits };
  return {
    ...traitsOver(defaults, traits),
    family,
    tools: flag(traits['tools']) ?? true,
    promptCaching: traits['promptCaching'] === 'auto' ? 'auto' : traits['promptCaching'] === true,
    plainSchemas: flag(traits['plainSchemas']) ?? family === 'nova',
    jsonObject: traits['jsonObject'] === 'instruct' ? 'instruct' : 'refuse',
    // The name of an ARN does not contain the model; a signature that comes from it can only be Claude's.
    reasoningFormat:
      family === 'claude' || (family === 'other' && named === undefined) ? CLAUDE_REASONING : UNSIGNED_REASONING,
  };
}

const BY_NAME = "by the model's name";

/** `models[…].format` of an endpoint. */
export const BEDROCK_TRAITS = defineOptions({
  path: 'format',
  member: 'trait',
  rows: {
    family: choice(FAMILIES, 'Decides how requests are written.').defaultsTo(BY_NAME),
    thinking: choice(
      THINKING,
      "How reasoning is requested from the model; `'none'`: it cannot be requested.",
    ).defaultsTo(BY_NAME),
    sampling: flagOr(['one'], "Accepts `temperature` and `top_p`; `'one'`: only one of them.").defaultsTo(BY_NAME),
    tools: flagRow('Accepts tools.').or(true),
    forcedTools: flagRow('`tool_choice` may force a tool.').defaultsTo(BY_NAME),
    prefill: flagRow("The last message may be the assistant's.").defaultsTo(BY_NAME),
    nativeJsonSchema: flagRow('Structured output without a forced tool.').defaultsTo(BY_NAME),
    promptCaching: flagOr(['auto'], "Sends cache points; `'auto'` also sets some where the request sets none.").or(
      false,
    ),
    plainSchemas: flagRow('Sends schemas without `$schema`, `title`, `default` and `additionalProperties`.').defaultsTo(
      'for Nova `true`, else `false`',
    ),
    jsonObject: choice(
      ['refuse', 'instruct'],
      '`response_format: json_object`: refused, or turned into a system text.',
    ).or('refuse'),
  } satisfies RowsFor<Omit<BedrockModel, 'reasoningFormat'>>,
});

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

function oneOf<T extends string>(value: unknown, values: readonly T[]): T | undefined {
  return values.find((word) => word === value);
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
