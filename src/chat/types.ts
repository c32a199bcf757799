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
  messages: ChatMessage[];
  stream?: boolean | null;
  stream_options?: StreamOptions | null;
  audio?: AudioOptions | null;
  frequency_penalty?: number | null;
  logit_bias?: Record<string, number> | null;
  logprobs?: boolean | null;
  max_completion_tokens?: number | null;
  max_tokens?: number | null;
  metadata?: Record<string, string> | null;
  modalities?: string[] | null;
  n?: number | null;
  parallel_tool_calls?: boolean | null;
  prediction?: Prediction | null;
  presence_penalty?: number | null;
  /** `none` … `max` so far: the set has grown three times. */
  reasoning_effort?: string | null;
  response_format?: ResponseFormat | null;
  seed?: number | null;
  service_tier?: ServiceTier | null;
  stop?: string | string[] | null;
  store?: boolean | null;
  temperature?: number | null;
  tool_choice?: ToolChoice | null;
  tools?: Tool[] | null;
  top_logprobs?: number | null;
  top_p?: number | null;
  user?: string | null;
  web_search_options?: WebSearchOptions | null;
  [key: string]: unknown;
}

/** Members of a request that are the gateway's own: read by `route`, never sent to an upstream. */
export interface RoutingFields {
  models?: string[] | null;
  provider_configs?: Record<string, ProviderConfig | null> | null;
  provider_order?: string[] | null;
  provider_only?: string[] | null;
  provider_ignore?: string[] | null;
  /** `""` means not set. */
  provider_sort?: SortMetric | '' | null;
  provider_quantizations?: string[] | null;
  /** `""` means not set. */
  provider_data_collection?: DataCollection | '' | null;
  provider_zdr?: boolean | null;
  provider_enforce_distillable_text?: boolean | null;
  provider_require_parameters?: boolean | null;
  /** USD per million tokens. */
  provider_max_prompt_price?: number | null;
  /** USD per million tokens. */
  provider_max_completion_price?: number | null;
  /** USD per request. */
  provider_max_request_price?: number | null;
  /** USD per image. */
  provider_max_image_price?: number | null;
  provider_allow_fallbacks?: boolean | null;
  /** The same preferences in OpenRouter's form. */
  provider?: ProviderPreferences | null;
  /** Names a conversation, so that it stays with one endpoint. */
  session_id?: string | null;
}

/** OpenRouter's `provider` object. */
export interface ProviderPreferences {
  order?: string[] | null;
  only?: string[] | null;
  ignore?: string[] | null;
  sort?: SortMetric | SortPreference | null;
  quantizations?: string[] | null;
  data_collection?: DataCollection | null;
  zdr?: boolean | null;
  enforce_distillable_text?: boolean | null;
  require_parameters?: boolean | null;
  allow_fallbacks?: boolean | null;
  max_price?: MaxPrice | null;
  preferred_min_throughput?: number | PercentileCutoffs | null;
  preferred_max_latency?: number | PercentileCutoffs | null;
  [key: string]: unknown;
}

/** What endpoints are sorted by. */
export type SortMetric = 'price' | 'throughput' | 'latency';
/** Whether endpoints that store data or train on it may respond. */
export type DataCollection = 'allow' | 'deny';

/** What endpoints are sorted by, and whether model by model. */
export interface SortPreference {
  by?: SortMetric | null;
  /** `none`: the endpoints of all models are one pool. */
  partition?: 'model' | 'none' | null;
  [key: string]: unknown;
}

/** Numbers, or numbers in text as OpenRouter's own SDK sends them. */
export interface MaxPrice {
  prompt?: number | string | null;
  completion?: number | string | null;
  request?: number | string | null;
  image?: number | string | null;
  audio?: number | string | null;
  [key: string]: unknown;
}

/** Limits for a measured value, by percentile. */
export interface PercentileCutoffs {
  p50?: number | null;
  p75?: number | null;
  p90?: number | null;
  p99?: number | null;
  [key: string]: unknown;
}

/** A caller's own credential or address for one provider. Secret. */
export interface ProviderConfig {
  api_key?: string | null;
  base_url?: string | null;
  endpoint_overrides?: Record<string, EndpointOverride | null> | null;
  [key: string]: unknown;
}

/** A caller's own address or timeout for one endpoint of a provider. */
export interface EndpointOverride {
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
  content: string | TextPart[];
  name?: string | null;
  [key: string]: unknown;
}

/** Instructions to the model. */
export interface SystemMessage {
  role: 'system';
  content: string | TextPart[];
  name?: string | null;
  [key: string]: unknown;
}

/** A message of the user. */
export interface UserMessage {
  role: 'user';
  content: string | ContentPart[];
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
  name?: string | null;
  refusal?: string | null;
  audio?: { id: string; [key: string]: unknown } | null;
  tool_calls?: ToolCall[] | null;
  function_call?: FunctionCall | null;
  /** Clients send it back as they received it. */
  annotations?: unknown;
  [key: string]: unknown;
}

/** The result of a tool call. */
export interface ToolMessage {
  role: 'tool';
  content: string | TextPart[];
  tool_call_id: string;
  [key: string]: unknown;
}

/** The result of a function call in the deprecated form. */
export interface FunctionMessage {
  role: 'function';
  content: string | null;
  name: string;
  [key: string]: unknown;
}

/** Part of a user message. With `unknownContentParts: 'pass'` there may be others at run time. */
export type ContentPart = TextPart | ImagePart | InputAudioPart | FilePart;

/** Text as a part of a message. */
export interface TextPart {
  type: 'text';
  text: string;
  prompt_cache_breakpoint?: unknown;
  [key: string]: unknown;
}

/** A refusal as a part of an assistant message. */
export interface RefusalPart {
  type: 'refusal';
  refusal: string;
  [key: string]: unknown;
}

/** An image as a part of a user message. */
export interface ImagePart {
  type: 'image_url';
  image_url: ImageUrl;
  prompt_cache_breakpoint?: unknown;
  [key: string]: unknown;
}

/** Where an image is, and in which detail it is read. */
export interface ImageUrl {
  /** `https:` or `data:`. Never fetched here. */
  url: string;
  detail?: 'auto' | 'low' | 'high' | null;
  [key: string]: unknown;
}

/** Spoken input as a part of a user message. */
export interface InputAudioPart {
  type: 'input_audio';
  input_audio: InputAudio;
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
  file: FileReference;
  prompt_cache_breakpoint?: unknown;
  [key: string]: unknown;
}

/** A file: its data in Base64, or its id at the provider. */
export interface FileReference {
  file_data?: string | null;
  file_id?: string | null;
  filename?: string | null;
  [key: string]: unknown;
}

/** A tool call of the model. */
export type ToolCall = FunctionToolCall | CustomToolCall;

/** A call of a function. */
export interface FunctionToolCall {
  id: string;
  type: 'function';
  function: FunctionCall;
  [key: string]: unknown;
}

/** Name and arguments of a function call. */
export interface FunctionCall {
  name: string;
  /** Usually JSON, but models may generate anything. */
  arguments: string;
  [key: string]: unknown;
}

/** A call of a custom tool. */
export interface CustomToolCall {
  id: string;
  type: 'custom';
  custom: CustomCall;
  [key: string]: unknown;
}

/** Name and free-form input of a call of a custom tool. */
export interface CustomCall {
  name: string;
  input: string;
  [key: string]: unknown;
}

/** A tool that the model may call. */
export type Tool = FunctionTool | CustomTool;

/** A function that the model may call. */
export interface FunctionTool {
  type: 'function';
  function: FunctionDefinition;
  [key: string]: unknown;
}

/** Name, description and parameters of a function. */
export interface FunctionDefinition {
  name: string;
  description?: string | null;
  /** A JSON Schema; opaque. */
  parameters?: Record<string, unknown> | null;
  strict?: boolean | null;
  [key: string]: unknown;
}

/** A tool with free-form input instead of JSON arguments. */
export interface CustomTool {
  type: 'custom';
  custom: CustomToolDefinition;
  [key: string]: unknown;
}

/** Name, description and input format of a custom tool. */
export interface CustomToolDefinition {
  name: string;
  description?: string | null;
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
  grammar: Grammar;
  [key: string]: unknown;
}

/** A grammar that the input of a custom tool follows. */
export interface Grammar {
  definition: string;
  syntax: 'lark' | 'regex';
  [key: string]: unknown;
}

/** Whether and which tools the model may call. */
export type ToolChoice = 'none' | 'auto' | 'required' | NamedToolChoice | NamedCustomToolChoice | AllowedToolsChoice;

/** A `tool_choice` that demands a call of one function. */
export interface NamedToolChoice {
  type: 'function';
  function: { name: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** A `tool_choice` that demands a call of one custom tool. */
export interface NamedCustomToolChoice {
  type: 'custom';
  custom: { name: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** A `tool_choice` that narrows the request's tools to a list. */
export interface AllowedToolsChoice {
  type: 'allowed_tools';
  allowed_tools: AllowedTools;
  [key: string]: unknown;
}

/** The tools among which a model may choose, and whether it has to call one. */
export interface AllowedTools {
  mode: 'auto' | 'required';
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
  json_schema: JsonSchemaFormat;
  [key: string]: unknown;
}

/** A named JSON Schema that the response follows. */
export interface JsonSchemaFormat {
  name: string;
  description?: string | null;
  /** A JSON Schema; opaque. */
  schema?: Record<string, unknown> | null;
  strict?: boolean | null;
  [key: string]: unknown;
}

/** Options of a streamed response. */
export interface StreamOptions {
  include_usage?: boolean | null;
  include_obfuscation?: boolean | null;
  [key: string]: unknown;
}

/** Voice and format of spoken output. */
export interface AudioOptions {
  /** A name, or a custom voice. */
  voice: string | { id: string; [key: string]: unknown };
  format: 'wav' | 'aac' | 'mp3' | 'flac' | 'opus' | 'pcm16';
  [key: string]: unknown;
}

/** Text that the response is expected to repeat in large part. */
export interface Prediction {
  type: 'content';
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
  search_context_size?: 'low' | 'medium' | 'high' | null;
  user_location?: UserLocation | null;
  [key: string]: unknown;
}

/** Where a user is, for a web search. */
export interface UserLocation {
  type: 'approximate';
  approximate: ApproximateLocation;
  [key: string]: unknown;
}

/** Where a user is, roughly, for a web search. */
export interface ApproximateLocation {
  city?: string | null;
  country?: string | null;
  region?: string | null;
  timezone?: string | null;
  [key: string]: unknown;
}

// ── Response ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `chat.completion` */
export interface ChatCompletion {
  id?: string;
  /** `chat.completion` */
  object?: string;
  /** Unix seconds. */
  created?: number;
  model?: string;
  choices: ChatChoice[];
  usage?: Usage | null;
  service_tier?: string | null;
  system_fingerprint?: string | null;
  [key: string]: unknown;
}

/** One choice of a `chat.completion`. */
export interface ChatChoice {
  index?: number;
  message?: ChatResponseMessage;
  /** `stop`, `length`, `tool_calls`, `content_filter`, `function_call`; other servers add their own. */
  finish_reason?: string | null;
  logprobs?: ChoiceLogprobs | null;
  [key: string]: unknown;
}

/** The message of a choice. */
export interface ChatResponseMessage {
  role?: string;
  content?: string | null;
  refusal?: string | null;
  annotations?: Annotation[] | null;
  audio?: ResponseAudio | null;
  function_call?: Partial<FunctionCall> | null;
  tool_calls?: ResponseToolCall[] | null;
  [key: string]: unknown;
}

/** A tool call in a whole response; any member may be missing. */
export interface ResponseToolCall {
  id?: string;
  type?: string;
  function?: Partial<FunctionCall>;
  custom?: Partial<CustomCall>;
  [key: string]: unknown;
}

/** An annotation of a part of the text, such as a citation of a web page. */
export interface Annotation {
  type?: string;
  url_citation?: UrlCitation;
  [key: string]: unknown;
}

/** A web page that a part of the text cites. */
export interface UrlCitation {
  url?: string;
  title?: string;
  start_index?: number;
  end_index?: number;
  [key: string]: unknown;
}

/** Spoken output: Base64, with its transcript. */
export interface ResponseAudio {
  id?: string;
  /** Base64. */
  data?: string;
  transcript?: string;
  /** Unix seconds. */
  expires_at?: number;
  [key: string]: unknown;
}

/** Log probabilities of the tokens of a choice. */
export interface ChoiceLogprobs {
  content?: TokenLogprob[] | null;
  refusal?: TokenLogprob[] | null;
  [key: string]: unknown;
}

/** One token of the response with its log probability and the alternatives. */
export interface TokenLogprob {
  token?: string;
  logprob?: number;
  bytes?: number[] | null;
  top_logprobs?: TopLogprob[] | null;
  [key: string]: unknown;
}

/** An alternative token at a position. */
export interface TopLogprob {
  token?: string;
  logprob?: number;
  bytes?: number[] | null;
  [key: string]: unknown;
}

/** Tokens of a call, as the upstream counted them. */
export interface Usage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  prompt_tokens_details?: PromptTokensDetails | null;
  completion_tokens_details?: CompletionTokensDetails | null;
  [key: string]: unknown;
}

/** Parts of the prompt tokens. */
export interface PromptTokensDetails {
  audio_tokens?: number;
  cached_tokens?: number;
  [key: string]: unknown;
}

/** Parts of the completion tokens. */
export interface CompletionTokensDetails {
  accepted_prediction_tokens?: number;
  audio_tokens?: number;
  reasoning_tokens?: number;
  rejected_prediction_tokens?: number;
  [key: string]: unknown;
}

/** `chat.completion.chunk` */
export interface ChatChunk {
  id?: string;
  /** `chat.completion.chunk` */
  object?: string;
  /** Unix seconds. */
  created?: number;
  model?: string;
  choices?: ChunkChoice[] | null;
  usage?: Usage | null;
  service_tier?: string | null;
  system_fingerprint?: string | null;
  /** Random filler that hides the length of the text. */
  obfuscation?: string;
  [key: string]: unknown;
}

/** What a chunk adds to a choice. */
export interface ChunkChoice {
  index?: number;
  delta?: ChunkDelta | null;
  finish_reason?: string | null;
  logprobs?: ChoiceLogprobs | null;
  [key: string]: unknown;
}

/** What a chunk adds to the message of a choice. */
export interface ChunkDelta {
  role?: string;
  content?: string | null;
  refusal?: string | null;
  function_call?: Partial<FunctionCall> | null;
  tool_calls?: ToolCallDelta[] | null;
  audio?: ResponseAudio | null;
  [key: string]: unknown;
}

/** A piece of a tool call: `id`, `type` and the name arrive once, the arguments in fragments. */
export interface ToolCallDelta extends ResponseToolCall {
  /** Position among the choice's tool calls. */
  index?: number;
}
