import type { IncomingMessage } from 'node:http';
import type { ChatRequest } from '../chat/types.js';
import type { Caller } from './caller.js';

/**
 * Loggers, tracers and meters that a host may pass to the gateway. All types are structural: pino, `console`, and the
 * tracer and meter of `@opentelemetry/api` fit as they are, and none of them is imported.
 */

/**
 * A logger in pino's form: facts first, then the message. The facts never contain prompts, responses, keys or bodies.
 */
export interface Logger {
  /** Facts first, then the message. */
  debug(facts: object, message: string): void;
  /** Facts first, then the message. */
  info(facts: object, message: string): void;
  /** Facts first, then the message. */
  warn(facts: object, message: string): void;
  /** Facts first, then the message. */
  error(facts: object, message: string): void;
}

/** A likely misconfiguration. Each code is reported once per gateway. */
export interface Diagnostic {
  /** `NORDLYS_…`: stable, to look up in `docs/diagnostics.md` and to filter by. */
  readonly code: string;
  /** What is probably wrong, and what would fix it. */
  readonly message: string;
  /** URL of the page about this diagnostic. */
  readonly help: string;
}

/** Traces, metrics and captured content. */
export interface TelemetryOptions {
  /**
   * `trace.getTracer('my-app')`: one span per request, one child per upstream call. Spans find their parents through
   * OpenTelemetry's active context, so the SDK needs a context manager (NodeSDK includes one).
   */
  readonly tracer?: Tracer | undefined;
  /** `metrics.getMeter('my-app')`: the GenAI client metrics. */
  readonly meter?: Meter | undefined;
  /** Sends `traceparent` to providers: the id of the trace, and nothing else. @defaultValue `false` */
  readonly propagate?: boolean | undefined;
  /**
   * Which names of OpenTelemetry's GenAI conventions are written, to spans, to the meter and by `gateway.metrics`.
   * - `'legacy'`: those of semantic conventions 1.43 and before (`gen_ai.client.operation.duration`,
   *   `gen_ai.client.token.usage`). The conventions ask that an upgrade does not change what is written by default.
   * - `'genai-0.1'`: those of the GenAI conventions' own release v0.1.0 (`gen_ai.client.inference.duration`,
   *   `gen_ai.client.inference.usage.input_tokens`), with further span attributes.
   * - `'both'`: all of them, while dashboards move from one to the other.
   * @defaultValue `'legacy'`
   */
  readonly semconv?: SemanticConventions | undefined;
  /**
   * `logs.getLogger('my-app')` of `@opentelemetry/api-logs`: the events `gen_ai.client.inference.operation.details` and
   * `gen_ai.client.operation.exception` of `'genai-0.1'`, one per upstream call and one more per failed one. What
   * `content` captures is written to the first as well.
   */
  readonly events?: EventLogger | undefined;
  /**
   * Also writes the opt-in histograms `gen_ai.client.inference.operation.input_tokens` and `.output_tokens` (tokens per
   * call) of `'genai-0.1'`.
   * @defaultValue `false`
   */
  readonly tokenHistograms?: boolean | undefined;
  /**
   * How much of prompt and response is written to the span of a request: `gen_ai.system_instructions`,
   * `gen_ai.input.messages`, `gen_ai.output.messages`. Called at most once per request, for requests that passed
   * validation, and its result holds for failed requests as well. When it throws or returns anything else, nothing is
   * captured and the error goes to `hooks.onHookError`. Needs `tracer` or `events`.
   * @defaultValue `() => 'none'`
   * @example
   * ```ts
   * content: ({ caller }) => (caller?.['consent'] === true ? 'redacted' : 'none')
   * ```
   */
  readonly content?: ((state: ContentState) => ContentCapture) | undefined;
  /**
   * Bytes (UTF-8) up to which each content attribute is written. The newest messages are kept; a text that does not fit
   * is cut, and `nordlys.content.truncated` is set.
   * @defaultValue `32_768`
   */
  readonly contentMaxBytes?: number | undefined;
  /**
   * Redacts a text; called for each text that is captured as `'redacted'`. If it throws, or if there is neither it nor
   * a guard made by `redact()`, `'redacted'` captures nothing.
   * @defaultValue redacts what the gateway's `redact()` and `blockPatterns()` guards look for, if a `redact()` is among
   * them
   */
  readonly redact?: ((text: string) => string) | undefined;
  /**
   * Counts requests, tokens and cost per caller, as `nordlys_caller_…` of `gateway.metrics` and `nordlys.caller.…` of
   * the meter. The busiest callers have their own series, all others share `caller="other"`. `true` means
   * `{ max: 100 }`.
   * @defaultValue `false`
   */
  readonly callerMetrics?: boolean | { readonly max?: number | undefined } | undefined;
}

/** Names of OpenTelemetry's GenAI conventions. */
export type SemanticConventions = 'genai-0.1' | 'legacy' | 'both';

/** How much of prompt and response is captured. */
export type ContentCapture = 'none' | 'redacted' | 'full';

/** State for `telemetry.content`. */
export interface ContentState {
  /** Id of the request, as in `x-request-id`. */
  readonly requestId: string;
  /** Node's request. */
  readonly req: IncomingMessage;
  /** The caller; `undefined` where none is known. */
  readonly caller: Caller | undefined;
  /** The validated request, or the one that `beforeRoute` returned instead. */
  readonly request: ChatRequest;
}

/** The part of OpenTelemetry's `Tracer` that is used. */
export interface Tracer {
  /** Starts a span. */
  startSpan(name: string, options: SpanOptions): Span;
  /** Starts a span that is active while `fn` runs. */
  startActiveSpan<T>(name: string, options: SpanOptions, work: (span: Span) => T): T;
}

/** Options of a new span. */
export interface SpanOptions {
  /** OpenTelemetry's `SpanKind`: 0 internal, 2 client. */
  kind?: number;
  /** Attributes from the beginning. */
  attributes?: SpanAttributes;
}

/** Attributes of a span. */
export type SpanAttributes = Record<string, string | number | boolean | string[]>;

/** The part of OpenTelemetry's `Span` that is used. */
export interface Span {
  /** Ids of the span. */
  spanContext(): {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceFlags: number;
    readonly traceState?: { serialize(): string } | undefined;
  };
  /** Adds attributes. */
  setAttributes(attributes: SpanAttributes): unknown;
  /** OpenTelemetry's `SpanStatusCode`: 2 is an error. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Renames the span. */
  updateName(name: string): unknown;
  /** Ends the span. */
  end(): void;
}

/** The part of OpenTelemetry's `Logger` (of `@opentelemetry/api-logs`) that is used. */
export interface EventLogger {
  /** Writes one event. */
  emit(event: EventRecord): void;
}

/** One event. */
export interface EventRecord {
  /** Name of the event. */
  eventName?: string;
  /** OpenTelemetry's `SeverityNumber`: 9 info, 13 warning. */
  severityNumber?: number;
  /** Attributes of the event. */
  attributes?: SpanAttributes;
}

/** The part of OpenTelemetry's `Meter` that is used. */
export interface Meter {
  /** Creates a histogram. */
  createHistogram(
    name: string,
    options: InstrumentOptions,
  ): { record(value: number, attributes: SpanAttributes): void };
  /** Creates a counter. */
  createCounter(name: string, options: InstrumentOptions): { add(value: number, attributes: SpanAttributes): void };
}

/** Unit and meaning of an instrument. */
export interface InstrumentOptions {
  /** What the instrument measures. */
  description?: string;
  /** Unit of the values: `s`, `{token}`. */
  unit?: string;
  /** Bucket boundaries of a histogram. */
  advice?: { explicitBucketBoundaries?: number[] };
}
