import type {
  Diagnostic,
  EventLogger,
  Logger,
  Meter,
  TelemetryOptions,
  Tracer,
} from '../../contracts/observability.js';
import { count as checkCount, optionError } from '../checks.js';
import { defineOptions, type RowsFor } from '../group.js';
import { custom } from '../row.js';
import { choice, count, flag, func, nested, switchable, withMethods } from '../rows.js';
import type { ObserveOptions } from '../types.js';

/** More series than this per metric are refused: scraping them takes longer than a scrape interval. */
const MOST_CALLERS = 10_000;

export const CALLER_METRICS = defineOptions({
  path: 'telemetry.callerMetrics',
  rows: {
    max: custom('a number of callers, 10,000 at most', checkMaxCallers, 'Callers with series of their own.').or(100),
  } satisfies RowsFor<Extract<TelemetryOptions['callerMetrics'], object>>,
});

function checkMaxCallers(path: string, value: unknown): number {
  const max = checkCount(path, value, 'callers');
  if (max > MOST_CALLERS) throw optionError(path, `must be at most ${MOST_CALLERS}`, max);
  return max;
}

export const TELEMETRY = defineOptions({
  path: 'telemetry',
  rows: {
    tracer: withMethods<Tracer>(
      "OpenTelemetry's tracer",
      ['startSpan', 'startActiveSpan'],
      'Gets a span for each request and one for each upstream call.',
    ),
    meter: withMethods<Meter>(
      "OpenTelemetry's meter",
      ['createHistogram', 'createCounter'],
      'Gets the GenAI client metrics.',
    ),
    propagate: flag('Sends `traceparent` to providers. Needs `tracer`.').or(false),
    semconv: choice(
      ['genai-0.1', 'legacy', 'both'],
      "Which names of OpenTelemetry's GenAI conventions are written: of their release v0.1.0, of semantic conventions up to 1.43, or all.",
    ).or('legacy'),
    events: withMethods<EventLogger>(
      "OpenTelemetry's event logger",
      ['emit'],
      "Gets the events of `'genai-0.1'`: one per upstream call, and one more per failed one.",
    ),
    tokenHistograms: flag("Also writes the opt-in histograms of tokens per call of `'genai-0.1'`.").or(false),
    content: func<NonNullable<TelemetryOptions['content']>>(
      '(state) => capture',
      'How much of prompt and response is written to the span of a request. Needs `tracer` or `events`.',
    ).defaultsTo('nothing'),
    contentMaxBytes: count('bytes', 'Up to which each content attribute is written.').or(32_768),
    redact: func<NonNullable<TelemetryOptions['redact']>>(
      '(text) => text',
      "Removes what must not be exported from each text that is captured as `'redacted'`. Without it and without a guard made by `redact()`, `'redacted'` captures nothing.",
    ).defaultsTo('what the `redact()` and `blockPatterns()` guards look for, where a `redact()` is among the guards'),
    callerMetrics: switchable(CALLER_METRICS, 'Counts requests, tokens and costs of each caller.'),
  } satisfies RowsFor<TelemetryOptions>,
});

export const OBSERVE = defineOptions({
  path: 'createGateway',
  prefix: '',
  rows: {
    logger: withMethods<Logger>(
      'pino, or a logger with the same methods',
      ['debug', 'info', 'warn', 'error'],
      'Gets log lines. They never contain prompts, responses, keys or bodies.',
    ),
    onDiagnostic: func<(diagnostic: Diagnostic) => void>(
      '(diagnostic) => void',
      'Gets each likely misconfiguration once, as `logger.warn` does.',
    ),
    telemetry: nested(TELEMETRY, "OpenTelemetry's tracer and meter."),
  } satisfies RowsFor<ObserveOptions>,
});
