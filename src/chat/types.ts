/**
 * The wire types of `/v1/chat/completions`, in one file as on OpenAI's reference page. Requests have passed `validate`,
 * so their members have these types; responses come from upstreams, so nearly everything in them may be missing.
 * Members that are not named here are kept unchanged.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

// ── Request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A validated request in wire form. Members that this package does not know are passed on untouched. */
export interface ChatRequest extends RoutingFields {
  /** Absent, `null` and `""` mean the same: no model was named. */
  model?: string | null;
  /** The conversation, oldest message first. */
  messages: ChatMessage[];
  /** Respond with server-sent events. */
  stream?: boolean | null;
  /** What a stream contains. */
  stream_options?: StreamOptions | null;
  /** Voice and format of generated audio. */
  audio?: AudioOptions | null;
  /** Penalty for tokens by their frequency so far. */
  frequency_penalty?: number | null;
  /** Bias by token id. */
  logit_bias?: Record<string, number> | null;
  /** Return log probabilities. */
  logprobs?: boolean | null;
  /** Limit of generated tokens, reasoning included. */
  max_completion_tokens?: number | null;
  /** The older name of `max_completion_tokens`. */
  max_tokens?: number | null;
  /** Up to 16 pairs that the upstream stores with the completion. */
  metadata?: Record<string, string> | null;
  /** Kinds of output: `text`, `audio`. */
  modalities?: string[] | null;
  /** Number of choices. */
  n?: number | null;
  /** The model may call several tools at once. */
  parallel_tool_calls?: boolean | null;
  /** Expected output, which speeds up its generation. */
  prediction?: Prediction | null;
  /** Penalty for tokens that have occurred. */
  presence_penalty?: number | null;
  /** `none` … `max` so far: the set has grown three times. */
  reasoning_effort?: string | null;
  /** Form of the output: text or JSON. */
  response_format?: ResponseFormat | null;
  /** Seed of the sampling. */
  seed?: number | null;
  /** Class of service: price and speed. */
  service_tier?: ServiceTier | null;
  /** Texts that end the generation. */
  stop?: string | string[] | null;
  /** The upstream stores the completion. */
  store?: boolean | null;
  /** Randomness of the sampling. */
  temperature?: number | null;
  /** Whether and which tools are called. */
  tool_choice?: ToolChoice | null;
  /** Tools that the model may call. */
  tools?: Tool[] | null;
  /** Most likely alternatives per token. */
  top_logprobs?: number | null;
  /** Share of probability that is sampled from. */
  top_p?: number | null;
  /** Id of the end user. */
  user?: string | null;
  /** Search the web, and how. */
  web_search_options?: WebSearchOptions | null;
  [key: string]: unknown;
}

/** Members of a request that are the gateway's own: read by `route`, never sent to an upstream. */
export interface RoutingFields {
  /** Models to fall back along, after `model`. */
  models?: string[] | null;
  /** The caller's own keys and addresses, by provider. */
  provider_configs?: Record<string, ProviderConfig | null> | null;
  /** Providers or slugs to try first, in this order. */
  provider_order?: string[] | null;
  /** Providers or slugs to use, and no others. */
  provider_only?: string[] | null;
  /** Providers or slugs not to use. */
  provider_ignore?: string[] | null;
  /** `""` means not set. */
  provider_sort?: SortMetric | '' | null;
  /** Accepted precisions of the weights. */
  provider_quantizations?: string[] | null;
  /** `""` means not set. */
  provider_data_collection?: DataCollection | '' | null;
  /** Only providers that retain no data. */
  provider_zdr?: boolean | null;
  /** Only models whose output may be distilled. */
  provider_enforce_distillable_text?: boolean | null;
  /** Only endpoints that support every parameter of the request. */
  provider_require_parameters?: boolean | null;
  /** USD per million tokens. */
  provider_max_prompt_price?: number | null;
  /** USD per million tokens. */
  provider_max_completion_price?: number | null;
  /** USD per request. */
  provider_max_request_price?: number | null;
  /** USD per image. */
  provider_max_image_price?: number | null;
  /** `false`: no other endpoints than those in `provider_order`. */
  provider_allow_fallbacks?: boolean | null;
  /** The same preferences in OpenRouter's form. */
  provider?: ProviderPreferences | null;
  /** Names a conversation, so that it stays with one endpoint. */
  session_id?: string | null;
}

/** OpenRouter's `provider` object. */
export interface ProviderPreferences {
  /** Providers or slugs to try first, in this order. */
  order?: string[] | null;
  /** Providers or slugs to use, and no others. */
  only?: string[] | null;
  /** Providers or slugs not to use. */
  ignore?: string[] | null;
  /** Sort by price, throughput or latency. */
  sort?: SortMetric | SortPreference | null;
  /** Accepted precisions of the weights. */
  quantizations?: string[] | null;
  /** `deny`: only providers that do not train on the data. */
  data_collection?: DataCollection | null;
  /** Only providers that retain no data. */
  zdr?: boolean | null;
  /** Only models whose output may be distilled. */
  enforce_distillable_text?: boolean | null;
  /** Only endpoints that support every parameter of the request. */
  require_parameters?: boolean | null;
  /** `false`: no other endpoints than those in `order`. */
  allow_fallbacks?: boolean | null;
  /** Highest accepted prices. */
  max_price?: MaxPrice | null;
  /** Tokens per second below which an endpoint is tried last. */
  preferred_min_throughput?: number | PercentileCutoffs | null;
  /** Seconds to the first token above which an endpoint is tried last. */
  preferred_max_latency?: number | PercentileCutoffs | null;
  [key: string]: unknown;
}

/** What endpoints are sorted by. */
export type SortMetric = 'price' | 'throughput' | 'latency';
/** Whether endpoints that store data or train on it may respond. */
export type DataCollection = 'allow' | 'deny';

/** What endpoints are sorted by, and whether model by model. */
export interface SortPreference {
  /** What to sort by. */
  by?: SortMetric | null;
  /** `none`: the endpoints of all models are one pool. */
  partition?: 'model' | 'none' | null;
  [key: string]: unknown;
}

/** Numbers, or numbers in text as OpenRouter's own SDK sends them. */
export interface MaxPrice {
  /** USD per million prompt tokens. */
  prompt?: number | string | null;
  /** USD per million completion tokens. */
  completion?: number | string | null;
  /** USD per request. */
  request?: number | string | null;
  /** USD per image. */
  image?: number | string | null;
  /** Accepted without effect: endpoints are not filtered by audio prices. */
  audio?: number | string | null;
  [key: string]: unknown;
}

/** Limits for a measured value, by percentile. */
export interface PercentileCutoffs {
  /** Threshold of the median. */
  p50?: number | null;
  /** Threshold of the 75th percentile. */
  p75?: number | null;
  /** Threshold of the 90th percentile. */
  p90?: number | null;
  /** Threshold of the 99th percentile. */
  p99?: number | null;
  [key: string]: unknown;
}

/** A caller's own credential or address for one provider. Secret. */
export interface ProviderConfig {
  /** The caller's own key for this provider. */
  api_key?: string | null;
  /** The caller's own address; only origins that the operator lists. */
  base_url?: string | null;
  /** Addresses by endpoint, such as `chat_completions`. */
  endpoint_overrides?: Record<string, EndpointOverride | null> | null;
  [key: string]: unknown;
}

/** A caller's own address or timeout for one endpoint of a provider. */
export interface EndpointOverride {
  /** The caller's own address of the endpoint. */
  base_url?: string | null;
  /** Milliseconds. */
  timeout?: number | null;
  [key: string]: unknown;
}

/** One message of a request, by its role. */
export type ChatMessage =
  | DeveloperMessage
  | SystemMessage
  | UserMessage
  | AssistantMessage
  | ToolMessage
  | FunctionMessage;

/** Instructions of the developer; they outrank those of users. */
export interface DeveloperMessage {
  role: 'developer';
  /** The instructions. */
  content: string | TextPart[];
  /** Name of the participant. */
  name?: string | null;
  [key: string]: unknown;
}

/** Instructions to the model. */
export interface SystemMessage {
  role: 'system';
  /** The instructions. */
  content: string | TextPart[];
  /** Name of the participant. */
  name?: string | null;
  [key: string]: unknown;
}

/** A message of the user. */
export interface UserMessage {
  role: 'user';
  /** Text, or parts of text, images, audio and files. */
  content: string | ContentPart[];
  /** Name of the participant. */
  name?: string | null;
  [key: string]: unknown;
}

/** A response of the model in an earlier turn. */
export interface AssistantMessage {
  role: 'assistant';
  /**
   * Absent or `null` where there are `tool_calls`, `function_call`, `refusal`, `audio` or reasoning instead. At run time
   * there may be parts of an upstream's response (`thinking`, `reference` …) among the others.
   */
  content?: string | (TextPart | RefusalPart)[] | null;
  /** Name of the participant. */
  name?: string | null;
  /** Why the model refused. */
  refusal?: string | null;
  /** An earlier audio response, by its id. */
  audio?: { id: string; [key: string]: unknown } | null;
  /** The calls that the model made. */
  tool_calls?: ToolCall[] | null;
  /** The call that the model made; the older form of `tool_calls`. */
  function_call?: FunctionCall | null;
  /** Clients send it back as they received it. */
  annotations?: unknown;
  [key: string]: unknown;
}

/** The result of a tool call. */
export interface ToolMessage {
  role: 'tool';
  /** Result of the call. */
  content: string | TextPart[];
  /** Id of the call. */
  tool_call_id: string;
  [key: string]: unknown;
}

/** The result of a function call in the deprecated form. */
export interface FunctionMessage {
  role: 'function';
  /** Result of the call. */
  content: string | null;
  /** Name of the function. */
  name: string;
  [key: string]: unknown;
}

/** Part of a user message. With `unknownContentParts: 'pass'` there may be others at run time. */
export type ContentPart = TextPart | ImagePart | InputAudioPart | FilePart;

/** Text as a part of a message. */
export interface TextPart {
  type: 'text';
  /** The text. */
  text: string;
  /** Marks the end of a cacheable prefix. */
  prompt_cache_breakpoint?: unknown;
  [key: string]: unknown;
}

/** A refusal as a part of an assistant message. */
export interface RefusalPart {
  type: 'refusal';
  /** Why the model refused. */
  refusal: string;
  [key: string]: unknown;
}

/** An image as a part of a user message. */
export interface ImagePart {
  type: 'image_url';
  /** The image. */
  image_url: ImageUrl;
  /** Marks the end of a cacheable prefix. */
  prompt_cache_breakpoint?: unknown;
  [key: string]: unknown;
}

/** Where an image is, and in which detail it is read. */
export interface ImageUrl {
  /** `https:` or `data:`. Never fetched here. */
  url: string;
  /** Resolution at which the model reads it. */
  detail?: 'auto' | 'low' | 'high' | null;
  [key: string]: unknown;
}

/** Spoken input as a part of a user message. */
export interface InputAudioPart {
  type: 'input_audio';
  /** The audio. */
  input_audio: InputAudio;
  /** Marks the end of a cacheable prefix. */
  prompt_cache_breakpoint?: unknown;
  [key: string]: unknown;
}

/** Spoken input and its format. */
export interface InputAudio {
  /** Base64. */
  data: string;
  /** `wav` or `mp3` at OpenAI, more elsewhere. */
  format: string;
  [key: string]: unknown;
}

/** A file as a part of a user message. */
export interface FilePart {
  type: 'file';
  /** The file. */
  file: FileReference;
  /** Marks the end of a cacheable prefix. */
  prompt_cache_breakpoint?: unknown;
  [key: string]: unknown;
}

/** A file: its data in Base64, or its id at the provider. */
export interface FileReference {
  /** The content, as base64 or data URL. */
  file_data?: string | null;
  /** Id of an uploaded file. */
  file_id?: string | null;
  /** Its name. */
  filename?: string | null;
  [key: string]: unknown;
}

/** A tool call of the model. */
export type ToolCall = FunctionToolCall | CustomToolCall;

/** A call of a function. */
export interface FunctionToolCall {
  /** Id that the tool message refers to. */
  id: string;
  type: 'function';
  /** The called function. */
  function: FunctionCall;
  [key: string]: unknown;
}

/** Name and arguments of a function call. */
export interface FunctionCall {
  /** Name of the function. */
  name: string;
  /** Usually JSON, but models may generate anything. */
  arguments: string;
  [key: string]: unknown;
}

/** A call of a custom tool. */
export interface CustomToolCall {
  /** Id that the tool message refers to. */
  id: string;
  type: 'custom';
  /** The called tool. */
  custom: CustomCall;
  [key: string]: unknown;
}

/** Name and free-form input of a call of a custom tool. */
export interface CustomCall {
  /** Name of the tool. */
  name: string;
  /** Text that the model passes in. */
  input: string;
  [key: string]: unknown;
}

/** A tool that the model may call. */
export type Tool = FunctionTool | CustomTool;

/** A function that the model may call. */
export interface FunctionTool {
  type: 'function';
  /** The function. */
  function: FunctionDefinition;
  [key: string]: unknown;
}

/** Name, description and parameters of a function. */
export interface FunctionDefinition {
  /** Name of the function. */
  name: string;
  /** What it does, for the model. */
  description?: string | null;
  /** A JSON Schema; opaque. */
  parameters?: Record<string, unknown> | null;
  /** Arguments follow the schema exactly. */
  strict?: boolean | null;
  [key: string]: unknown;
}

/** A tool with free-form input instead of JSON arguments. */
export interface CustomTool {
  type: 'custom';
  /** The tool. */
  custom: CustomToolDefinition;
  [key: string]: unknown;
}

/** Name, description and input format of a custom tool. */
export interface CustomToolDefinition {
  /** Name of the tool. */
  name: string;
  /** What it does, for the model. */
  description?: string | null;
  /** Form of its input. */
  format?: TextToolFormat | GrammarToolFormat | null;
  [key: string]: unknown;
}

/** The input of a custom tool is any text. */
export interface TextToolFormat {
  type: 'text';
  [key: string]: unknown;
}

/** The input of a custom tool follows a grammar. */
export interface GrammarToolFormat {
  type: 'grammar';
  /** The grammar. */
  grammar: Grammar;
  [key: string]: unknown;
}

/** A grammar that the input of a custom tool follows. */
export interface Grammar {
  /** Text of the grammar. */
  definition: string;
  /** Language of the grammar. */
  syntax: 'lark' | 'regex';
  [key: string]: unknown;
}

/** Whether and which tools the model may call. */
export type ToolChoice = 'none' | 'auto' | 'required' | NamedToolChoice | NamedCustomToolChoice | AllowedToolsChoice;

/** A `tool_choice` that demands a call of one function. */
export interface NamedToolChoice {
  type: 'function';
  /** The function that must be called. */
  function: { name: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** A `tool_choice` that demands a call of one custom tool. */
export interface NamedCustomToolChoice {
  type: 'custom';
  /** The tool that must be called. */
  custom: { name: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** A `tool_choice` that narrows the request's tools to a list. */
export interface AllowedToolsChoice {
  type: 'allowed_tools';
  /** The tools that may be called. */
  allowed_tools: AllowedTools;
  [key: string]: unknown;
}

/** The tools among which a model may choose, and whether it has to call one. */
export interface AllowedTools {
  /** `required`: one of the tools must be called. */
  mode: 'auto' | 'required';
  /** The tools that may be called, each with type and name. */
  tools: Record<string, unknown>[];
  [key: string]: unknown;
}

/** The form that the response must have. */
export type ResponseFormat = TextResponseFormat | JsonObjectResponseFormat | JsonSchemaResponseFormat;

/** The response is text. */
export interface TextResponseFormat {
  type: 'text';
  [key: string]: unknown;
}

/** The response is a JSON object of any form. */
export interface JsonObjectResponseFormat {
  type: 'json_object';
  [key: string]: unknown;
}

/** The response is JSON that follows a schema. */
export interface JsonSchemaResponseFormat {
  type: 'json_schema';
  /** The schema. */
  json_schema: JsonSchemaFormat;
  [key: string]: unknown;
}

/** A named JSON Schema that the response follows. */
export interface JsonSchemaFormat {
  /** Name of the schema. */
  name: string;
  /** What the output is for, for the model. */
  description?: string | null;
  /** A JSON Schema; opaque. */
  schema?: Record<string, unknown> | null;
  /** The output follows the schema exactly. */
  strict?: boolean | null;
  [key: string]: unknown;
}

/** Options of a streamed response. */
export interface StreamOptions {
  /** A last chunk with the usage. */
  include_usage?: boolean | null;
  /** Padding that hides the lengths of tokens. */
  include_obfuscation?: boolean | null;
  [key: string]: unknown;
}

/** Voice and format of spoken output. */
export interface AudioOptions {
  /** A name, or a custom voice. */
  voice: string | { id: string; [key: string]: unknown };
  /** Format of the generated audio. */
  format: 'wav' | 'aac' | 'mp3' | 'flac' | 'opus' | 'pcm16';
  [key: string]: unknown;
}

/** Text that the response is expected to repeat in large part. */
export interface Prediction {
  type: 'content';
  /** The expected output. */
  content: string | TextPart[];
  [key: string]: unknown;
}

/** Which processing tier serves the request: OpenAI's names first, then those of other providers. */
export type ServiceTier =
  | 'auto'
  | 'default'
  | 'flex'
  | 'scale'
  | 'priority'
  | 'fast'
  | 'on_demand'
  | 'performance'
  | 'standard'
  | 'standard_only'
  | 'reserved'
  | 'batch';

/** How the model searches the web. */
export interface WebSearchOptions {
  /** How much of the pages the model reads. */
  search_context_size?: 'low' | 'medium' | 'high' | null;
  /** Where the user is. */
  user_location?: UserLocation | null;
  [key: string]: unknown;
}

/** Where a user is, for a web search. */
export interface UserLocation {
  type: 'approximate';
  /** Where the user is. */
  approximate: ApproximateLocation;
  [key: string]: unknown;
}

/** Where a user is, roughly, for a web search. */
export interface ApproximateLocation {
  /** Name of the city. */
  city?: string | null;
  /** Two-letter country code. */
  country?: string | null;
  /** Name of the region. */
  region?: string | null;
  /** IANA time zone. */
  timezone?: string | null;
  [key: string]: unknown;
}

// ── Response ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `chat.completion` */
export interface ChatCompletion {
  /** Id of the completion. */
  id?: string;
  /** `chat.completion` */
  object?: string;
  /** Unix seconds. */
  created?: number;
  /** Name of the model. */
  model?: string;
  /** The choices, `n` of them. */
  choices: ChatChoice[];
  /** Tokens of the request. */
  usage?: Usage | null;
  /** The tier that served the request. */
  service_tier?: string | null;
  /** Identifies the configuration of the upstream. */
  system_fingerprint?: string | null;
  [key: string]: unknown;
}

/** One choice of a `chat.completion`. */
export interface ChatChoice {
  /** Number of the choice, from 0. */
  index?: number;
  /** The message. */
  message?: ChatResponseMessage;
  /** `stop`, `length`, `tool_calls`, `content_filter`, `function_call`; other servers add their own. */
  finish_reason?: string | null;
  /** Log probabilities of the tokens. */
  logprobs?: ChoiceLogprobs | null;
  [key: string]: unknown;
}

/** The message of a choice. */
export interface ChatResponseMessage {
  /** Always `assistant`. */
  role?: string;
  /** The text. */
  content?: string | null;
  /** Why the model refused. */
  refusal?: string | null;
  /** Citations. */
  annotations?: Annotation[] | null;
  /** Generated audio. */
  audio?: ResponseAudio | null;
  /** The call that the model makes; the older form of `tool_calls`. */
  function_call?: Partial<FunctionCall> | null;
  /** The calls that the model makes. */
  tool_calls?: ResponseToolCall[] | null;
  [key: string]: unknown;
}

/** A tool call in a whole response; any member may be missing. */
export interface ResponseToolCall {
  /** Id that the tool message refers to. */
  id?: string;
  /** `function` or `custom`. */
  type?: string;
  /** The called function. */
  function?: Partial<FunctionCall>;
  /** The called custom tool. */
  custom?: Partial<CustomCall>;
  [key: string]: unknown;
}

/** An annotation of a part of the text, such as a citation of a web page. */
export interface Annotation {
  /** Kind of the annotation: `url_citation`. */
  type?: string;
  /** The cited web page. */
  url_citation?: UrlCitation;
  [key: string]: unknown;
}

/** A web page that a part of the text cites. */
export interface UrlCitation {
  /** Address of the page. */
  url?: string;
  /** Title of the page. */
  title?: string;
  /** Where the cited text begins in the content. */
  start_index?: number;
  /** Where the cited text ends in the content. */
  end_index?: number;
  [key: string]: unknown;
}

/** Spoken output: Base64, with its transcript. */
export interface ResponseAudio {
  /** Id to refer to it in a later request. */
  id?: string;
  /** Base64. */
  data?: string;
  /** Its text. */
  transcript?: string;
  /** Unix seconds. */
  expires_at?: number;
  [key: string]: unknown;
}

/** Log probabilities of the tokens of a choice. */
export interface ChoiceLogprobs {
  /** By token of the text. */
  content?: TokenLogprob[] | null;
  /** By token of the refusal. */
  refusal?: TokenLogprob[] | null;
  [key: string]: unknown;
}

/** One token of the response with its log probability and the alternatives. */
export interface TokenLogprob {
  /** The token. */
  token?: string;
  /** Its log probability. */
  logprob?: number;
  /** Its UTF-8 bytes. */
  bytes?: number[] | null;
  /** The most likely alternatives. */
  top_logprobs?: TopLogprob[] | null;
  [key: string]: unknown;
}

/** An alternative token at a position. */
export interface TopLogprob {
  /** The token. */
  token?: string;
  /** Its log probability. */
  logprob?: number;
  /** Its UTF-8 bytes. */
  bytes?: number[] | null;
  [key: string]: unknown;
}

/** Tokens of a call, as the upstream counted them. */
export interface Usage {
  /** Tokens of the prompt, cached ones included. */
  prompt_tokens?: number;
  /** Generated tokens, reasoning included. */
  completion_tokens?: number;
  /** Both together. */
  total_tokens?: number;
  /** Parts of `prompt_tokens`. */
  prompt_tokens_details?: PromptTokensDetails | null;
  /** Parts of `completion_tokens`. */
  completion_tokens_details?: CompletionTokensDetails | null;
  [key: string]: unknown;
}

/** Parts of the prompt tokens. */
export interface PromptTokensDetails {
  /** Audio tokens of the prompt. */
  audio_tokens?: number;
  /** Tokens read from the prompt cache. */
  cached_tokens?: number;
  [key: string]: unknown;
}

/** Parts of the completion tokens. */
export interface CompletionTokensDetails {
  /** Tokens of the prediction that were used. */
  accepted_prediction_tokens?: number;
  /** Generated audio tokens. */
  audio_tokens?: number;
  /** Tokens of the reasoning. */
  reasoning_tokens?: number;
  /** Tokens of the prediction that were not used. */
  rejected_prediction_tokens?: number;
  [key: string]: unknown;
}

/** `chat.completion.chunk` */
export interface ChatChunk {
  /** Id of the completion, the same in every chunk. */
  id?: string;
  /** `chat.completion.chunk` */
  object?: string;
  /** Unix seconds. */
  created?: number;
  /** Name of the model. */
  model?: string;
  /** What the chunk adds to each choice. */
  choices?: ChunkChoice[] | null;
  /** Tokens of the whole stream, in the last chunk. */
  usage?: Usage | null;
  /** The tier that served the request. */
  service_tier?: string | null;
  /** Identifies the configuration of the upstream. */
  system_fingerprint?: string | null;
  /** Random filler that hides the length of the text. */
  obfuscation?: string;
  [key: string]: unknown;
}

/** What a chunk adds to a choice. */
export interface ChunkChoice {
  /** Number of the choice, from 0. */
  index?: number;
  /** What is added to the message. */
  delta?: ChunkDelta | null;
  /** Why the choice has ended; `null` until it has. */
  finish_reason?: string | null;
  /** Log probabilities of the added tokens. */
  logprobs?: ChoiceLogprobs | null;
  [key: string]: unknown;
}

/** What a chunk adds to the message of a choice. */
export interface ChunkDelta {
  /** Always `assistant`, in the first delta. */
  role?: string;
  /** Text to append. */
  content?: string | null;
  /** Refusal to append. */
  refusal?: string | null;
  /** The older form of `tool_calls`. */
  function_call?: Partial<FunctionCall> | null;
  /** Parts of tool calls, by their index. */
  tool_calls?: ToolCallDelta[] | null;
  /** Audio to append. */
  audio?: ResponseAudio | null;
  [key: string]: unknown;
}

/** A piece of a tool call: `id`, `type` and the name arrive once, the arguments in fragments. */
export interface ToolCallDelta extends ResponseToolCall {
  /** Position among the choice's tool calls. */
  index?: number;
}
