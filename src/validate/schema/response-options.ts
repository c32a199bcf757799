import {
  flag,
  list,
  object,
  opaque,
  orNull,
  record,
  shortText,
  text,
  textOr,
  variants,
  word,
  type Schema,
} from './build.js';
import { textOrTextParts } from './content.js';

/** A name, or `{ id }` for a custom voice. */
const voice: Schema = { ...object({ id: text }, ['id']), type: ['string', 'object'] };

export const audioParam = object({ voice, format: word('wav', 'aac', 'mp3', 'flac', 'opus', 'pcm16') }, [
  'voice',
  'format',
]);

export const metadata: Schema = { ...record(shortText(512)), maxProperties: 16, propertyNames: shortText(64) };

export const predictionContent = object({ type: word('content'), content: textOrTextParts }, ['type', 'content']);

export const responseFormatText = object({ type: word('text') }, ['type']);
// llama.cpp, Together and Fireworks have a flat form with the schema in this object.
export const responseFormatJSONObject: Schema = {
  ...object({ type: word('json_object') }, ['type']),
  passedOn: ['schema'],
};

export const responseFormatJSONSchemaJSONSchema = object(
  { name: text, description: orNull(text), schema: orNull(opaque), strict: orNull(flag) },
  ['name'],
);

export const responseFormatJSONSchema = object(
  { type: word('json_schema'), json_schema: responseFormatJSONSchemaJSONSchema },
  ['type', 'json_schema'],
);

export const responseFormat = variants('type', [
  responseFormatText,
  responseFormatJSONObject,
  responseFormatJSONSchema,
]);

// OpenAI accepts four, DeepSeek sixteen; other servers accept more, but clients do not send more in practice.
export const stop = textOr(list(text, 0, 16));

/** Service tiers of OpenAI and of other providers. A closed set, because a misspelt tier may cost more. */
export const SERVICE_TIERS = [
  'auto',
  'default',
  'flex',
  'scale',
  'priority',
  'fast',
  // Groq.
  'on_demand',
  'performance',
  // Anthropic, Bedrock, Vertex and similar providers.
  'standard',
  'standard_only',
  'reserved',
  'batch',
] as const;

export const streamOptions = object({ include_usage: orNull(flag), include_obfuscation: orNull(flag) });

export const webSearchOptionsUserLocationApproximate = object({
  city: orNull(text),
  country: orNull(text),
  region: orNull(text),
  timezone: orNull(text),
});

export const webSearchOptionsUserLocation = object(
  { type: word('approximate'), approximate: webSearchOptionsUserLocationApproximate },
  ['type', 'approximate'],
);

export const webSearchOptions = object({
  search_context_size: orNull(word('low', 'medium', 'high')),
  user_location: orNull(webSearchOptionsUserLocation),
});
