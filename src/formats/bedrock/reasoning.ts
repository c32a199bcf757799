import type { JsonObject } from '../../util/json-object.js';
import type { BedrockModel } from './model-types.js';
import type { Effort, WantedReasoning } from './wanted-reasoning.js';

/** How the wanted reasoning is requested. */
export interface EncodedReasoning {
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
  /** The model will think, so sampling and forced tools are limited. */
  readonly thinks: boolean;
  /** `maxTokens` where the request gives none and a budget needs more tokens. */
  readonly maxTokens?: number;
  /** The request is not followed in full. */
  readonly dropped: boolean;
}

/** What else of the request decides whether the model may think. */
export interface ReasoningLimits {
  /** The caller's own limit of the response, never raised. */
  readonly maxTokens: number | undefined;
  /** The endpoint's. */
  readonly maxCompletionTokens: number | undefined;
  /** A tool is forced, or the history ends in results whose reasoning is lost: thinking would be refused. */
  readonly forbidden: boolean;
}

const SMALLEST_BUDGET = 1_024;
const DEFAULT_MAX_TOKENS = 4_096;
const NOTHING: EncodedReasoning = { fields: {}, thinks: false, dropped: false };
const NOT_FOLLOWED: EncodedReasoning = { fields: {}, thinks: false, dropped: true };

export function encodeReasoning(
  wanted: WantedReasoning,
  model: BedrockModel,
  limits: ReasoningLimits,
): EncodedReasoning {
  if (wanted.unknown) return NOT_FOLLOWED;
  if (wanted.effort === undefined && wanted.budget === undefined) return NOTHING;
  switch (model.thinking) {
    case 'adaptive':
      return adaptive(wanted, limits);
    case 'always':
      return always(wanted);
    case 'manual':
      return manual(wanted, limits);
    case 'nova':
      return nova(wanted, limits);
    case 'effort':
      return effortWord(wanted);
    default:
      return wanted.effort === 'none' ? NOTHING : NOT_FOLLOWED;
  }
}

function adaptive(wanted: WantedReasoning, { forbidden }: ReasoningLimits): EncodedReasoning {
  if (wanted.effort === 'none') return { ...NOTHING, fields: { thinking: { type: 'disabled' } } };
  if (forbidden) return NOT_FOLLOWED;
  const thinking = { type: 'adaptive', display: wanted.exclude ? 'omitted' : 'summarized' };
  return {
    fields: { thinking, output_config: { effort: claudeEffort(wanted) } },
    thinks: true,
    dropped: wanted.budget !== undefined,
  };
}

/** Models that always think take an effort, and nothing that switches thinking off. */
function always(wanted: WantedReasoning): EncodedReasoning {
  const dropped = wanted.effort === 'none' || wanted.budget !== undefined;
  return { fields: { output_config: { effort: claudeEffort(wanted) } }, thinks: true, dropped };
}

function claudeEffort({ effort, budget }: WantedReasoning): string {
  if (budget !== undefined) return nearestEffort(budget);
  return effort === 'none' || effort === 'minimal' || effort === undefined ? 'low' : effort;
}

function nearestEffort(budget: number): 'low' | 'medium' | 'high' {
  if (budget < 4_096) return 'low';
  return budget < 16_384 ? 'medium' : 'high';
}

/** Shares of `maxTokens` that an effort gives to thinking; the small ones get the smallest budget there is. */
const SHARES: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 0,
  low: 0,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
};

/** A budget of at least 1,024 tokens that stays below `maxTokens`; if that is impossible there is no thinking. */
function manual(wanted: WantedReasoning, limits: ReasoningLimits): EncodedReasoning {
  if (wanted.effort === 'none') return NOTHING;
  if (limits.forbidden) return NOT_FOLLOWED;
  const most = limits.maxTokens ?? limits.maxCompletionTokens;
  const share = Math.floor((most ?? DEFAULT_MAX_TOKENS) * SHARES[wanted.effort ?? 'low']);
  const requested = wanted.budget ?? Math.max(SMALLEST_BUDGET, share);
  const budget = most === undefined ? requested : Math.min(requested, most - 1);
  if (budget < SMALLEST_BUDGET) return NOT_FOLLOWED;
  const fields = { thinking: { type: 'enabled', budget_tokens: budget } };
  if (limits.maxTokens !== undefined) return { fields, thinks: true, dropped: false };
  const maxTokens = Math.min(budget + DEFAULT_MAX_TOKENS, limits.maxCompletionTokens ?? Number.POSITIVE_INFINITY);
  return { fields, thinks: true, dropped: false, maxTokens };
}

function nova(wanted: WantedReasoning, { forbidden }: ReasoningLimits): EncodedReasoning {
  if (wanted.effort === 'none') return { ...NOTHING, fields: { reasoningConfig: { type: 'disabled' } } };
  if (forbidden) return NOT_FOLLOWED;
  const reasoningConfig = { type: 'enabled', maxReasoningEffort: threeEfforts(wanted) };
  return { fields: { reasoningConfig }, thinks: false, dropped: wanted.budget !== undefined };
}

function effortWord(wanted: WantedReasoning): EncodedReasoning {
  const dropped = wanted.effort === 'none' || wanted.budget !== undefined;
  return { fields: { reasoning_effort: threeEfforts(wanted) }, thinks: false, dropped };
}

function threeEfforts({ effort, budget }: WantedReasoning): 'low' | 'medium' | 'high' {
  if (budget !== undefined) return nearestEffort(budget);
  if (effort === 'medium') return 'medium';
  return effort === 'high' || effort === 'xhigh' || effort === 'max' ? 'high' : 'low';
}
