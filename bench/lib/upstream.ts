// The upstream of all measurements: raw sockets, responses that are built at start-up, hardly any work per request.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { BRIEF_MARK, chunkEvent, completion, DONE_EVENT, streamEvents, textsIn, usageEvent } from './bodies.ts';
import { NATIVE_RESPONSES } from './native-responses.ts';
import { microsNow, stamp } from './stamps.ts';

/** The response of the upstream to every request. */
export type UpstreamResponse =
  | { readonly kind: 'json'; readonly bytes: number }
  /** `count` events back to back, `afterMs` after the request. */
  | { readonly kind: 'events'; readonly count: number; readonly bytes: number; readonly afterMs?: number }
  /** An event every `everyMs`, stamped with its send time, until the client disconnects; a single event for brief requests. */
  | { readonly kind: 'paced'; readonly everyMs: number; readonly bytes: number };

type NativeResponse = Exclude<UpstreamResponse, { readonly kind: 'paced' }>;

export interface UpstreamJob {
  readonly response: UpstreamResponse;
  /** Origins to listen as. */
  readonly origins: number;
}

export interface Upstream {
  readonly ports: readonly number[];
  /** Ends every connection. */
  close(): void;
}

/** Listens on ports of its own until `close`. */
export async function startUpstream({ response, origins }: UpstreamJob): Promise<Upstream> {
  const closing = new AbortController();
  const send = sender(response, closing.signal);
  const servers = await Promise.all(Array.from({ length: origins }, () => listen(send, closing.signal)));
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    close: () => closing.abort(),
  };
}

const HEAD_END = Buffer.from('\r\n\r\n');
const BODY_END = Buffer.from('0\r\n\r\n');
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

/** What the upstream reads from a request. */
interface Traits {
  usage: boolean;
  brief: boolean;
  requestLine: string;
}

type Send = (socket: Socket, traits: Traits) => void;

/** Reads requests of one connection just enough to find the end of each. */
class Exchange {
  readonly #socket: Socket;
  readonly #send: Send;
  #missing = 0;
  #chunked = false;
  #traits: Traits = { usage: false, brief: false, requestLine: '' };
  #head: Buffer | undefined;

  constructor(socket: Socket, send: Send) {
    this.#socket = socket;
    this.#send = send;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
  }

  take(chunk: Buffer): void {
    if (this.#chunked) this.#takeChunked(chunk);
    else if (this.#missing > 0) this.#takeBody(chunk);
    else this.#takeHead(chunk);
  }

  #takeHead(chunk: Buffer): void {
    const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf(HEAD_END);
    this.#head = end < 0 ? bytes : undefined;
    if (end < 0) return;
    const head = bytes.toString('latin1', 0, end);
    const body = bytes.subarray(end + HEAD_END.length);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#traits = { usage: false, brief: false, requestLine: head.slice(0, head.indexOf('\r\n')) };
    this.#chunked = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head);
    this.#missing = Number(length ?? 0);
    if (this.#chunked) this.#takeChunked(body);
    else this.#takeBody(body);
  }

  #takeBody(body: Buffer): void {
    this.#look(body);
    this.#missing -= body.length;
    if (this.#missing <= 0) this.#respond();
  }

  /** Clients do not pipeline, so the end of a request is the end of the bytes read. */
  #takeChunked(body: Buffer): void {
    this.#look(body);
    const tail = body.subarray(-BODY_END.length);
    if (!tail.equals(BODY_END)) return;
    this.#chunked = false;
    this.#respond();
  }

  /** Of a large body only the first and the last piece are searched. */
  #look(body: Buffer): void {
    if (body.length >= 65_536) return;
    this.#traits.usage ||= body.includes('"include_usage":true');
    this.#traits.brief ||= body.includes(BRIEF_MARK);
  }

  #respond(): void {
    this.#missing = 0;
    this.#send(this.#socket, this.#traits);
  }
}

function sendJson(bytes: number): Send {
  const response = sized(completion(bytes));
  return (socket) => void socket.write(response);
}

function sized(body: Buffer): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

function sendEvents({ count, bytes, afterMs }: Extract<UpstreamResponse, { kind: 'events' }>): Send {
  const pieces = [Buffer.from(STREAM_HEAD), ...streamEvents(count, bytes).map(httpChunk)];
  const usage = httpChunk(usageEvent());
  const end = Buffer.concat([httpChunk(DONE_EVENT), BODY_END]);
  const send: Send = (socket, { usage: usageRequested }) => {
    // One write each, as tokens leave a model server; all in one turn, as after a stall.
    for (const piece of pieces) socket.write(piece);
    if (usageRequested) socket.write(usage);
    socket.write(end);
  };
  return afterMs === undefined ? send : (socket, traits) => void setTimeout(send, afterMs, socket, traits);
}

/** Responses in vendors' own APIs, and `send` for requests in OpenAI's form. */
function withNative(response: NativeResponse, send: Send): Send {
  const texts = textsOf(response);
  const scripts = NATIVE_RESPONSES.map(({ path, contentType, whole, events }) => {
    if (response.kind === 'json') return { path, pieces: [sized(whole(texts[0]!))] };
    const head = `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunks = events(texts).map(httpChunk);
    return { path, pieces: [Buffer.from(head), ...chunks.slice(0, -1), Buffer.concat([chunks.at(-1)!, BODY_END])] };
  });
  return (socket, traits) => {
    const script = scripts.find(({ path }) => traits.requestLine.includes(path));
    if (script === undefined) return send(socket, traits);
    for (const piece of script.pieces) socket.write(piece);
  };
}

/** The text of one whole response, or of one event, as in OpenAI's form of that size. */
/** The texts of the same response in OpenAI's form. */
function textsOf(response: NativeResponse): readonly string[] {
  if (response.kind === 'events') return textsIn(streamEvents(response.count, response.bytes).join(''));
  const { choices } = JSON.parse(String(completion(response.bytes))) as { choices: { message: { content: string } }[] };
  return [choices[0]!.message.content];
}

function sendPaced(everyMs: number, bytes: number, closed: AbortSignal): Send {
  const template = chunkEvent({ content: stamp(0) }, null, bytes);
  const [before, after] = httpChunk(template).toString('latin1').split(stamp(0)) as [string, string];
  const slots = Array.from({ length: everyMs }, () => new Set<Socket>());
  let next = 0;
  let slot = 0;
  let lastTick = Math.floor(microsNow() / 1_000);

  const timer = setInterval(() => {
    const tick = Math.floor(microsNow() / 1_000);
    // After a stall each slot sends one event at most: real upstreams do not catch up either.
    const due = Math.min(tick - lastTick, everyMs);
    lastTick = tick;
    for (let index = 0; index < due; index++) {
      slot = (slot + 1) % everyMs;
      for (const socket of slots[slot]!) socket.write(before + stamp(microsNow()) + after, 'latin1');
    }
  }, 1);

  closed.addEventListener('abort', () => clearInterval(timer));

  const hello = httpChunk(chunkEvent({ role: 'assistant', content: 'Hello' }, null));
  const brief = Buffer.concat([hello, httpChunk(chunkEvent({}, 'stop')), httpChunk(DONE_EVENT), BODY_END]);
  return (socket, traits) => {
    socket.write(STREAM_HEAD);
    socket.write(traits.brief ? brief : hello);
    if (traits.brief) return;
    const own = slots[next++ % everyMs]!;
    own.add(socket);
    socket.once('close', () => own.delete(socket));
  };
}

function httpChunk(event: string | Buffer): Buffer {
  const bytes = Buffer.from(event as string);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

function sender(response: UpstreamResponse, closed: AbortSignal): Send {
  switch (response.kind) {
    case 'json':
      return withNative(response, sendJson(response.bytes));
    case 'events':
      return withNative(response, sendEvents(response));
    case 'paced':
      return sendPaced(response.everyMs, response.bytes, closed);
  }
}

async function listen(send: Send, closed: AbortSignal): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const exchange = new Exchange(socket, send);
    socket.on('data', (chunk) => exchange.take(chunk));
  });
  closed.addEventListener('abort', () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 }, resolve));
  return server;
}
