import type {
  ContentCapture,
  ContentState,
  EventLogger,
  Meter,
  TelemetryOptions,
  Tracer,
} from '../contracts/observability.js';
import {
  anyMembers,
  formatValue,
  knownMembers,
  optionalBoolean,
  optionalCount,
  optionalOneOf,
  optionError,
} from '../options/checks.js';

/** Which names of the GenAI conventions are written. */
export interface Conventions {
  readonly legacy: boolean;
  readonly current: boolean;
  /** The opt-in histograms of the current names. */
  readonly tokenHistograms: boolean;
}

/** What the options say of captured content. */
export interface ContentOptions {
  readonly content: (state: ContentState) => ContentCapture;
  readonly maxBytes: number;
  readonly redact: ((text: string) => string) | undefined;
}

/** `TelemetryOptions` with every default in place. */
export interface ResolvedTelemetry {
  readonly tracer: Tracer | undefined;
  readonly meter: Meter | undefined;
  readonly events: EventLogger | undefined;
  readonly propagate: boolean;
  readonly conventions: Conventions;
  /** `undefined`: nothing is ever captured. */
  readonly content: ContentOptions | undefined;
  /** Callers with series of their own; `undefined`: callers are not counted. */
  readonly maxCallers: number | undefined;
}

const KNOWN = Object.keys({
  tracer: 1,
  meter: 1,
  propagate: 1,
  semconv: 1,
  events: 1,
  tokenHistograms: 1,
  content: 1,
  contentMaxBytes: 1,
  redact: 1,
  callerMetrics: 1,
} satisfies Record<keyof TelemetryOptions, 1>);

const MAX_CONTENT_BYTES = 32_768;
const MAX_CALLERS = 100;
/** More series than this per metric are refused: scraping them takes longer than a scrape interval. */
const MOST_CALLERS = 10_000;

/** @throws TypeError for a member that is unknown or wrong. */
export function resolveTelemetry(telemetry: TelemetryOptions = {}): ResolvedTelemetry {
  const { tracer, meter, events } = knownMembers('telemetry', telemetry, KNOWN) as TelemetryOptions;
  if (tracer !== undefined) withMethods('telemetry.tracer', tracer, ['startSpan', 'startActiveSpan']);
  if (meter !== undefined) withMethods('telemetry.meter', meter, ['createHistogram', 'createCounter']);
  if (events !== undefined) withMethods('telemetry.events', events, ['emit']);
  const propagate = optionalBoolean('telemetry.propagate', telemetry.propagate) ?? false;
  if (propagate && tracer === undefined) {
    throw new TypeError('telemetry.propagate needs telemetry.tracer: without spans there is nothing to propagate.');
  }
  return {
    tracer,
    meter,
    events,
    propagate,
    conventions: conventionsOf(telemetry),
    content: contentOptions(telemetry),
    maxCallers: maxCallers(telemetry.callerMetrics),
  };
}

function conventionsOf({ semconv, tokenHistograms, events }: TelemetryOptions): Conventions {
  const names = optionalOneOf('telemetry.semconv', semconv, ['genai-0.1', 'legacy', 'both']) ?? 'legacy';
  const histograms = optionalBoolean('telemetry.tokenHistograms', tokenHistograms) ?? false;
  for (const [name, isOn] of [
    ['tokenHistograms', histograms],
    ['events', events !== undefined],
  ] as const) {
    if (!isOn || names !== 'legacy') continue;
    throw new TypeError(`telemetry.${name} needs telemetry.semconv "genai-0.1" or "both".`);
  }
  return { legacy: names !== 'genai-0.1', current: names !== 'legacy', tokenHistograms: histograms };
}

function contentOptions({
  content,
  contentMaxBytes,
  redact,
  tracer,
  events,
}: TelemetryOptions): ContentOptions | undefined {
  optionalFunction('telemetry.content', content);
  optionalFunction('telemetry.redact', redact);
  const maxBytes = optionalCount('telemetry.contentMaxBytes', contentMaxBytes, 'bytes') ?? MAX_CONTENT_BYTES;
  if (!content) return undefined;
  if (tracer === undefined && events === undefined) {
    throw new TypeError('telemetry.content needs telemetry.tracer or telemetry.events: content is written to them.');
  }
  return { content, maxBytes, redact: redact ?? undefined };
}

function maxCallers(value: TelemetryOptions['callerMetrics']): number | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (value === true) return MAX_CALLERS;
  if (typeof value !== 'object') {
    throw optionError('telemetry.callerMetrics', 'must be true, false or { max: <callers> }', value);
  }
  knownMembers('telemetry.callerMetrics', anyMembers('telemetry.callerMetrics', value), ['max']);
  const max = optionalCount('telemetry.callerMetrics.max', value.max, 'callers') ?? MAX_CALLERS;
  if (max > MOST_CALLERS) throw optionError('telemetry.callerMetrics.max', `must be at most ${MOST_CALLERS}`, max);
  return max;
}

function optionalFunction(path: string, value: unknown): void {
  if (value === undefined || value === null || typeof value === 'function') return;
  throw optionError(path, 'must be a function', value);
}

function withMethods(path: string, value: unknown, methods: readonly string[]): void {
  const missing = methods.find((name) => typeof Reflect.get(Object(value), name) !== 'function');
  if (missing === undefined) return;
  throw new TypeError(
    `${path} must have the methods ${methods.join(', ')}, got ${formatValue(value)} without ${missing}.`,
  );
}
