import type { BedrockFamily, BedrockModel } from './model-types.js';

/** Traits that differ by model. */
export type ModelDefaults = Pick<
  BedrockModel,
  'thinking' | 'sampling' | 'forcedTools' | 'prefill' | 'nativeJsonSchema'
>;

/** Defaults of a family, unless traits or the name state more. */
export const FAMILY_DEFAULTS: Readonly<Record<BedrockFamily, ModelDefaults>> = {
  claude: { thinking: 'adaptive', sampling: 'one', forcedTools: true, prefill: true, nativeJsonSchema: true },
  nova: { thinking: 'nova', sampling: true, forcedTools: true, prefill: false, nativeJsonSchema: false },
  mistral: { thinking: 'none', sampling: true, forcedTools: true, prefill: false, nativeJsonSchema: false },
  other: { thinking: 'none', sampling: true, forcedTools: true, prefill: false, nativeJsonSchema: false },
};

interface NamedDefaults {
  /** A part of the model id. */
  readonly name: string;
  readonly family: BedrockFamily;
  readonly traits?: Partial<ModelDefaults>;
}

const MANUAL = { thinking: 'manual' } as const;
const FIXED_SAMPLING = { sampling: false, prefill: false } as const;
const ALWAYS = { ...FIXED_SAMPLING, thinking: 'always', forcedTools: false } as const;

/** Defaults by a part of the model id; the first that fits counts. Every one can be overruled by a trait. */
export const DEFAULTS_BY_NAME: readonly NamedDefaults[] = [
  { name: 'claude-3-7', family: 'claude', traits: { ...MANUAL, sampling: true, nativeJsonSchema: false } },
  { name: 'claude-3', family: 'claude', traits: { thinking: 'none', sampling: true, nativeJsonSchema: false } },
  { name: 'claude-sonnet-4-2', family: 'claude', traits: { ...MANUAL, sampling: true, nativeJsonSchema: false } },
  { name: 'claude-opus-4-2', family: 'claude', traits: { ...MANUAL, sampling: true, nativeJsonSchema: false } },
  { name: 'claude-opus-4-1', family: 'claude', traits: MANUAL },
  { name: 'claude-sonnet-4-5', family: 'claude', traits: MANUAL },
  { name: 'claude-opus-4-5', family: 'claude', traits: MANUAL },
  { name: 'claude-haiku-4-5', family: 'claude', traits: MANUAL },
  { name: 'claude-sonnet-4-6', family: 'claude', traits: { prefill: false } },
  { name: 'claude-opus-4-6', family: 'claude', traits: { prefill: false } },
  { name: 'claude-sonnet-5-5', family: 'claude', traits: ALWAYS },
  { name: 'claude-opus-5-5', family: 'claude', traits: ALWAYS },
  { name: 'claude-fable', family: 'claude', traits: ALWAYS },
  { name: 'claude-haiku-5', family: 'claude', traits: FIXED_SAMPLING },
  { name: 'claude-opus-4-', family: 'claude', traits: FIXED_SAMPLING },
  { name: 'claude-opus-5', family: 'claude', traits: FIXED_SAMPLING },
  { name: 'claude-sonnet-5', family: 'claude', traits: FIXED_SAMPLING },
  { name: 'anthropic.', family: 'claude' },
  { name: 'amazon.nova', family: 'nova' },
  { name: 'mistral.', family: 'mistral' },
  { name: 'openai.gpt-oss', family: 'other', traits: { thinking: 'effort' } },
  { name: 'meta.llama', family: 'other' },
  { name: 'deepseek.', family: 'other' },
  { name: 'cohere.', family: 'other' },
  { name: 'qwen.', family: 'other' },
];
