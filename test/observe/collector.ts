import http from 'node:http';
import { onTestFinished } from 'vitest';
import { listen } from '../support/listen.js';

/** A span as OTLP/JSON has it, its attributes flattened. */
export interface CollectedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly url: string;
  readonly requests: readonly {
    readonly path: string;
    readonly authorization: string | undefined;
    readonly body: string;
  }[];
  spans(): CollectedSpan[];
}

interface OtlpSpan extends Omit<CollectedSpan, 'attributes'> {
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface OtlpBody {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[];
}

/** Takes spans by OTLP over HTTP, and responds with `status`. */
export async function collector(status = 200): Promise<Collector> {
  const requests: Collector['requests'][number][] = [];
  const server = await listen(
    http.createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        requests.push({ path: req.url ?? '', authorization: req.headers.authorization, body });
        res.writeHead(status, { 'content-type': 'application/json' }).end('{}');
      });
    }),
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  return {
    url: server.url,
    requests,
    spans: () => requests.flatMap(({ body }) => spansIn(JSON.parse(body) as OtlpBody)),
  };
}

function spansIn({ resourceSpans }: OtlpBody): CollectedSpan[] {
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.map((span) => ({
    ...span,
    attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
  }));
}
