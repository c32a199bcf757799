import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { now } from './time.ts';

export const KEY = 'chaos-key-0123456789';
export const MODEL = 'chaos-model';

/** The request of one client. */
export interface Question {
  readonly id: string;
  /** The user's message; the response is a function of it. */
  readonly question: string;
  readonly stream: boolean;
  /** `provider_order` of the request. @defaultValue the gateway's own order */
  readonly order?: readonly string[];
  /** The caller's key. @defaultValue `KEY` */
  readonly key?: string;
  readonly maxTokens?: number;
}

/** The result of one request, as its client saw it. */
export interface ClientRecord extends Question {
  readonly startedAt: number;
  endedAt: number;
  /** The client's own port. */
  localPort: number;
  /** The gateway that served it, where that is known. */
  gateway: string;
  status: number | undefined;
  /** Served from the gateway's cache. */
  cached: boolean;
  text: string;
  /** The response is marked as complete. */
  done: boolean;
  /** Code of the error in the response. */
  error: string | undefined;
  /** The error that broke the connection. */
  broken: string | undefined;
  /** The client disconnected on purpose. */
  aborted: boolean;
}

/** A request in flight. */
export interface SentRequest {
  readonly record: ClientRecord;
  readonly finished: Promise<ClientRecord>;
  /** Resolves with the first byte of the body, or at the end. */
  readonly begun: Promise<void>;
  abort(): void;
}

/** Sends a request on a connection of its own. Never rejects: errors are in the record. */
export function send(port: number, question: Question): SentRequest {
  const record: ClientRecord = {
    ...question,
    startedAt: now(),
    endedAt: 0,
    localPort: 0,
    gateway: '',
    status: undefined,
    cached: false,
    text: '',
    done: false,
    error: undefined,
    broken: undefined,
    aborted: false,
  };
  const { sent, body } = requestFor(port, question);
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const finished = new Promise<ClientRecord>((resolve) => {
    const end = (broken?: string): void => {
      record.broken ??= broken;
      if (record.endedAt === 0) record.endedAt = now();
      begin();
      resolve(record);
    };
    sent.on('socket', (socket) => socket.once('connect', () => (record.localPort = socket.localPort ?? 0)));
    sent.on('error', (error) => end(error.message));
    sent.on(
      'response',
      (response) =>
        void read(response, record, begin).then(
          () => end(),
          (error: Error) => end(error.message),
        ),
    );
  });
  sent.end(body);
  const abort = (): void => {
    if (record.endedAt !== 0) return;
    record.aborted = true;
    sent.destroy(new Error('left'));
  };
  return { record, finished, begun, abort };
}

function requestFor(port: number, question: Question): { readonly sent: ClientRequest; readonly body: string } {
  const body = JSON.stringify({
    model: MODEL,
    stream: question.stream,
    messages: [{ role: 'user', content: question.question }],
    ...(question.order === undefined ? {} : { provider_order: question.order }),
    ...(question.maxTokens === undefined ? {} : { max_tokens: question.maxTokens }),
  });
  const sent = request({
    port,
    host: '127.0.0.1',
    path: '/v1/chat/completions',
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${question.key ?? KEY}`,
      'x-request-id': question.id,
    },
  });
  return { sent, body };
}

async function read(response: IncomingMessage, record: ClientRecord, begun: () => void): Promise<void> {
  record.status = response.statusCode;
  record.cached = response.headers['x-nordlys-cache'] === 'HIT';
  const pieces: Buffer[] = [];
  try {
    for await (const piece of response) {
      pieces.push(piece as Buffer);
      begun();
    }
  } finally {
    const body = Buffer.concat(pieces).toString('utf8');
    if (response.headers['content-type']?.startsWith('text/event-stream') === true) readEvents(body, record);
    else readWhole(body, record);
  }
}

interface ResponsePart {
  readonly choices?: readonly { readonly delta?: { content?: string }; readonly message?: { content?: string } }[];
  readonly error?: { readonly code?: string | null; readonly message?: string };
}

function readWhole(body: string, record: ClientRecord): void {
  const part = parsed(body);
  if (part === undefined) return;
  record.text = part.choices?.[0]?.message?.content ?? '';
  record.done = part.choices !== undefined;
  note(part, record);
}

function readEvents(body: string, record: ClientRecord): void {
  const text: string[] = [];
  for (const line of body.split('\n')) {
    if (!line.startsWith('data: ')) continue;
    const data = line.slice(6);
    if (data === '[DONE]') record.done = true;
    const event = parsed(data);
    if (event === undefined) continue;
    text.push(event.choices?.[0]?.delta?.content ?? '');
    note(event, record);
  }
  record.text = text.join('');
}

function note({ error }: ResponsePart, record: ClientRecord): void {
  if (error !== undefined) record.error ??= error.code ?? error.message ?? 'an error without words';
}

function parsed(text: string): ResponsePart | undefined {
  try {
    return JSON.parse(text) as ResponsePart;
  } catch {
    return undefined;
  }
}
