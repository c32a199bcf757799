// The clients: a fixed number of raw keep-alive sockets, each sending its next request immediately. The upstream runs in
// the same process, which never sleeps under load, so no sender has to wake its core. On a virtual machine, waking a core
// costs the sender more than the rest of a request, and only servers that are slow enough to let it sleep would pay that.
import { chatRequest } from '../lib/bodies.ts';
import { startDraining, serve } from '../lib/channel.ts';
import { HttpExchange, type WireRequest } from '../lib/http-exchange.ts';
import { eachStamp, microsNow } from '../lib/stamps.ts';
import { quantile } from '../lib/statistics.ts';
import { startUpstream, type Upstream, type UpstreamJob } from '../lib/upstream.ts';

/** The requests of the clients. */
export interface RequestSpec {
  readonly bytes: number;
  readonly messageBytes: number;
  readonly stream: boolean;
  /** For streams that stay open: the request for one that ends immediately. */
  readonly brief?: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export interface LoadJob {
  readonly port: number;
  readonly request: RequestSpec;
  readonly concurrency: number;
  readonly durationMs: number;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly firstFailure: string | undefined;
  readonly elapsedMs: number;
  /** Microseconds from the first byte sent to the last one received. */
  readonly latency: Latency;
}

export interface StreamsJob {
  readonly port: number;
  readonly request: RequestSpec;
  readonly count: number;
}

export interface StreamsResult {
  readonly events: number;
  /** Latency of events in microseconds. */
  readonly latency: Latency;
}

/** Streams that may wait for their first byte while others are opened: fewer than a listen queue holds. */
const OPENING = 100;
const OPEN_TIMEOUT_MS = 30_000;

const wire = new Map<string, WireRequest>();
let streams: HttpExchange[] = [];
let travelled: number[] = [];
let broken: string | undefined;
let upstream: Upstream | undefined;

const methods = {
  async startUpstream(job: UpstreamJob): Promise<readonly number[]> {
    upstream = await startUpstream(job);
    return upstream.ports;
  },

  closeUpstream(): void {
    upstream?.close();
    upstream = undefined;
  },

  /** Sends one request. Returns its response as text, with the head. */
  probe({ port, request }: Pick<LoadJob, 'port' | 'request'>): Promise<string> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      const exchange = new HttpExchange(port, {
        piece: (bytes) => void pieces.push(bytes),
        ended: () => {
          exchange.close();
          resolve(Buffer.concat(pieces).toString());
        },
        failed: (reason) => reject(new Error(reason)),
      });
      exchange.send(wireRequest(request));
    });
  },

  /** Sends requests for a given time, and waits for those in flight at its end. */
  async load({ port, request, concurrency, durationMs }: LoadJob): Promise<LoadResult> {
    const bytes = wireRequest(request);
    const latencies: number[] = [];
    const failures: string[] = [];
    const startedAt = performance.now();
    const endsAt = startedAt + durationMs;
    const clients = Array.from({ length: concurrency }, () => post(port, bytes, endsAt, latencies, failures));
    const sleep = stayAwake();
    await Promise.all(clients);
    sleep();
    latencies.sort((a, b) => a - b);
    return {
      requests: latencies.length,
      failures: failures.length,
      firstFailure: failures[0],
      elapsedMs: performance.now() - startedAt,
      latency: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    };
  },

  /** Opens streams that stay open; resolves when each has got its first byte. */
  async openStreams({ port, request, count }: StreamsJob): Promise<void> {
    const bytes = wireRequest(request);
    const deadline = performance.now() + OPEN_TIMEOUT_MS;
    let begun = 0;
    while (begun < count && broken === undefined && performance.now() < deadline) {
      while (streams.length < count && streams.length - begun < OPENING) {
        streams.push(openStream(port, bytes, () => void begun++));
      }
      await pause(1);
    }
    if (broken !== undefined) throw new Error(broken);
    if (begun < count) throw new Error(`Only ${begun} of ${count} streams began in time.`);
  },

  /** Measures the latency of the events of the open streams. */
  async watchStreams(ms: number): Promise<StreamsResult> {
    travelled = [];
    const sleep = stayAwake();
    await pause(ms);
    sleep();
    if (broken !== undefined) throw new Error(broken);
    const sorted = travelled.sort((a, b) => a - b);
    return { events: sorted.length, latency: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) } };
  },

  closeStreams(): void {
    for (const stream of streams) stream.close();
    streams = [];
    broken = undefined;
  },
};

export type DriverMethods = typeof methods;

serve(methods);
startDraining([]);

/** Keeps the event loop busy until the returned function is called. */
function stayAwake(): () => void {
  let awake = true;
  const turn = (): void => {
    if (awake) setImmediate(turn);
  };
  turn();
  return () => {
    awake = false;
  };
}

/** One client, until the time is over. */
function post(
  port: number,
  bytes: WireRequest,
  endsAt: number,
  latencies: number[],
  failures: string[],
): Promise<void> {
  return new Promise((resolve) => {
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      exchange.send(bytes);
    };
    const leave = (reason?: string): void => {
      if (reason !== undefined) failures.push(reason);
      exchange.close();
      resolve();
    };
    const exchange = new HttpExchange(port, {
      ended: (status, lastPiece) => {
        const now = performance.now();
        if (status !== 200) return leave(lastPiece.toString('latin1', 0, 1_000));
        latencies.push((now - sentAt) * 1_000);
        if (now < endsAt) send();
        else leave();
      },
      failed: leave,
    });
    send();
  });
}

function openStream(port: number, bytes: WireRequest, begun: () => void): HttpExchange {
  let first = true;
  const exchange = new HttpExchange(port, {
    piece: (chunk) => {
      const now = microsNow();
      if (first) begun();
      first = false;
      eachStamp(chunk, (sentAt) => void travelled.push(now - sentAt));
    },
    ended: (_status, lastPiece) => {
      broken ??= `A stream ended with ${lastPiece.toString('latin1', 0, 1_000)}`;
    },
    failed: (reason) => {
      broken ??= reason;
    },
  });
  exchange.send(bytes);
  return exchange;
}

function wireRequest(request: RequestSpec): WireRequest {
  const key = JSON.stringify(request);
  let made = wire.get(key);
  if (made === undefined) {
    made = encode(request);
    wire.set(key, made);
  }
  return made;
}

/** Writes a small request in one piece; with Nagle's algorithm off, several writes would be several packets. */
function encode({ bytes, messageBytes, stream, brief, headers }: RequestSpec): WireRequest {
  const body = chatRequest(bytes, messageBytes, stream, brief);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: */*\r\n` +
      `User-Agent: bench\r\n${lines.join('')}Content-Length: ${body.length}\r\n\r\n`,
  );
  const whole = body.length <= 65_536;
  return whole ? { head: Buffer.concat([head, body]), body: Buffer.alloc(0) } : { head, body };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
