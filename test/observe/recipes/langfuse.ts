import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** A tracer whose spans go to Langfuse. Call `shutdown` after `gateway.drain()`, or the last spans are lost. */
export function langfuse(baseUrl: string, publicKey: string, secretKey: string) {
  const credentials = Buffer.from(`${publicKey}:${secretKey}`).toString('base64');
  const exporter = new OTLPTraceExporter({
    url: `${baseUrl}/api/public/otel/v1/traces`,
    headers: { authorization: `Basic ${credentials}` },
  });
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
  return { tracer: provider.getTracer('nordlys-proxy'), shutdown: () => provider.shutdown() };
}
