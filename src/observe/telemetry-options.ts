import type { ContentCapture, ContentState, EventLogger, Meter, Tracer } from '../contracts/observability.js';
import type { Parsed } from '../options/group.js';
import { TELEMETRY } from '../options/tables/observe.js';

/** Which names of the GenAI conventions are written. */
export interface Conventions {
  readonly legacy: boolean;
  readonly current: boolean;
  /** The opt-in histograms of the current names. */
  readonly tokenHistograms: boolean;
}

/** Makes a text fit for export. `isCut`: it may end anywhere, within a value too. */
export type RedactText = (text: string, isCut: boolean) => string;

/** The options of captured content. */
export interface ContentOptions {
  readonly content: (state: ContentState) => ContentCapture;
  readonly maxBytes: number;
  readonly redact: RedactText | undefined;
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

type ParsedTelemetry = Parsed<typeof TELEMETRY.rows>;

/**
 * @param guardsRedact - takes out what the gateway's guards redact, where they do
 * @throws TypeError for a member that needs another one.
 */
export function resolveTelemetry(
  telemetry: ParsedTelemetry = TELEMETRY.parse({}),
  guardsRedact?: RedactText,
): ResolvedTelemetry {
  const { tracer, meter, events, propagate, callerMetrics } = telemetry;
  if (propagate && tracer === undefined) {
    throw new TypeError('telemetry.propagate needs telemetry.tracer: without spans there is nothing to propagate.');
  }
  return {
    tracer,
    meter,
    events,
    propagate,
    conventions: conventionsOf(telemetry),
    content: contentOptions(telemetry, guardsRedact),
    maxCallers: callerMetrics?.max,
  };
}

function conventionsOf({ semconv, tokenHistograms, events }: ParsedTelemetry): Conventions {
  for (const [name, isOn] of [
    ['tokenHistograms', tokenHistograms],
    ['events', events !== undefined],
  ] as const) {
    if (!isOn || semconv !== 'legacy') continue;
    throw new TypeError(`telemetry.${name} needs telemetry.semconv "genai-0.1" or "both".`);
  }
  return { legacy: semconv !== 'genai-0.1', current: semconv !== 'legacy', tokenHistograms };
}

function contentOptions(telemetry: ParsedTelemetry, guardsRedact: RedactText | undefined): ContentOptions | undefined {
  const { content, contentMaxBytes: maxBytes, redact, tracer, events } = telemetry;
  if (content === undefined) return undefined;
  if (tracer === undefined && events === undefined) {
    throw new TypeError('telemetry.content needs telemetry.tracer or telemetry.events: content is written to them.');
  }
  return { content, maxBytes, redact: redact === undefined ? guardsRedact : (text) => redact(text) };
}
