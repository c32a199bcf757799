import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../contracts/clock.js';
import type { ResponseBody, SinkHead, ResponseSink } from '../contracts/sink.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { DONE_EVENT, formatEvent } from '../sse/format.js';
import { endMessage } from './write-body.js';
import { errorBody, type ErrorFormat } from '../errors/error-response.js';

/** What the response headers tell of a request; `RequestContext` is one. */
export interface ResponseMeta {
  readonly requestId: string;
  readonly startedAt: number;
  readonly served: { readonly provider: string; readonly model: string } | undefined;
  readonly attempts: readonly { readonly provider: string; readonly model: string }[];
  readonly cacheStatus: string | undefined;
  /** Told when the answer has been written to its end. */
  readonly client: { answered(): void };
  /** Milliseconds spent waiting for upstreams before the first byte of the answer. */
  readonly upstreamMs: number;
  /** Of a caller with limits. */
  readonly limitHeaders?: Readonly<Record<string, string>> | undefined;
}

export interface HttpResponseSinkOptions {
  readonly clock: Clock;
  readonly errorFormat: ErrorFormat;
  /** A client that reads nothing for this long is let go, in milliseconds. */
  readonly writeStallMs: number;
}

const KEEP_ALIVE = ': keep-alive\n\n';
/** Events written within one turn of the loop leave in one write; beyond this many characters at once. */
const COALESCE_LIMIT = 64 * 1024;
/** An error event that the client does not read within this is not waited for. */
const LAST_WORD_MS = 1_000;

/** The client's response: the only place that writes to the real `res`. */
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
    this.#meta.client.answered();
    endMessage(this.#res, body);
    this.#awaitReader();
  }

  open(head: SinkHead): void {
    if (!this.#writable()) return;
    const headers = this.#headers(head.headers);
    headers['content-type'] = 'text/event-stream; charset=utf-8';
    // `no-transform` keeps compression() from holding events back, the other one nginx.
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

  /** @internal Runs on the next tick after the first event of a turn. */
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
    const timer = this.#options.clock.setTimer(() => res.destroy(), LAST_WORD_MS);
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
    this.#meta.client.answered();
    this.#res.end(text);
    this.#awaitReader();
  }

  /** What the kernel has not taken at once is waited for as long as the client reads some of it. */
  #awaitReader(): void {
    const res = this.#res;
    if (res.writableLength === 0) return;
    // The socket's own timer: it alone knows that a part of one long write has gone out. The next request on the
    // connection must not find it there.
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
    headers['x-nordlys-attempts'] = String(meta.attempts.length);
    if (meta.cacheStatus !== undefined) headers['x-nordlys-cache'] = meta.cacheStatus;
    headers['server-timing'] = this.#serverTiming();
    if (meta.limitHeaders !== undefined) Object.assign(headers, meta.limitHeaders);
    return Object.assign(headers, own);
  }

  /** Our own share apart from the upstreams' (W3C Server-Timing, milliseconds). */
  #serverTiming(): string {
    const total = this.#options.clock.now() - this.#meta.startedAt;
    const upstream = this.#meta.upstreamMs;
    return `gateway;dur=${hundredths(Math.max(0, total - upstream))}, upstream;dur=${hundredths(upstream)}`;
  }
}

/** Names are the operator's and may be in any script; headers hold ASCII. As in a URL then. */
function headerSafe(name: string): string {
  return PRINTABLE_ASCII.test(name) ? name : encodeURIComponent(name);
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Two decimals, at a tenth of the cost of `toFixed`. */
function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function flushSink(sink: HttpResponseSink): void {
  sink.flushPending();
}
