import type { JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import type { EncodeState } from './encode-state.js';

/** Converse refuses more, whatever the model. */
const HIGHEST_TEMPERATURE = 1;

/** Where sampling parameters go. */
export interface EncodedInference {
  readonly config: JsonObject;
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
}

/**
 * Limits and sampling of the request. What the model refuses is left out and reported.
 * @param maxTokens - of the request, or what a thinking budget needs
 * @param thinks - Claude takes no sampling while it thinks
 */
export function encodeInference(state: EncodeState, maxTokens: number | undefined, thinks: boolean): EncodedInference {
  const config: JsonObject = {};
  const fields: JsonObject = {};
  if (maxTokens !== undefined) config['maxTokens'] = maxTokens;
  encodeSampling(state, thinks, config);
  const stop = stopSequences(state);
  if (stop.length > 0) config['stopSequences'] = stop;
  encodeTopK(state, thinks, fields);
  return { config, fields };
}

/** The caller's own limit of the response. */
export function maxTokensOf(request: ChatRequest): number | undefined {
  return request.max_completion_tokens ?? request.max_tokens ?? undefined;
}

function encodeSampling(state: EncodeState, thinks: boolean, config: JsonObject): void {
  encodeTemperature(state, thinks, config);
  const { request, model, dropped } = state;
  const topP = request.top_p ?? undefined;
  if (topP === undefined) return;
  // While it thinks, Claude takes nearly the whole distribution or nothing.
  const isTaken = model.sampling !== false && (!thinks || topP >= 0.95);
  if (isTaken && (model.sampling !== 'one' || config['temperature'] === undefined)) config['topP'] = topP;
  else dropped.add('top_p');
}

function encodeTemperature({ request, model, dropped }: EncodeState, thinks: boolean, config: JsonObject): void {
  const temperature = request.temperature ?? undefined;
  if (temperature === undefined) return;
  const isTaken = model.sampling !== false && (!thinks || temperature === 1);
  if (isTaken) config['temperature'] = Math.min(temperature, HIGHEST_TEMPERATURE);
  if (!isTaken || temperature > HIGHEST_TEMPERATURE) dropped.add('temperature');
}

function encodeTopK({ request, model, dropped }: EncodeState, thinks: boolean, fields: JsonObject): void {
  const topK = request['top_k'];
  if (topK === undefined || topK === null) return;
  if (model.family === 'claude' && model.sampling !== false && !thinks) fields['top_k'] = topK;
  else if (model.family === 'nova') fields['inferenceConfig'] = { topK };
  else dropped.add('top_k');
}

/** Sequences of nothing but white space are refused upstream. */
function stopSequences({ request, dropped }: EncodeState): string[] {
  const { stop } = request;
  const all = typeof stop === 'string' ? [stop] : (stop ?? []);
  const kept = all.filter((sequence) => sequence.trim() !== '');
  if (kept.length < all.length) dropped.add('stop');
  return kept;
}
