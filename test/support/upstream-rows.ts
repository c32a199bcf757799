/**
 * The rows of `fixtures/upstreams.jsonl`: responses of unusual upstreams, from public bug reports, and what a client of the
 * gateway must get; and of `fixtures/neighbours.jsonl`: rows of our own beside them. One JSON value per line.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createGateway, type GatewayOptions, type ProviderOptions } from '../../src/index.js';
import {
  error,
  fakeUpstream,
  json,
  raw,
  sse,
  type EventStreamOptions,
  type Script,
  type StreamEvent,
} from '../../src/testing/index.js';
import { listen } from './listen.js';
import { readResponse, type ClientView } from './client-view.js';

export interface UpstreamRow {
  readonly id: string;
  readonly kind: string;
  readonly situation: string;
  readonly request?: RowRequest;
  /** Sent one after another. */
  readonly requests?: readonly RowRequest[];
  readonly gateway?: Partial<GatewayOptions> & { readonly provider?: Partial<ProviderOptions> };
  readonly timeouts?: {
    readonly headMs?: number;
    readonly firstEventMs?: number;
    readonly idleMs?: number;
    readonly totalMs?: number;
  };
  /** One provider each; a list has the responses to its requests in order. */
  readonly upstreams: readonly (RowScript | readonly RowScript[])[];
  readonly expect: Expectation;
}

type RowRequest = { readonly [key: string]: unknown } & {
  readonly stream?: boolean;
  readonly $headers?: Readonly<Record<string, string>>;
  readonly $path?: string;
};

interface RowScript {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly text?: string;
  readonly sse?: readonly (StreamEvent | RawEvent)[];
  readonly raw?: string;
  readonly options?: EventStreamOptions;
}

/** Bytes in place of an event. */
interface RawEvent {
  readonly $raw: string;
  readonly $enc?: BufferEncoding;
}

/** All members must hold, for the last response unless `each` differs. */
export type Expectation = { readonly [name: string]: unknown } & {
  /** One for each request. */
  readonly each?: readonly Expectation[];
  /** At least one of them must hold. */
  readonly any?: readonly Expectation[];
};

/** The result of a row. */
export interface RowRun {
  readonly responses: readonly ClientView[];
  readonly upstreamCalls: number;
}

const TIMEOUTS = { headersMs: 1_500, firstChunkMs: 1_500, idleMs: 1_500, totalMs: 8_000 };

const rowsOf = (file: string): UpstreamRow[] =>
  readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as UpstreamRow);

export const upstreamRows: readonly UpstreamRow[] = rowsOf('upstreams.jsonl');
export const neighbourRows: readonly UpstreamRow[] = rowsOf('neighbours.jsonl');

/** Sends the requests of `row` through a gateway over its upstreams. */
export async function runRow(row: UpstreamRow): Promise<RowRun> {
  await using stack = new AsyncDisposableStack();
  const upstreams = [];
  for (const given of row.upstreams) {
    const scripts = (Array.isArray(given) ? given : [given]).map((script) => scriptOf(script as RowScript));
    const upstream = stack.use(await fakeUpstream({ script: scripts.at(-1)! }));
    upstream.enqueue(...scripts);
    upstreams.push(upstream);
  }
  const { provider = {}, ...options } = row.gateway ?? {};
  const gateway = createGateway({
    keys: ['test-key'],
    providers: Object.fromEntries(
      upstreams.map(({ baseUrl }, position) => [
        `p${position}`,
        { baseUrl, apiKey: `sk-operator-secret-${position}-abcdef`, models: ['m'], ...provider },
      ]),
    ),
    timeouts: timeoutsOf(row),
    ...options,
  } as GatewayOptions);
  stack.defer(() => gateway.close());
  const server = stack.use(await listen(http.createServer(gateway)));
  const order = upstreams.map((_, position) => `p${position}`);
  const responses: ClientView[] = [];
  for (const request of row.requests ?? [row.request ?? {}]) responses.push(await send(server.url, order, request));
  return { responses, upstreamCalls: upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0) };
}

async function send(url: string, order: readonly string[], request: RowRequest): Promise<ClientView> {
  const { $headers, $path = '/v1/chat/completions', ...body } = request;
  const response = await fetch(url + $path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-key', ...$headers },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
      provider_order: order,
      ...body,
    }),
  });
  return readResponse(response, request.stream === true);
}

function scriptOf({ status, headers, json: body, text, sse: events, raw: bytes, options }: RowScript): Script {
  if (events !== undefined) {
    return sse(events.map(eventOf), {
      ...(status === undefined ? {} : { status }),
      ...(headers === undefined ? {} : { headers }),
      ...options,
    });
  }
  if (bytes !== undefined) return raw(bytes);
  if (status !== undefined && status !== 200) return error(status, body ?? text, headers);
  return json(body ?? text, headers === undefined ? {} : { headers });
}

function eventOf(event: StreamEvent | RawEvent): StreamEvent {
  if (typeof event !== 'object' || !('$raw' in event)) return event;
  return Buffer.from(String(event.$raw), '$enc' in event ? (event.$enc as BufferEncoding) : 'utf8');
}

/** The rows use the former names of two timeouts. */
function timeoutsOf({ timeouts = {} }: UpstreamRow): NonNullable<GatewayOptions['timeouts']> {
  const { headMs, firstEventMs, ...others } = timeouts;
  return {
    ...TIMEOUTS,
    ...others,
    ...(headMs !== undefined && { headersMs: headMs }),
    ...(firstEventMs !== undefined && { firstChunkMs: firstEventMs }),
  };
}
