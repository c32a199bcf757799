// Every public name, in the order of a request. What is not here is private.

export { createGateway } from './gateway.js';
export { authenticate, cache, limit, proxy, route, validate } from './stages.js';
export { statusPage } from './status-page/status-page.js';
export { errorHandler } from './request/error-handler.js';
export { getContext } from './request/context.js';
export { GatewayError, GATEWAY_ERRORS, isGatewayError } from './errors/gateway-error.js';
export { lruStore } from './stores/lru-store.js';
export { redisStore } from './stores/redis-store.js';
export { memoryLimits } from './stores/memory-limits.js';
export { redisLimits } from './stores/redis-limits.js';

export type { DrainOptions } from './runtime/drain.js';
export type { Gateway } from './gateway.js';
export type { EndpointStatusReport, GatewayStatus } from './status.js';
export type { StatusPageOptions } from './status-page/status-page.js';
export type { CacheStatistics } from './cache/cache.js';
export type { LruStoreOptions } from './stores/lru-store.js';
export type { RedisStore, RedisStoreOptions, RedisStoreStatistics } from './stores/redis-store.js';
export type { RedisClient } from './stores/redis-client.js';
export type { MemoryLimitsOptions } from './stores/memory-limits.js';
export type { RedisLimitsOptions } from './stores/redis-limits.js';
export type { RedisScriptClient } from './stores/redis-scripts.js';
export type {
  AuthenticateOptions,
  CacheOptions,
  CoalesceOptions,
  HedgingOptions,
  CommonOptions,
  EndpointOptions,
  GatewayOptions,
  ObserveOptions,
  CallerOverrideOptions,
  PriceCatalog,
  CatalogUsage,
  PriceTierOptions,
  PricingOptions,
  TokenPriceOptions,
  ProviderOptions,
  ProxyOptions,
  RouteOptions,
  TimeoutOptions,
  ValidateOptions,
} from './options/types.js';
export type { ErrorHandlerOptions } from './request/error-handler.js';
export type {
  ChatChoice,
  ChatChunk,
  ChatCompletion,
  ChatMessage,
  ChatRequest,
  ChunkChoice,
  ChunkDelta,
  ContentPart,
  DataCollection,
  Json,
  PercentileCutoffs,
  ResponseFormat,
  RoutingFields,
  ServiceTier,
  SortMetric,
  Tool,
  ToolCall,
  ToolCallDelta,
  ToolChoice,
  Usage,
} from './chat/types.js';
export type {
  ResponseOutcome,
  PlannedCandidate,
  PromptView,
  RequestContext,
  ResolvedRoute,
  ServedBy,
} from './request/context.js';
export type { GatewayErrorCode, GatewayErrorDetails, WireError } from './errors/gateway-error.js';
export type { Caller, VerifyKey } from './contracts/caller.js';
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
export type { WireFormat, UpstreamErrorBody, UpstreamEvent } from './contracts/provider.js';
export type { CacheStore } from './contracts/store.js';
export type {
  CallerPolicy,
  CallerUsage,
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
  SelectCandidatesState,
  AttemptChange,
} from './contracts/hooks.js';
export type {
  Candidate,
  AttemptOutcome,
  Endpoint,
  EndpointSnapshot,
  ExcludedEndpoint,
  Percentiles,
  Pricing,
  Snapshot,
} from './contracts/routing.js';
export type { ErrorMiddleware, Middleware, Next } from './http/middleware.js';
