/**
 * What a host may bring to see what the gateway does. All types are structural: pino, `console`, and the tracer and
 * meter of `@opentelemetry/api` fit as they are, and none of them is imported.
 */

/** A logger in pino's form, facts first and then the message. Given facts never hold prompts, answers, keys or bodies. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Something about the set-up that is probably a mistake. Each code is reported once per gateway. */
export interface Diagnostic {
  /** `NORDLYS_…`: stable, to look up and to silence by. */
  readonly code: string;
  readonly message: string;
  /** Where the page about it is. */
  readonly help: string;
}

/** Where traces and metrics go. */
export interface TelemetryOptions {
  /**
   * `trace.getTracer('my-app')`: one span per request, one child per upstream call. Spans find their parents through
   * OpenTelemetry's active context, so the SDK needs a context manager (NodeSDK brings one).
   */
  readonly tracer?: Tracer | undefined;
  /** `metrics.getMeter('my-app')`: the GenAI client metrics. */
  readonly meter?: Meter | undefined;
  /** Sends `traceparent` to providers. They learn the trace's id, and nothing else. @defaultValue `false` */
  readonly propagate?: boolean | undefined;
}

/** The part of OpenTelemetry's `Tracer` that is used. */
export interface Tracer {
  startSpan(name: string, options: SpanOptions): Span;
  startActiveSpan<T>(name: string, options: SpanOptions, work: (span: Span) => T): T;
}

/** How a span begins. */
export interface SpanOptions {
  /** OpenTelemetry's `SpanKind`: 0 internal, 2 client. */
  kind?: number;
  attributes?: SpanAttributes;
}

/** What a span says. */
export type SpanAttributes = Record<string, string | number | boolean | string[]>;

/** The part of OpenTelemetry's `Span` that is used. */
export interface Span {
  spanContext(): {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceFlags: number;
    readonly traceState?: { serialize(): string } | undefined;
  };
  setAttributes(attributes: SpanAttributes): unknown;
  /** OpenTelemetry's `SpanStatusCode`: 2 is an error. */
  setStatus(status: { code: number; message?: string }): unknown;
  updateName(name: string): unknown;
  end(): void;
}

/** The part of OpenTelemetry's `Meter` that is used. */
export interface Meter {
  createHistogram(
    name: string,
    options: InstrumentOptions,
  ): { record(value: number, attributes: SpanAttributes): void };
  createCounter(name: string, options: InstrumentOptions): { add(value: number, attributes: SpanAttributes): void };
}

/** Unit and meaning of an instrument. */
export interface InstrumentOptions {
  description?: string;
  unit?: string;
  advice?: { explicitBucketBoundaries?: number[] };
}
