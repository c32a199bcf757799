// Every public name, in the order of a request. What is not here is private.

export { createGateway } from './gateway.js';
export { authenticate, cache, guard, limit, proxy, route, validate } from './stages.js';
export { detect } from './guard/detect/detect.js';
export { blockPatterns, redact } from './guard/detector-guard.js';
export { errorHandler } from './request/error-handler.js';
export { getContext } from './request/context-view.js';
export { GatewayError, GATEWAY_ERRORS, isGatewayError } from './errors/gateway-error.js';
export { lruStore } from './stores/lru-store.js';
export { redisStore } from './stores/redis-store.js';
export { anthropic } from './formats/anthropic/anthropic.js';
export { azure } from './formats/azure/azure.js';
export { bedrock } from './formats/bedrock/bedrock.js';
export { gemini } from './formats/gemini/gemini.js';
export { FailedResponse } from './contracts/failed-response.js';
export { UnsupportedRequest, UnusableResponse } from './contracts/wire-format.js';
export { memoryLimits } from './stores/memory-limits.js';
export { redisLimits } from './stores/redis-limits.js';

export type { ResponseFault } from './contracts/failed-response.js';
export type { DrainOptions } from './runtime/drain.js';
export type { Gateway } from './gateway.js';
export type { CacheMiddleware } from './stages.js';
export type { GatewayUpdate, UpdateArgument } from './options/update-types.js';
export type { AnthropicOptions } from './formats/anthropic/anthropic.js';
export type { AnthropicDoor } from './formats/anthropic/translation.js';
export type { GeminiDoor } from './formats/gemini/wire.js';
export type { AzureOptions } from './formats/azure/azure.js';
export type { BedrockGuardrail, BedrockOptions } from './formats/bedrock/options.js';
export type { GeminiOptions } from './formats/gemini/gemini.js';
export type { LastFailure } from './proxy/failover/endpoint-state.js';
export type { EndpointReport } from './route/route.js';
export type { PlanContext, PlanResult, PlanWithHooksContext } from './route/router-types.js';
export type { PlanAssumptions, ShownPlan } from './route/plan/plan.js';
export type { EndpointStatus } from './route/stats/health.js';
export type { Health } from './route/stats/performance.js';
export type { BreakerState, BreakerStatus } from './proxy/failover/circuit-breaker.js';
export type { EndpointReadiness } from './proxy/failover/endpoint-state.js';
export type { ErrorFormat } from './errors/error-response.js';
export type { EndpointStatusReport, GatewayStatus } from './status.js';
export type { CacheStatistics } from './cache/cache.js';
export type { PurgeOptions } from './cache/purge-options.js';
export type { LruStoreOptions } from './stores/lru-store.js';
export type { RedisStore, RedisStoreOptions, RedisStoreStatistics } from './stores/redis-store.js';
export type { BytesForStrings, IoredisLike, NodeRedisLike, RedisClient } from './stores/redis-client.js';
export type { AnonymousOptions, AuthenticateOptions } from './options/authenticate-types.js';
export type { CacheOptions, CoalesceOptions } from './options/cache-types.js';
export type { MemoryLimitsOptions } from './stores/memory-limits.js';
export type { RedisLimitsOptions } from './stores/redis-limits.js';
export type { IoredisScripts, NodeRedisScripts, RedisScriptClient, ScriptInput } from './stores/redis-scripts.js';
export type {
  HedgingOptions,
  CommonOptions,
  GatewayOptions,
  ObserveOptions,
  CallerOverrideOptions,
  PriceCatalog,
  CatalogUsage,
  ProxyOptions,
  RouteOptions,
  ValidateOptions,
} from './options/types.js';
export type {
  EndpointOptions,
  FormatName,
  PriceTierOptions,
  PricingOptions,
  ProviderOptions,
  TimeoutOptions,
  TokenPriceOptions,
} from './options/provider-types.js';
export type { AdminOptions } from './options/admin.js';
export type { NetworkOptions } from './options/network.js';
export type { CacheDecision, CacheRequestState, CacheResponseState, CacheTtl } from './options/cache-state.js';
export type { MiddlewareOptions, SlotMiddleware } from './options/middleware.js';
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
  PromptView,
  ResolvedRoute,
  ServedBy,
} from './request/context.js';
export type { GatewayErrorCode, GatewayErrorDetails, WireError } from './errors/gateway-error.js';
export type { ByMethod, Caller, ReadCaller, VerifyKey } from './contracts/caller.js';
export type {
  ContentCapture,
  ContentState,
  Diagnostic,
  EventLogger,
  EventRecord,
  InstrumentOptions,
  Logger,
  Meter,
  SemanticConventions,
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
export type {
  Detector,
  DetectorGuard,
  DetectorPlaceholders,
  Finding,
  GuardBase,
  GuardBlock,
  GuardOptions,
  GuardReplacement,
  GuardState,
  GuardVerdict,
  InputGuard,
  InputSurface,
  InputText,
  OutputChannel,
  OutputGuard,
  OutputText,
} from './contracts/guard.js';
export type { BlockPatternsOptions, DetectorGuardOptions, RedactOptions } from './guard/detector-guard.js';
export type { PatternOptions } from './guard/detect/pattern.js';
export type { CacheStore } from './contracts/store.js';
export type { UpstreamNetwork, UpstreamProxy } from './contracts/network.js';
export type {
  CallerPolicy,
  CallerUsage,
  GatewayLimits,
  LimitAlert,
  LimitBlock,
  LimitOptions,
  LimitRule,
  LimitState,
  LimitSubject,
  LimitUsage,
  LimitWindow,
  SpendAttempt,
  SpendRecord,
  SpendSinkOptions,
} from './contracts/limits.js';
export type {
  LimitCounter,
  LimitCounterKind,
  LimitHold,
  LimitLevel,
  LimitOrder,
  LimitReply,
  LimitStore,
  LimitSync,
  SettleOrder,
} from './contracts/limit-store.js';
export type { SpendDecision, SpendLease, SpendPlan } from './contracts/spend.js';
export type { Prices, PriceTier, TokenPrices } from './chat/prices.js';
export type { TokenCounts } from './chat/token-counts.js';
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
