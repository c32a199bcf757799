import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../contracts/clock.js';
import type { ResponseBody, SinkHead, ResponseSink } from '../contracts/sink.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { DONE_EVENT, formatEvent } from '../sse/format.js';
import { endMessage } from './write-body.js';
import { errorBody, type ErrorFormat } from '../errors/error-response.js';

/** The parts of a `RequestContext` that response headers depend on. */
export interface ResponseMeta {
  readonly requestId: string;
  readonly startedAt: number;
  readonly served: { readonly provider: string; readonly model: string } | undefined;
  readonly attempts: readonly { readonly provider: string; readonly model: string; readonly outcome: string }[];
  readonly cacheStatus: string | undefined;
  /** Notified when the response has been written completely. */
  readonly client: { responded(): void };
  /** Milliseconds spent waiting for upstreams before the first byte of the response. */
  readonly upstreamMs: number;
  /** Headers about the caller's limits. */
  readonly limitHeaders?: Readonly<Record<string, string>> | undefined;
}

export interface HttpResponseSinkOptions {
  readonly clock: Clock;
  readonly errorFormat: ErrorFormat;
  /** The connection of a client that reads nothing for this long is closed, in milliseconds. */
  readonly writeStallMs: number;
}

const KEEP_ALIVE = ': keep-alive\n\n';
/** Events of one tick are sent in one write; pending text above this many characters is written at once. */
const COALESCE_LIMIT = 64 * 1024;
/** Time for the client to read a final error event, in milliseconds; then the connection is closed. */
const ERROR_EVENT_MS = 1_000;

/** Writes responses to the client. No other code writes to the real `res`. */
export class HttpResponseSink implements ResponseSink {
  readonly #res: ServerResponse;
  readonly #meta: ResponseMeta;
  readonly #options: HttpResponseSinkOptions;
  #pending = '';
  #flushScheduled = false;
  #stall: Timer | undefined;

  constructor(res: ServerResponse, meta: ResponseMeta, options: HttpResponseSinkOptions) {
    this.#res = res;
    this.#meta = meta;
    this.#options = options;
  }

  json(head: SinkHead, body: ResponseBody): void {
    if (!this.#writable()) return;
    const headers = this.#headers(head.headers);
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(body.length);
    this.#res.writeHead(head.status, headers);
    this.#meta.client.responded();
    endMessage(this.#res, body);
    this.#watchReader();
  }

  open(head: SinkHead): void {
    if (!this.#writable()) return;
    const headers = this.#headers(head.headers);
    headers['content-type'] = 'text/event-stream; charset=utf-8';
    // `no-transform` stops compression() from buffering events, `x-accel-buffering` stops nginx.
    headers['cache-control'] = 'no-cache, no-transform';
    headers['x-accel-buffering'] = 'no';
    this.#res.writeHead(head.status, headers);
  }

  event(payload: string): boolean {
    this.#pending += formatEvent(payload);
    if (this.#pending.length >= COALESCE_LIMIT) {
      this.#flush();
    } else if (!this.#flushScheduled) {
      // Not res.cork(): on Node 22 and 24 a corked chunked response is written in the wrong order by end().
      this.#flushScheduled = true;
      process.nextTick(flushSink, this);
    }
    return !this.#res.writableNeedDrain;
  }

  onDrain(resume: () => void): void {
    const res = this.#res;
    if (!res.writableNeedDrain || res.destroyed) {
      process.nextTick(resume);
      return;
    }
    this.#stall = this.#options.clock.setTimer(() => res.destroy(), this.#options.writeStallMs);
    res.once('drain', () => {
      this.#stall?.cancel();
      this.#stall = undefined;
      resume();
    });
  }

  keepAlive(): void {
    const res = this.#res;
    if (!res.writableEnded && !res.destroyed) res.write(KEEP_ALIVE);
  }

  done(): void {
    this.#endWith(DONE_EVENT);
  }

  fail(error: GatewayError): void {
    const body = errorBody(error, this.#options.errorFormat);
    if (this.#res.headersSent) this.#failMidway(body);
    else this.#failWhole(error, body);
  }

  /** @internal Called on the tick after the first pending event. */
  flushPending(): void {
    this.#flushScheduled = false;
    this.#flush();
  }

  #failWhole(error: GatewayError, body: string): void {
    if (!this.#writable()) return;
    const headers = this.#headers(error.headers);
    headers['content-type'] = 'application/json; charset=utf-8';
    headers['content-length'] = String(Buffer.byteLength(body));
    headers['cache-control'] = 'no-store';
    this.#res.writeHead(error.status, headers);
    this.#finish(body);
  }

  #failMidway(body: string): void {
    const res = this.#res;
    if (res.writableEnded || res.destroyed) return;
    this.#endWith(formatEvent(body));
    const timer = this.#options.clock.setTimer(() => res.destroy(), ERROR_EVENT_MS);
    res.once('close', () => timer.cancel());
  }

  #endWith(lastEvent: string): void {
    this.#stall?.cancel();
    const res = this.#res;
    if (res.writableEnded || res.destroyed) return;
    const text = this.#pending + lastEvent;
    this.#pending = '';
    this.#finish(text);
  }

  #finish(text: string): void {
    this.#meta.client.responded();
    this.#res.end(text);
    this.#watchReader();
  }

  /** Closes the connection if the client stops reading the rest of the response for `writeStallMs`. */
  #watchReader(): void {
    const res = this.#res;
    if (res.writableLength === 0) return;
    // Only the socket's own timer sees the progress within one long write. It is removed afterwards, because the next
    // request may use the same connection.
    res.setTimeout(this.#options.writeStallMs, () => res.destroy());
    res.once('finish', () => res.setTimeout(0));
  }

  #flush(): void {
    const text = this.#pending;
    if (text === '') return;
    this.#pending = '';
    const res = this.#res;
    if (!res.writableEnded && !res.destroyed) res.write(text);
  }

  #writable(): boolean {
    return !this.#res.headersSent && !this.#res.destroyed;
  }

  #headers(own: Readonly<Record<string, string>>): Record<string, string> {
    const meta = this.#meta;
    const by = meta.served ?? meta.attempts.at(-1);
    const headers: Record<string, string> = { 'x-request-id': meta.requestId };
    if (by !== undefined) {
      headers['x-nordlys-provider'] = headerSafe(by.provider);
      headers['x-nordlys-model'] = headerSafe(by.model);
    }
    headers['x-nordlys-attempts'] = String(callsIn(meta.attempts));
    if (meta.cacheStatus !== undefined) headers['x-nordlys-cache'] = meta.cacheStatus;
    headers['server-timing'] = this.#serverTiming();
    if (meta.limitHeaders !== undefined) Object.assign(headers, meta.limitHeaders);
    return Object.assign(headers, own);
  }

  /** Milliseconds spent in the gateway and in upstreams (W3C Server Timing). */
  #serverTiming(): string {
    const total = this.#options.clock.now() - this.#meta.startedAt;
    const upstream = this.#meta.upstreamMs;
    return `gateway;dur=${hundredths(Math.max(0, total - upstream))}, upstream;dur=${hundredths(upstream)}`;
  }
}

/** How many attempts called an upstream: a request that a format cannot express is not sent. */
function callsIn(attempts: ResponseMeta['attempts']): number {
  let calls = attempts.length;
  for (const { outcome } of attempts) if (outcome === 'unsupported') calls--;
  return calls;
}

/** The operator's names may contain any characters, but headers hold ASCII only: others are percent-encoded. */
function headerSafe(name: string): string {
  return PRINTABLE_ASCII.test(name) ? name : encodeURIComponent(name);
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Rounded to two decimals, at a tenth of the cost of `toFixed`. */
function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function flushSink(sink: HttpResponseSink): void {
  sink.flushPending();
}
