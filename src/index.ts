// Every public name, in the order of a request. What is not here is private.

export { createGateway } from './gateway.js';
export { authenticate, cache, guard, proxy, route, validate } from './stages.js';
export { detect } from './guard/detect/detect.js';
export { blockPatterns, redact } from './guard/detector-guard.js';
export { errorHandler } from './request/error-handler.js';
export { getContext } from './request/context.js';
export { GatewayError, GATEWAY_ERRORS, isGatewayError } from './errors/gateway-error.js';
export { lruStore } from './stores/lru-store.js';
export { redisStore } from './stores/redis-store.js';

export type { DrainOptions } from './runtime/drain.js';
export type { Gateway } from './gateway.js';
export type { EndpointStatusReport, GatewayStatus } from './status.js';
export type { CacheStatistics } from './cache/cache.js';
export type { LruStoreOptions } from './stores/lru-store.js';
export type { RedisStore, RedisStoreOptions, RedisStoreStatistics } from './stores/redis-store.js';
export type { RedisClient } from './stores/redis-client.js';
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
export type { ResponseOutcome, PlannedCandidate, RequestContext, ResolvedRoute, ServedBy } from './request/context.js';
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
export type { WireFormat, UpstreamErrorBody, UpstreamEvent } from './contracts/provider.js';
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
