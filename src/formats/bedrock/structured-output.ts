import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { EncodeState } from './encode-state.js';
import { toolParameters } from './schema.js';
import { strictSchema } from '../shared/strict-schema.js';

/** How the form of the response is requested. */
export type StructuredOutput =
  | { readonly kind: 'none' }
  /** A system text that asks for one JSON object. */
  | { readonly kind: 'instruct' }
  /** `outputConfig` of the body. */
  | { readonly kind: 'native'; readonly outputConfig: JsonObject }
  /** A tool that the model must call; its input is the response. */
  | { readonly kind: 'tool'; readonly name: string; readonly toolSpec: JsonObject };

export const JSON_INSTRUCTION = 'Respond with one JSON object and nothing else.';
const SCHEMA_PATH = 'response_format.json_schema.schema';

/** Reads `response_format`: native where the model has it, else by a tool, else refused. */
export function structuredOutput(state: EncodeState): StructuredOutput {
  const format: unknown = state.request.response_format;
  if (!isRecord(format) || format['type'] === 'text') return { kind: 'none' };
  const requested = format['json_schema'];
  const schema = isRecord(requested) ? requested['schema'] : undefined;
  if (format['type'] !== 'json_schema' || !isRecord(requested) || isEmpty(schema)) return jsonObject(state);
  if (!isRecord(schema) || !isObjectRoot(schema)) {
    throw new UnsupportedRequest(SCHEMA_PATH, 'Bedrock takes the schema of an object only.');
  }
  return nativeOutput(requested, schema, state) ?? toolOutput(requested, schema, state);
}

function jsonObject({ model }: EncodeState): StructuredOutput {
  if (model.jsonObject === 'instruct') return { kind: 'instruct' };
  throw new UnsupportedRequest(
    'response_format',
    'Bedrock has no JSON mode without a schema. Give a json_schema, or set the trait jsonObject: "instruct".',
  );
}

function nativeOutput(requested: JsonObject, schema: JsonObject, { model }: EncodeState): StructuredOutput | undefined {
  const strict = model.nativeJsonSchema ? strictSchema(schema, SCHEMA_PATH) : undefined;
  if (strict === undefined) return undefined;
  const { name, description } = requested;
  const jsonSchema: JsonObject = { schema: JSON.stringify(strict) };
  if (typeof name === 'string' && name !== '') jsonSchema['name'] = name;
  if (typeof description === 'string' && description.trim() !== '') jsonSchema['description'] = description;
  return { kind: 'native', outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
}

function toolOutput(requested: JsonObject, schema: JsonObject, { model, names }: EncodeState): StructuredOutput {
  if (!model.tools || !model.forcedTools) {
    throw new UnsupportedRequest(
      'response_format',
      'This model can neither be given a schema nor be made to call a tool.',
    );
  }
  const wanted = typeof requested['name'] === 'string' && requested['name'] !== '' ? requested['name'] : 'json';
  const name = names.own(wanted);
  const { description } = requested;
  const toolSpec: JsonObject = { name };
  if (typeof description === 'string' && description.trim() !== '') toolSpec['description'] = description;
  toolSpec['inputSchema'] = { json: toolParameters(schema, SCHEMA_PATH, model.plainSchemas) };
  return { kind: 'tool', name, toolSpec };
}

function isObjectRoot(schema: JsonObject): boolean {
  return schema['type'] === 'object' || (schema['type'] === undefined && isRecord(schema['properties']));
}

function isEmpty(schema: unknown): boolean {
  return schema === undefined || schema === null || (isRecord(schema) && Object.keys(schema).length === 0);
}
