import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { Usage } from '../../chat/types.js';

/** Counts of `usageMetadata` that a later response of a stream may lack although an earlier one had them. */
const COUNTS: readonly string[] = [
  'promptTokenCount',
  'toolUsePromptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'promptTokensDetails',
  'candidatesTokensDetails',
  'cacheTokensDetails',
];

/** `usageMetadata` is cumulative and comes with every response of a stream: later counts replace earlier ones. */
export function latestUsage(known: JsonObject, metadata: unknown): JsonObject {
  if (!isRecord(metadata)) return known;
  const latest = { ...known };
  for (const key of COUNTS) if (metadata[key] !== undefined && metadata[key] !== null) latest[key] = metadata[key];
  return latest;
}

/**
 * Usage in OpenAI's form. Gemini counts cached tokens inside the prompt and thoughts beside the candidates.
 * `undefined`: nothing was counted.
 */
export function usageOf(metadata: JsonObject): Usage | undefined {
  if (Object.keys(metadata).length === 0) return undefined;
  const prompt = countOf(metadata['promptTokenCount']) + countOf(metadata['toolUsePromptTokenCount']);
  const thoughts = countOf(metadata['thoughtsTokenCount']);
  const completion = countOf(metadata['candidatesTokenCount']) + thoughts;
  const cached = Math.min(countOf(metadata['cachedContentTokenCount']), prompt);
  const cachedAudio = tokensOf('AUDIO', metadata['cacheTokensDetails']);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: cached,
      ...counted('audio_tokens', tokensOf('AUDIO', metadata['promptTokensDetails'])),
      ...(cachedAudio !== undefined && { cached_tokens_details: { audio_tokens: cachedAudio } }),
    },
    completion_tokens_details: {
      reasoning_tokens: thoughts,
      ...counted('audio_tokens', tokensOf('AUDIO', metadata['candidatesTokensDetails'])),
      ...counted('image_tokens', tokensOf('IMAGE', metadata['candidatesTokensDetails'])),
    },
  };
}

function counted(name: string, tokens: number | undefined): Record<string, number> {
  return tokens === undefined ? {} : { [name]: tokens };
}

/** Tokens of a modality, which have a price of their own; `undefined`: the details name none. */
function tokensOf(wanted: 'AUDIO' | 'IMAGE', details: unknown): number | undefined {
  const entries = Array.isArray(details) ? details.filter(isRecord) : [];
  const ofModality = entries.filter(({ modality }) => modality === wanted);
  if (ofModality.length === 0) return undefined;
  return ofModality.reduce((sum, { tokenCount }) => sum + countOf(tokenCount), 0);
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}
