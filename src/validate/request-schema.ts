import { Ajv, type ValidateFunction } from 'ajv';
import type { ChatRequest } from '../chat/types.js';
import * as response from './schema/response-options.js';
import {
  ANNOTATIONS,
  anything,
  closed,
  decimal,
  flag,
  list,
  object,
  orNull,
  record,
  text,
  whole,
  word,
  type Schema,
} from './schema/build.js';
import { contentSchemas } from './schema/content.js';
import { messageSchemas, messagesSchema } from './schema/messages.js';
import { addedRoutingFields, routingFields } from './schema/routing-fields.js';
import { toolSchemas } from './schema/tools.js';

/** Options that change the schema. */
export interface SchemaChoice {
  readonly unknownFields: 'pass' | 'reject';
  readonly unknownContentParts: 'pass' | 'reject';
  readonly unknownTools: 'pass' | 'reject';
}

const INT64 = 2 ** 63;

/**
 * The JSON Schema of a request in wire form. Its parts have the names of the published document without the prefix
 * (`V2ChatCompletionContentPartTextParam` is `contentPartText`). The document's unions are in `unions.ts`, its
 * `ParamOpt…` types are plain scalars. Members are in the order in which OpenAI checks them, because the caller gets the
 * first error.
 */
export function requestSchema({ unknownFields, unknownContentParts, unknownTools }: SchemaChoice): Schema {
  const { tools, toolChoice } = toolSchemas(unknownTools);
  const properties: Record<string, Schema> = {
    model: orNull(text),
    messages: messagesSchema(messageSchemas(contentSchemas(unknownContentParts))),
    tools: orNull(tools),
    tool_choice: orNull(toolChoice),
    parallel_tool_calls: orNull(flag),
    max_completion_tokens: orNull(whole(1)),
    max_tokens: orNull(whole(1)),
    n: orNull(whole(1, 128)),
    temperature: orNull(decimal(0, 2)),
    top_p: orNull(decimal(0, 1)),
    presence_penalty: orNull(decimal(-2, 2)),
    frequency_penalty: orNull(decimal(-2, 2)),
    logprobs: orNull(flag),
    top_logprobs: orNull(whole(0, 20)),
    user: orNull(text),
    seed: orNull(whole(-INT64, INT64)),
    stop: orNull(response.stop),
    stream: orNull(flag),
    stream_options: orNull(response.streamOptions),
    response_format: orNull(response.responseFormat),
    logit_bias: orNull(record(decimal())),
    metadata: orNull(response.metadata),
    modalities: orNull(list(text)),
    audio: orNull(response.audioParam),
    prediction: orNull(response.predictionContent),
    reasoning_effort: orNull(text),
    service_tier: orNull(word(...response.SERVICE_TIERS)),
    store: orNull(flag),
    web_search_options: orNull(response.webSearchOptions),
    ...routingFields,
    ...addedRoutingFields,
  };
  const schema = object(properties, ['messages']);
  return unknownFields === 'reject' ? withoutUnknownFields(schema) : schema;
}

const compiled = new Map<string, ValidateFunction<ChatRequest>>();

/** Compiles the schema, once for each of the eight combinations of options. Schemas of callers are never compiled. */
export function compileRequestSchema(choice: SchemaChoice): ValidateFunction<ChatRequest> {
  const key = `${choice.unknownFields} ${choice.unknownContentParts} ${choice.unknownTools}`;
  let check = compiled.get(key);
  if (check === undefined) {
    check = compile(requestSchema(choice));
    compiled.set(key, check);
  }
  return check;
}

function compile(schema: Schema): ValidateFunction<ChatRequest> {
  const ajv = new Ajv({
    strict: true,
    allowUnionTypes: true,
    discriminator: true,
    // An inherited `toString` is not a member of a request.
    ownProperties: true,
    // Errors then have the value and the schema, from which `field-errors.ts` builds the message.
    verbose: true,
    messages: false,
    // Compiles in a third of the time, and validation is not slower.
    code: { optimize: false },
  });
  ajv.addVocabulary(ANNOTATIONS);
  return ajv.compile<ChatRequest>(schema);
}

/** Members of OpenAI's request that the published document lacks: passed on unchecked, and never "unknown". */
const PASSED_ON = [
  'functions',
  'function_call',
  'verbosity',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'moderation',
];

function withoutUnknownFields(schema: Schema): Schema {
  const { properties, ...rest } = closed(schema);
  const passedOn = Object.fromEntries(PASSED_ON.map((key) => [key, anything]));
  return { ...rest, properties: { ...properties, ...passedOn } };
}
