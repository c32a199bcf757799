// Every public name, in the order of a request. What is not here is private.

export { createGateway } from './gateway.js';
export { authenticate, cache, proxy, route, validate } from './stages.js';
export { errorHandler } from './request/error-handler.js';
export { getContext } from './request/context.js';
export { GatewayError, GATEWAY_ERRORS, isGatewayError } from './errors/gateway-error.js';
export { lruStore } from './stores/lru-store.js';
export { redisStore } from './stores/redis-store.js';
export { anthropic } from './formats/anthropic/anthropic.js';
export { azure } from './formats/azure/azure.js';
export { bedrock } from './formats/bedrock/bedrock.js';
export { gemini } from './formats/gemini/gemini.js';
export { UnsupportedRequest } from './contracts/wire-format.js';

export type { DrainOptions } from './runtime/drain.js';
export type { Gateway } from './gateway.js';
export type { AnthropicOptions } from './formats/anthropic/anthropic.js';
export type { AzureOptions } from './formats/azure/azure.js';
export type { BedrockOptions } from './formats/bedrock/options.js';
export type { GeminiOptions } from './formats/gemini/gemini.js';
export type { LastFailure } from './proxy/failover/endpoint-state.js';
export type { EndpointReport, PlanContext, PlanResult } from './route/route.js';
export type { PlanAssumptions, ShownPlan } from './route/plan/plan.js';
export type { EndpointStatus } from './route/stats/health.js';
export type { Health } from './route/stats/performance.js';
export type { BreakerState, BreakerStatus } from './proxy/failover/circuit-breaker.js';
export type { EndpointReadiness } from './proxy/failover/endpoint-state.js';
export type { ErrorFormat } from './errors/error-response.js';
export type { EndpointStatusReport, GatewayStatus } from './status.js';
export type { CacheStatistics } from './cache/cache.js';
export type { LruStoreOptions } from './stores/lru-store.js';
export type { RedisStore, RedisStoreOptions, RedisStoreStatistics } from './stores/redis-store.js';
export type { BytesForStrings, IoredisLike, NodeRedisLike, RedisClient } from './stores/redis-client.js';
export type { AnonymousOptions, AuthenticateOptions } from './options/authenticate-types.js';
export type { CacheOptions, CoalesceOptions } from './options/cache-types.js';
export type {
  HedgingOptions,
  CommonOptions,
  EndpointOptions,
  GatewayOptions,
  ObserveOptions,
  CallerOverrideOptions,
  PriceCatalog,
  ProviderOptions,
  ProxyOptions,
  RouteOptions,
  TimeoutOptions,
  ValidateOptions,
} from './options/types.js';
export type { AdminOptions } from './options/admin.js';
export type { ErrorHandlerOptions } from './request/error-handler.js';
export type {
  AllowedTools,
  AllowedToolsChoice,
  Annotation,
  ResponseAudio,
  ResponseToolCall,
  ApproximateLocation,
  AssistantMessage,
  AudioOptions,
  ChatResponseMessage,
  ChatChoice,
  ChatChunk,
  ChatCompletion,
  ChatMessage,
  ChatRequest,
  ChoiceLogprobs,
  ChunkChoice,
  ChunkDelta,
  CompletionTokensDetails,
  ContentPart,
  CustomCall,
  CustomTool,
  CustomToolCall,
  CustomToolDefinition,
  DataCollection,
  DeveloperMessage,
  EndpointOverride,
  FilePart,
  FileReference,
  FunctionCall,
  FunctionDefinition,
  FunctionMessage,
  FunctionTool,
  FunctionToolCall,
  Grammar,
  GrammarToolFormat,
  ImagePart,
  ImageUrl,
  InputAudio,
  InputAudioPart,
  Json,
  JsonObjectResponseFormat,
  JsonSchemaFormat,
  JsonSchemaResponseFormat,
  MaxPrice,
  NamedCustomToolChoice,
  NamedToolChoice,
  PercentileCutoffs,
  Prediction,
  PromptTokensDetails,
  ProviderConfig,
  ProviderPreferences,
  RefusalPart,
  ResponseFormat,
  RoutingFields,
  ServiceTier,
  SortMetric,
  SortPreference,
  StreamOptions,
  SystemMessage,
  TextPart,
  TextResponseFormat,
  TextToolFormat,
  TokenLogprob,
  Tool,
  ToolCall,
  ToolCallDelta,
  ToolChoice,
  ToolMessage,
  TopLogprob,
  UrlCitation,
  Usage,
  UserLocation,
  UserMessage,
  WebSearchOptions,
} from './chat/types.js';
export type {
  ResponseOutcome,
  PlannedCandidate,
  ProviderOverride,
  RequestContextView,
  ResolvedRoute,
  ServedBy,
} from './request/context.js';
export type { GatewayErrorCode, GatewayErrorDetails, WireError } from './errors/gateway-error.js';
export type { ByMethod, Caller, ReadCaller, VerifyKey } from './contracts/caller.js';
export type {
  Diagnostic,
  InstrumentOptions,
  Logger,
  Meter,
  Span,
  SpanAttributes,
  SpanOptions,
  TelemetryOptions,
  Tracer,
} from './contracts/observability.js';
export type {
  ChunkDecoder,
  Exchange,
  ExchangeContext,
  FormatAuth,
  Framing,
  ModelFacts,
  ResponseHead,
  SignableRequest,
  Signer,
  UpstreamErrorBody,
  UpstreamErrorKind,
  UpstreamEvent,
  WireFormat,
} from './contracts/wire-format.js';
export type { CacheStore } from './contracts/store.js';
export type {
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamEvents,
  UpstreamHead,
  UpstreamRequest,
  UpstreamUrl,
} from './contracts/transport.js';
export type {
  AfterResponseState,
  AttemptRecord,
  BeforeRouteState,
  BeforeAttemptState,
  CacheStatus,
  Hooks,
  HookState,
  AfterAttemptState,
  OnErrorState,
  PlanCandidatesState,
  SelectCandidatesHook,
  SelectedCandidates,
  SelectCandidatesState,
  AttemptChange,
  UpstreamErrorSummary,
} from './contracts/hooks.js';
export type { AbstainReason, RouterExplanation, RouterStatus } from './contracts/router.js';
export type {
  Candidate,
  AttemptOutcome,
  Endpoint,
  EndpointSnapshot,
  ExcludedEndpoint,
  Percentiles,
  Pricing,
  ResolvedProvider,
  Snapshot,
  Timeouts,
} from './contracts/routing.js';
export type { ErrorMiddleware, Middleware, Next } from './http/middleware.js';
