import type { Diagnostic, Logger, Meter, TelemetryOptions, Tracer } from '../../contracts/observability.js';
import { defineOptions, type RowsFor } from '../group.js';
import { flag, func, nested, withMethods } from '../rows.js';
import type { ObserveOptions } from '../types.js';

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
