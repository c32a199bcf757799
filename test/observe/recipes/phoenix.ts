import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** A tracer whose spans go to Phoenix. Call `shutdown` after `gateway.drain()`, or the last spans are lost. */
export function phoenix(baseUrl: string, apiKey?: string) {
  const exporter = new OTLPTraceExporter({
    url: `${baseUrl}/v1/traces`,
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
  });
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
  return { tracer: provider.getTracer('nordlys-proxy'), shutdown: () => provider.shutdown() };
}
