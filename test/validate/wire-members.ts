import type * as types from '../../src/chat/types.js';

/**
 * The exported request types, member by member, in a form that a program can read. It does not compile when a type
 * has a member, a JSON type or a question mark more or less than stands here; a test compares it with the schema.
 */

/** Each schema and the equivalent type. */
interface RequestTypes {
  CompletionsChatCompletionRequest: types.ChatRequest;
  RegistryEndpointOverride: types.EndpointOverride;
  RegistryProviderConfigOverride: types.ProviderConfig;
  SharedFunctionDefinitionParam: types.FunctionDefinition;
  SharedResponseFormatJSONObjectParam: types.JsonObjectResponseFormat;
  SharedResponseFormatJSONSchemaJSONSchemaParam: types.JsonSchemaFormat;
  SharedResponseFormatJSONSchemaParam: types.JsonSchemaResponseFormat;
  SharedResponseFormatTextParam: types.TextResponseFormat;
  V2ChatCompletionAllowedToolChoiceParam: types.AllowedToolsChoice;
  V2ChatCompletionAllowedToolsParam: types.AllowedTools;
  V2ChatCompletionAssistantMessageParam: types.AssistantMessage;
  V2ChatCompletionAssistantMessageParamAudio: NonNullable<types.AssistantMessage['audio']>;
  V2ChatCompletionAssistantMessageParamFunctionCall: types.FunctionCall;
  V2ChatCompletionAudioParam: types.AudioOptions;
  V2ChatCompletionContentPartFileFileParam: types.FileReference;
  V2ChatCompletionContentPartFileParam: types.FilePart;
  V2ChatCompletionContentPartImageImageURLParam: types.ImageUrl;
  V2ChatCompletionContentPartImageParam: types.ImagePart;
  V2ChatCompletionContentPartInputAudioInputAudioParam: types.InputAudio;
  V2ChatCompletionContentPartInputAudioParam: types.InputAudioPart;
  V2ChatCompletionContentPartRefusalParam: types.RefusalPart;
  V2ChatCompletionContentPartTextParam: types.TextPart;
  V2ChatCompletionCustomToolCustomFormatGrammarGrammarParam: types.Grammar;
  V2ChatCompletionCustomToolCustomFormatGrammarParam: types.GrammarToolFormat;
  V2ChatCompletionCustomToolCustomFormatTextParam: types.TextToolFormat;
  V2ChatCompletionCustomToolCustomParam: types.CustomToolDefinition;
  V2ChatCompletionCustomToolParam: types.CustomTool;
  V2ChatCompletionDeveloperMessageParam: types.DeveloperMessage;
  V2ChatCompletionFunctionMessageParam: types.FunctionMessage;
  V2ChatCompletionFunctionToolParam: types.FunctionTool;
  V2ChatCompletionMessageCustomToolCallCustomParam: types.CustomCall;
  V2ChatCompletionMessageCustomToolCallParam: types.CustomToolCall;
  V2ChatCompletionMessageFunctionToolCallFunctionParam: types.FunctionCall;
  V2ChatCompletionMessageFunctionToolCallParam: types.FunctionToolCall;
  V2ChatCompletionNamedToolChoiceCustomCustomParam: types.NamedCustomToolChoice['custom'];
  V2ChatCompletionNamedToolChoiceCustomParam: types.NamedCustomToolChoice;
  V2ChatCompletionNamedToolChoiceFunctionParam: types.NamedToolChoice['function'];
  V2ChatCompletionNamedToolChoiceParam: types.NamedToolChoice;
  V2ChatCompletionNewParamsWebSearchOptions: types.WebSearchOptions;
  V2ChatCompletionNewParamsWebSearchOptionsUserLocation: types.UserLocation;
  V2ChatCompletionNewParamsWebSearchOptionsUserLocationApproximate: types.ApproximateLocation;
  V2ChatCompletionPredictionContentParam: types.Prediction;
  V2ChatCompletionStreamOptionsParam: types.StreamOptions;
  V2ChatCompletionSystemMessageParam: types.SystemMessage;
  V2ChatCompletionToolMessageParam: types.ToolMessage;
  V2ChatCompletionUserMessageParam: types.UserMessage;
  ProviderPreferences: types.ProviderPreferences;
  MaxPrice: types.MaxPrice;
  SortPreference: types.SortPreference;
}

type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: true };

type JsonTypeName = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object';

type JsonTypes<V> = unknown extends V ? JsonTypeName : JsonTypeOf<V>;

type JsonTypeOf<V> = V extends string
  ? 'string'
  : V extends number
    ? 'number'
    : V extends boolean
      ? 'boolean'
      : V extends null
        ? 'null'
        : V extends readonly unknown[]
          ? 'array'
          : 'object';

type IfOptional<T, K extends keyof T> = { [key: string]: never } extends Pick<T, K> ? 'absent' : never;

/** Member → the JSON types that it may have, and whether it may be absent. */
type JsonObject<T> = {
  readonly [K in KnownKeys<T> & keyof T]: Readonly<Record<JsonTypes<Exclude<T[K], undefined>> | IfOptional<T, K>, 1>>;
};

export const REQUEST_MEMBERS: { readonly [Name in keyof RequestTypes]: JsonObject<RequestTypes[Name]> } = {
  CompletionsChatCompletionRequest: {
    model: { null: 1, string: 1, absent: 1 },
    messages: { array: 1 },
    tools: { array: 1, null: 1, absent: 1 },
    tool_choice: { null: 1, object: 1, string: 1, absent: 1 },
    parallel_tool_calls: { boolean: 1, null: 1, absent: 1 },
    max_completion_tokens: { null: 1, number: 1, absent: 1 },
    max_tokens: { null: 1, number: 1, absent: 1 },
    n: { null: 1, number: 1, absent: 1 },
    temperature: { null: 1, number: 1, absent: 1 },
    top_p: { null: 1, number: 1, absent: 1 },
    presence_penalty: { null: 1, number: 1, absent: 1 },
    frequency_penalty: { null: 1, number: 1, absent: 1 },
    logprobs: { boolean: 1, null: 1, absent: 1 },
    top_logprobs: { null: 1, number: 1, absent: 1 },
    user: { null: 1, string: 1, absent: 1 },
    seed: { null: 1, number: 1, absent: 1 },
    stop: { array: 1, null: 1, string: 1, absent: 1 },
    stream: { boolean: 1, null: 1, absent: 1 },
    stream_options: { null: 1, object: 1, absent: 1 },
    response_format: { null: 1, object: 1, absent: 1 },
    logit_bias: { null: 1, object: 1, absent: 1 },
    metadata: { null: 1, object: 1, absent: 1 },
    modalities: { array: 1, null: 1, absent: 1 },
    audio: { null: 1, object: 1, absent: 1 },
    prediction: { null: 1, object: 1, absent: 1 },
    reasoning_effort: { null: 1, string: 1, absent: 1 },
    service_tier: { null: 1, string: 1, absent: 1 },
    store: { boolean: 1, null: 1, absent: 1 },
    web_search_options: { null: 1, object: 1, absent: 1 },
    models: { array: 1, null: 1, absent: 1 },
    provider_configs: { null: 1, object: 1, absent: 1 },
    provider_data_collection: { null: 1, string: 1, absent: 1 },
    provider_enforce_distillable_text: { boolean: 1, null: 1, absent: 1 },
    provider_ignore: { array: 1, null: 1, absent: 1 },
    provider_max_completion_price: { null: 1, number: 1, absent: 1 },
    provider_max_image_price: { null: 1, number: 1, absent: 1 },
    provider_max_prompt_price: { null: 1, number: 1, absent: 1 },
    provider_max_request_price: { null: 1, number: 1, absent: 1 },
    provider_only: { array: 1, null: 1, absent: 1 },
    provider_order: { array: 1, null: 1, absent: 1 },
    provider_quantizations: { array: 1, null: 1, absent: 1 },
    provider_require_parameters: { boolean: 1, null: 1, absent: 1 },
    provider_sort: { null: 1, string: 1, absent: 1 },
    provider_zdr: { boolean: 1, null: 1, absent: 1 },
    provider_allow_fallbacks: { boolean: 1, null: 1, absent: 1 },
    provider: { null: 1, object: 1, absent: 1 },
    session_id: { null: 1, string: 1, absent: 1 },
  },
  RegistryEndpointOverride: {
    base_url: { null: 1, string: 1, absent: 1 },
    timeout: { null: 1, number: 1, absent: 1 },
  },
  RegistryProviderConfigOverride: {
    api_key: { null: 1, string: 1, absent: 1 },
    base_url: { null: 1, string: 1, absent: 1 },
    endpoint_overrides: { null: 1, object: 1, absent: 1 },
  },
  SharedFunctionDefinitionParam: {
    name: { string: 1 },
    description: { null: 1, string: 1, absent: 1 },
    parameters: { null: 1, object: 1, absent: 1 },
    strict: { boolean: 1, null: 1, absent: 1 },
  },
  SharedResponseFormatJSONObjectParam: {
    type: { string: 1 },
  },
  SharedResponseFormatJSONSchemaJSONSchemaParam: {
    name: { string: 1 },
    description: { null: 1, string: 1, absent: 1 },
    schema: { null: 1, object: 1, absent: 1 },
    strict: { boolean: 1, null: 1, absent: 1 },
  },
  SharedResponseFormatJSONSchemaParam: {
    type: { string: 1 },
    json_schema: { object: 1 },
  },
  SharedResponseFormatTextParam: {
    type: { string: 1 },
  },
  V2ChatCompletionAllowedToolChoiceParam: {
    type: { string: 1 },
    allowed_tools: { object: 1 },
  },
  V2ChatCompletionAllowedToolsParam: {
    mode: { string: 1 },
    tools: { array: 1 },
  },
  V2ChatCompletionAssistantMessageParam: {
    role: { string: 1 },
    content: { array: 1, null: 1, string: 1, absent: 1 },
    name: { null: 1, string: 1, absent: 1 },
    refusal: { null: 1, string: 1, absent: 1 },
    audio: { null: 1, object: 1, absent: 1 },
    tool_calls: { array: 1, null: 1, absent: 1 },
    function_call: { null: 1, object: 1, absent: 1 },
    annotations: { array: 1, boolean: 1, null: 1, number: 1, object: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionAssistantMessageParamAudio: {
    id: { string: 1 },
  },
  V2ChatCompletionAssistantMessageParamFunctionCall: {
    name: { string: 1 },
    arguments: { string: 1 },
  },
  V2ChatCompletionAudioParam: {
    voice: { object: 1, string: 1 },
    format: { string: 1 },
  },
  V2ChatCompletionContentPartFileFileParam: {
    file_data: { null: 1, string: 1, absent: 1 },
    file_id: { null: 1, string: 1, absent: 1 },
    filename: { null: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionContentPartFileParam: {
    type: { string: 1 },
    file: { object: 1 },
    prompt_cache_breakpoint: { array: 1, boolean: 1, null: 1, number: 1, object: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionContentPartImageImageURLParam: {
    url: { string: 1 },
    detail: { null: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionContentPartImageParam: {
    type: { string: 1 },
    image_url: { object: 1 },
    prompt_cache_breakpoint: { array: 1, boolean: 1, null: 1, number: 1, object: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionContentPartInputAudioInputAudioParam: {
    data: { string: 1 },
    format: { string: 1 },
  },
  V2ChatCompletionContentPartInputAudioParam: {
    type: { string: 1 },
    input_audio: { object: 1 },
    prompt_cache_breakpoint: { array: 1, boolean: 1, null: 1, number: 1, object: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionContentPartRefusalParam: {
    type: { string: 1 },
    refusal: { string: 1 },
  },
  V2ChatCompletionContentPartTextParam: {
    type: { string: 1 },
    text: { string: 1 },
    prompt_cache_breakpoint: { array: 1, boolean: 1, null: 1, number: 1, object: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionCustomToolCustomFormatGrammarGrammarParam: {
    definition: { string: 1 },
    syntax: { string: 1 },
  },
  V2ChatCompletionCustomToolCustomFormatGrammarParam: {
    type: { string: 1 },
    grammar: { object: 1 },
  },
  V2ChatCompletionCustomToolCustomFormatTextParam: {
    type: { string: 1 },
  },
  V2ChatCompletionCustomToolCustomParam: {
    name: { string: 1 },
    description: { null: 1, string: 1, absent: 1 },
    format: { null: 1, object: 1, absent: 1 },
  },
  V2ChatCompletionCustomToolParam: {
    type: { string: 1 },
    custom: { object: 1 },
  },
  V2ChatCompletionDeveloperMessageParam: {
    role: { string: 1 },
    content: { array: 1, string: 1 },
    name: { null: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionFunctionMessageParam: {
    role: { string: 1 },
    content: { null: 1, string: 1 },
    name: { string: 1 },
  },
  V2ChatCompletionFunctionToolParam: {
    type: { string: 1 },
    function: { object: 1 },
  },
  V2ChatCompletionMessageCustomToolCallCustomParam: {
    name: { string: 1 },
    input: { string: 1 },
  },
  V2ChatCompletionMessageCustomToolCallParam: {
    id: { string: 1 },
    type: { string: 1 },
    custom: { object: 1 },
  },
  V2ChatCompletionMessageFunctionToolCallFunctionParam: {
    name: { string: 1 },
    arguments: { string: 1 },
  },
  V2ChatCompletionMessageFunctionToolCallParam: {
    id: { string: 1 },
    type: { string: 1 },
    function: { object: 1 },
  },
  V2ChatCompletionNamedToolChoiceCustomCustomParam: {
    name: { string: 1 },
  },
  V2ChatCompletionNamedToolChoiceCustomParam: {
    type: { string: 1 },
    custom: { object: 1 },
  },
  V2ChatCompletionNamedToolChoiceFunctionParam: {
    name: { string: 1 },
  },
  V2ChatCompletionNamedToolChoiceParam: {
    type: { string: 1 },
    function: { object: 1 },
  },
  V2ChatCompletionNewParamsWebSearchOptions: {
    search_context_size: { null: 1, string: 1, absent: 1 },
    user_location: { null: 1, object: 1, absent: 1 },
  },
  V2ChatCompletionNewParamsWebSearchOptionsUserLocation: {
    type: { string: 1 },
    approximate: { object: 1 },
  },
  V2ChatCompletionNewParamsWebSearchOptionsUserLocationApproximate: {
    city: { null: 1, string: 1, absent: 1 },
    country: { null: 1, string: 1, absent: 1 },
    region: { null: 1, string: 1, absent: 1 },
    timezone: { null: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionPredictionContentParam: {
    type: { string: 1 },
    content: { array: 1, string: 1 },
  },
  V2ChatCompletionStreamOptionsParam: {
    include_usage: { boolean: 1, null: 1, absent: 1 },
    include_obfuscation: { boolean: 1, null: 1, absent: 1 },
  },
  V2ChatCompletionSystemMessageParam: {
    role: { string: 1 },
    content: { array: 1, string: 1 },
    name: { null: 1, string: 1, absent: 1 },
  },
  V2ChatCompletionToolMessageParam: {
    role: { string: 1 },
    content: { array: 1, string: 1 },
    tool_call_id: { string: 1 },
  },
  V2ChatCompletionUserMessageParam: {
    role: { string: 1 },
    content: { array: 1, string: 1 },
    name: { null: 1, string: 1, absent: 1 },
  },
  ProviderPreferences: {
    order: { array: 1, null: 1, absent: 1 },
    only: { array: 1, null: 1, absent: 1 },
    ignore: { array: 1, null: 1, absent: 1 },
    sort: { null: 1, object: 1, string: 1, absent: 1 },
    quantizations: { array: 1, null: 1, absent: 1 },
    data_collection: { null: 1, string: 1, absent: 1 },
    zdr: { boolean: 1, null: 1, absent: 1 },
    enforce_distillable_text: { boolean: 1, null: 1, absent: 1 },
    require_parameters: { boolean: 1, null: 1, absent: 1 },
    allow_fallbacks: { boolean: 1, null: 1, absent: 1 },
    max_price: { null: 1, object: 1, absent: 1 },
    preferred_min_throughput: { null: 1, number: 1, object: 1, absent: 1 },
    preferred_max_latency: { null: 1, number: 1, object: 1, absent: 1 },
  },
  MaxPrice: {
    prompt: { null: 1, number: 1, string: 1, absent: 1 },
    completion: { null: 1, number: 1, string: 1, absent: 1 },
    request: { null: 1, number: 1, string: 1, absent: 1 },
    image: { null: 1, number: 1, string: 1, absent: 1 },
    audio: { null: 1, number: 1, string: 1, absent: 1 },
  },
  SortPreference: {
    by: { null: 1, string: 1, absent: 1 },
    partition: { null: 1, string: 1, absent: 1 },
  },
};

/** Each schema of the published response and the equivalent type. */
interface ResponseTypes {
  V2ChatCompletion: types.ChatCompletion;
  V2ChatCompletionChoice: types.ChatChoice;
  V2ChatCompletionMessage: types.ChatResponseMessage;
  V2ChatCompletionAudio: types.ResponseAudio;
  V2ChatCompletionMessageFunctionCall: types.FunctionCall;
  V2ChatCompletionMessageToolCallUnion: types.ResponseToolCall;
  V2ChatCompletionMessageFunctionToolCallFunction: types.FunctionCall;
  V2ChatCompletionMessageCustomToolCallCustom: types.CustomCall;
  V2ChatCompletionMessageAnnotation: types.Annotation;
  V2ChatCompletionMessageAnnotationURLCitation: types.UrlCitation;
  V2ChatCompletionChoiceLogprobs: types.ChoiceLogprobs;
  V2ChatCompletionTokenLogprob: types.TokenLogprob;
  V2ChatCompletionTokenLogprobTopLogprob: types.TopLogprob;
  V2CompletionUsage: types.Usage;
  V2CompletionUsagePromptTokensDetails: types.PromptTokensDetails;
  V2CompletionUsageCompletionTokensDetails: types.CompletionTokensDetails;
}

export const RESPONSE_MEMBERS: {
  readonly [Name in keyof ResponseTypes]: Readonly<Record<KnownKeys<ResponseTypes[Name]>, 1>>;
} = {
  V2ChatCompletion: {
    choices: 1,
    created: 1,
    id: 1,
    model: 1,
    object: 1,
    service_tier: 1,
    system_fingerprint: 1,
    usage: 1,
  },
  V2ChatCompletionChoice: { finish_reason: 1, index: 1, logprobs: 1, message: 1 },
  V2ChatCompletionMessage: {
    annotations: 1,
    audio: 1,
    content: 1,
    function_call: 1,
    refusal: 1,
    role: 1,
    tool_calls: 1,
  },
  V2ChatCompletionAudio: { data: 1, expires_at: 1, id: 1, transcript: 1 },
  V2ChatCompletionMessageFunctionCall: { arguments: 1, name: 1 },
  V2ChatCompletionMessageToolCallUnion: { custom: 1, function: 1, id: 1, type: 1 },
  V2ChatCompletionMessageFunctionToolCallFunction: { arguments: 1, name: 1 },
  V2ChatCompletionMessageCustomToolCallCustom: { input: 1, name: 1 },
  V2ChatCompletionMessageAnnotation: { type: 1, url_citation: 1 },
  V2ChatCompletionMessageAnnotationURLCitation: { end_index: 1, start_index: 1, title: 1, url: 1 },
  V2ChatCompletionChoiceLogprobs: { content: 1, refusal: 1 },
  V2ChatCompletionTokenLogprob: { bytes: 1, logprob: 1, token: 1, top_logprobs: 1 },
  V2ChatCompletionTokenLogprobTopLogprob: { bytes: 1, logprob: 1, token: 1 },
  V2CompletionUsage: {
    completion_tokens: 1,
    completion_tokens_details: 1,
    prompt_tokens: 1,
    prompt_tokens_details: 1,
    total_tokens: 1,
  },
  V2CompletionUsagePromptTokensDetails: { audio_tokens: 1, cached_tokens: 1 },
  V2CompletionUsageCompletionTokensDetails: {
    accepted_prediction_tokens: 1,
    audio_tokens: 1,
    reasoning_tokens: 1,
    rejected_prediction_tokens: 1,
  },
};
