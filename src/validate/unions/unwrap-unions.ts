import { isRecord, type JsonObject } from '../../util/json-object.js';
import { inOrder, items, members, optionalScalar, withMember, type Normalise } from './normalise.js';
import { optional, required } from './unwrap-union.js';
import { UNIONS } from './unions.js';

/*
 * The published document describes Go's unions as objects with one member per alternative (`{ "OfString": "x" }`), and
 * optional scalars as `{}`. Clients generated from it send those forms in place of the bare value. The tables here name
 * every member that may have one. Nothing else is inspected: in metadata, tool parameters or a JSON Schema, a key
 * `OfString` is data.
 */

const functionTool = members({ function: members({ description: optionalScalar, strict: optionalScalar }) });
const customTool = members({
  custom: members({
    description: optionalScalar,
    format: optional(UNIONS.V2ChatCompletionCustomToolCustomFormatUnionParam),
  }),
});
const filePart = members({
  file: members({ file_data: optionalScalar, file_id: optionalScalar, filename: optionalScalar }),
});

const contentOfUser = inOrder(
  required(UNIONS.V2ChatCompletionUserMessageParamContentUnion),
  items(inOrder(required(UNIONS.V2ChatCompletionContentPartUnionParam), filePart)),
);
// Optional: an assistant message may have tool calls, a refusal or audio instead.
const contentOfAssistant = inOrder(
  optional(UNIONS.V2ChatCompletionAssistantMessageParamContentUnion),
  items(required(UNIONS.V2ChatCompletionAssistantMessageParamContentArrayOfContentPartUnion)),
);

// A Map, because callers choose the role: `constructor` must not be found.
const messageOfRole = new Map<unknown, Normalise>([
  [
    'developer',
    members({ content: required(UNIONS.V2ChatCompletionDeveloperMessageParamContentUnion), name: optionalScalar }),
  ],
  [
    'system',
    members({ content: required(UNIONS.V2ChatCompletionSystemMessageParamContentUnion), name: optionalScalar }),
  ],
  ['user', members({ content: contentOfUser, name: optionalScalar })],
  [
    'assistant',
    members({
      content: contentOfAssistant,
      name: optionalScalar,
      refusal: optionalScalar,
      tool_calls: items(required(UNIONS.V2ChatCompletionMessageToolCallUnionParam)),
    }),
  ],
  ['tool', members({ content: required(UNIONS.V2ChatCompletionToolMessageParamContentUnion) })],
  ['function', members({ content: optionalScalar })],
]);

const message = inOrder(required(UNIONS.V2ChatCompletionMessageParamUnion), (value, path) => {
  const normalise = isRecord(value) ? messageOfRole.get(value.role) : undefined;
  return normalise === undefined ? value : normalise(value, path);
});

const predictionContent = required(UNIONS.V2ChatCompletionPredictionContentContentUnionParam);

/** Clients that wrap the content may omit `type`, which the published document declares optional. */
const prediction: Normalise = (value, path) => {
  const unwrapped = members({ content: predictionContent })(value, path);
  if (unwrapped === value || !isRecord(unwrapped) || Object.hasOwn(unwrapped, 'type')) return unwrapped;
  return withMember(unwrapped, 'type', 'content');
};

const request = members({
  messages: items(message),
  tools: items(inOrder(required(UNIONS.V2ChatCompletionToolUnionParam), functionTool, customTool)),
  tool_choice: optional(UNIONS.V2ChatCompletionToolChoiceOptionUnionParam),
  response_format: inOrder(
    optional(UNIONS.V2ChatCompletionNewParamsResponseFormatUnion),
    members({ json_schema: members({ description: optionalScalar, strict: optionalScalar }) }),
  ),
  stop: optional(UNIONS.V2ChatCompletionNewParamsStopUnion),
  prediction,
  stream_options: members({ include_usage: optionalScalar, include_obfuscation: optionalScalar }),
  web_search_options: members({
    user_location: members({
      approximate: members({
        city: optionalScalar,
        country: optionalScalar,
        region: optionalScalar,
        timezone: optionalScalar,
      }),
    }),
  }),
  frequency_penalty: optionalScalar,
  logprobs: optionalScalar,
  max_completion_tokens: optionalScalar,
  max_tokens: optionalScalar,
  n: optionalScalar,
  parallel_tool_calls: optionalScalar,
  presence_penalty: optionalScalar,
  seed: optionalScalar,
  store: optionalScalar,
  temperature: optionalScalar,
  top_logprobs: optionalScalar,
  top_p: optionalScalar,
  user: optionalScalar,
});

/**
 * The request in wire form; `value` itself where it is already.
 * @throws GatewayError for a wrapper with two members set, or with a value of the wrong type
 */
export function unwrapUnions(value: JsonObject): JsonObject {
  return request(value, '') as JsonObject;
}
