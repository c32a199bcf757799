import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { isBlank } from './parts.js';
import type { AnthropicTraits } from './traits.js';
import type { Translation } from './translation.js';

/** From this version on the API has no sampling parameters. */
const VERSION_WITHOUT_SAMPLING = '2026-10-21';

/** Whether model and API version take `temperature`, `top_p` and `top_k`. */
export function takesSampling({ sampling, apiVersion }: AnthropicTraits): boolean {
  return sampling && apiVersion < VERSION_WITHOUT_SAMPLING;
}

/** Largest temperature of Anthropic; OpenAI's is 2. */
const MAX_TEMPERATURE = 1;
/** Smallest `top_p` while the model thinks. */
const MIN_THINKING_TOP_P = 0.95;

/** `temperature`, `top_p` and `top_k` as far as the model, the API version and thinking allow. */
export function sentSampling(
  request: ChatRequest,
  isThinking: boolean,
  { traits, dropped }: Translation,
): { temperature?: number; top_p?: number; top_k?: number } {
  const { temperature, top_p: topP } = request;
  const topK = request['top_k'];
  const takesAny = takesSampling(traits);
  const keep = (member: string, value: unknown, isAllowed: boolean): value is number => {
    if (typeof value !== 'number') return false;
    if (!takesAny || !isAllowed) dropped.add(member);
    return takesAny && isAllowed;
  };
  const sent: { temperature?: number; top_p?: number; top_k?: number } = {};
  if (keep('temperature', temperature, !isThinking || temperature === 1)) {
    sent.temperature = Math.min(temperature, MAX_TEMPERATURE);
    if (temperature > MAX_TEMPERATURE) dropped.add('temperature');
  }
  const isAlone = sent.temperature === undefined || traits.temperatureWithTopP;
  if (keep('top_p', topP, isAlone && (!isThinking || topP! >= MIN_THINKING_TOP_P))) sent.top_p = topP;
  if (keep('top_k', topK, !isThinking)) sent.top_k = topK;
  return sent;
}

/** `stop_sequences`; entries of white space are refused upstream. */
export function sentStop({ stop }: ChatRequest, { dropped }: Translation): readonly string[] | undefined {
  if (stop === undefined || stop === null) return undefined;
  const wanted = typeof stop === 'string' ? [stop] : stop;
  const sent = wanted.filter((sequence) => !isBlank(sequence));
  if (sent.length < wanted.length) dropped.add('stop');
  return sent.length === 0 ? undefined : sent;
}

/** OpenAI's tiers in Anthropic's terms. */
export function sentServiceTier(
  { service_tier: tier }: ChatRequest,
  { traits, dropped }: Translation,
): { service_tier?: string; speed?: string } {
  switch (tier) {
    case undefined:
    case null:
    case 'auto':
      return {};
    case 'default':
      return { service_tier: 'standard_only' };
    case 'priority':
      return { service_tier: 'auto' };
    case 'fast':
      if (traits.fast) return { speed: 'fast' };
  }
  dropped.add('service_tier');
  return {};
}

/** @throws UnsupportedRequest when the response would have to be anything but text. */
export function refuseMedia({ modalities }: ChatRequest): void {
  if (Array.isArray(modalities) && modalities.some((modality) => modality !== 'text')) {
    throw new UnsupportedRequest('modalities', 'Anthropic models respond with text only.');
  }
}
