import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { strictSchema } from '../shared/strict-schema.js';
import { objectSchema } from '../shared/object-schema.js';
import type { AnthropicTraits } from './traits.js';

/** How the promised form of a response is kept. */
export type SentOutput =
  | { readonly by: 'nothing' }
  /** Constrained decoding: `output_config.format`. */
  | { readonly by: 'format'; readonly schema: JsonObject }
  /** A tool whose input is the response. */
  | {
      readonly by: 'tool';
      readonly name: string;
      readonly description: string | undefined;
      readonly schema: JsonObject;
    }
  /** A system block that asks for it. */
  | { readonly by: 'instruction'; readonly text: string };

const SCHEMA_PARAM = 'response_format.json_schema.schema';
const JSON_INSTRUCTION = 'Respond with exactly one JSON object and nothing else.';

/**
 * What keeps `response_format`. A promise about the form of a response is kept or refused, never dropped.
 * @throws UnsupportedRequest when the model has no way to keep it.
 */
export function sentOutput(request: ChatRequest, traits: AnthropicTraits): SentOutput {
  const format = request.response_format;
  if (format === undefined || format === null || format.type === 'text') return { by: 'nothing' };
  if (format.type === 'json_schema' && isRecord(format['json_schema'])) {
    const { schema, name, description } = format['json_schema'];
    if (isRecord(schema) && Object.keys(schema).length > 0) return schemaOutput(schema, name, description, traits);
  }
  if (format.type !== 'json_schema' && format.type !== 'json_object') {
    throw new UnsupportedRequest('response_format', 'Anthropic has no form for this response format.');
  }
  if (traits.jsonObject === 'instruct') return { by: 'instruction', text: JSON_INSTRUCTION };
  throw new UnsupportedRequest(
    'response_format',
    'Anthropic has no JSON mode without a schema: send a json_schema, or set the trait jsonObject to "instruct".',
  );
}

function schemaOutput(schema: JsonObject, name: unknown, description: unknown, traits: AnthropicTraits): SentOutput {
  const strict = traits.nativeJsonSchema ? strictSchema(schema, SCHEMA_PARAM) : undefined;
  if (strict !== undefined) return { by: 'format', schema: strict };
  if (!traits.forcedTools) {
    throw new UnsupportedRequest('response_format', 'The model takes neither this schema nor a forced tool call.');
  }
  return {
    by: 'tool',
    name: typeof name === 'string' && name !== '' ? name : 'json',
    description: typeof description === 'string' && description !== '' ? description : undefined,
    schema: objectSchema(schema, SCHEMA_PARAM),
  };
}
