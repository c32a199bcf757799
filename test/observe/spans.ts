import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'vitest';

/** A tracer whose finished spans can be read. */
export function recordedTracer() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return {
    tracer: provider.getTracer('test'),
    /** Waits until `count` spans have ended. */
    spans: async (count: number): Promise<ReadableSpan[]> => {
      await expect.poll(() => exporter.getFinishedSpans().length).toBe(count);
      return exporter.getFinishedSpans();
    },
    /** The span of the only request so far. */
    requestSpan: async (): Promise<ReadableSpan> => {
      const find = () => exporter.getFinishedSpans().filter(({ kind }) => kind === 0);
      await expect.poll(() => find().length).toBe(1);
      return find()[0]!;
    },
  };
}

/** A meter whose metrics can be read once. */
export function recordedMeter() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    meter: provider.getMeter('test'),
    metrics: async (): Promise<readonly MetricData[]> => {
      await reader.forceFlush();
      await provider.shutdown();
      return exporter.getMetrics().at(-1)?.scopeMetrics[0]?.metrics ?? [];
    },
  };
}
