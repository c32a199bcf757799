import type { Exposition } from './exposition.js';
import {
  CURRENT_COUNTERS,
  CURRENT_HISTOGRAMS,
  CURRENT_TOKEN_HISTOGRAMS,
  endpointAttributes,
  METRICS,
  type UsedTokens,
} from './gen-ai.js';
import type { Histogram } from './histogram.js';
import type { EndpointCounters } from './recorder.js';
import type { Conventions } from './telemetry-options.js';

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

/** The GenAI metrics of all endpoints, by the names of `conventions`. */
export function writeGenAi(
  text: Exposition,
  endpoints: readonly EndpointCounters[],
  { legacy, current, tokenHistograms }: Conventions,
): void {
  if (legacy) writeLegacy(text, endpoints);
  if (current) writeCurrent(text, endpoints);
  if (tokenHistograms) writeTokenHistograms(text, endpoints);
}

function writeLegacy(text: Exposition, endpoints: readonly EndpointCounters[]): void {
  writeDurations(text, METRICS.duration, endpoints);
  writeHistograms(text, METRICS.firstChunk, endpoints, ({ firstChunk }) => firstChunk);
  const tokens = text.family(prometheusName(METRICS.tokens), 'histogram', METRICS.tokens.description);
  for (const { endpoint, inputTokens, outputTokens } of endpoints) {
    const labels = endpointAttributes(endpoint);
    if (inputTokens.count > 0) tokens.histogram(inputTokens, { ...labels, 'gen_ai.token.type': 'input' });
    if (outputTokens.count > 0) tokens.histogram(outputTokens, { ...labels, 'gen_ai.token.type': 'output' });
  }
}

function writeCurrent(text: Exposition, endpoints: readonly EndpointCounters[]): void {
  writeDurations(text, CURRENT_HISTOGRAMS.duration, endpoints);
  writeHistograms(text, CURRENT_HISTOGRAMS.firstChunk, endpoints, ({ firstChunk }) => firstChunk);
  writeHistograms(text, CURRENT_HISTOGRAMS.chunkInterval, endpoints, ({ chunkInterval }) => chunkInterval);
  for (const [kind, metric] of Object.entries(CURRENT_COUNTERS)) {
    const counter = text.family(`${prometheusName(metric)}_total`, 'counter', metric.description);
    for (const { endpoint, tokens } of endpoints) {
      counter.sample(tokens[kind as keyof UsedTokens], endpointAttributes(endpoint));
    }
  }
}

function writeTokenHistograms(text: Exposition, endpoints: readonly EndpointCounters[]): void {
  writeHistograms(text, CURRENT_TOKEN_HISTOGRAMS.input, endpoints, ({ inputTokens }) => inputTokens);
  writeHistograms(text, CURRENT_TOKEN_HISTOGRAMS.output, endpoints, ({ outputTokens }) => outputTokens);
}

function writeDurations(text: Exposition, metric: Metric, endpoints: readonly EndpointCounters[]): void {
  const family = text.family(prometheusName(metric), 'histogram', metric.description);
  for (const { endpoint, durations } of endpoints) {
    for (const [outcome, histogram] of durations) {
      const failure = outcome === 'ok' ? {} : { 'error.type': outcome };
      family.histogram(histogram, { ...endpointAttributes(endpoint), ...failure });
    }
  }
}

function writeHistograms(
  text: Exposition,
  metric: Metric,
  endpoints: readonly EndpointCounters[],
  histogramOf: (counters: EndpointCounters) => Histogram | undefined,
): void {
  const family = text.family(prometheusName(metric), 'histogram', metric.description);
  for (const counters of endpoints) {
    const histogram = histogramOf(counters);
    if (histogram !== undefined && histogram.count > 0)
      family.histogram(histogram, endpointAttributes(counters.endpoint));
  }
}

/** As OpenTelemetry's Prometheus exporters name a metric: underscores for dots, and the unit behind it. */
function prometheusName({ name, unit }: Metric): string {
  return name.replaceAll('.', '_') + (unit === 's' ? '_seconds' : '');
}
