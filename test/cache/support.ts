import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../../src/chat/types.js';
import { RequestContext } from '../../src/request/context.js';
import type { Endpoint } from '../../src/contracts/routing.js';
import type { ResponseBody, SinkHead, ResponseSink } from '../../src/contracts/sink.js';
import type { GatewayError } from '../../src/errors/gateway-error.js';
import { bytesOf } from '../../src/http/write-body.js';
import { endpointAt } from '../support/endpoint.js';

/** Records what a client would get. */
class ClientSink implements ResponseSink {
  head: SinkHead | undefined;
  body: string | undefined;
  readonly events: string[] = [];
  ending: 'done' | GatewayError | undefined;
  /** How many more events are taken before the sink is full. */
  room = Number.POSITIVE_INFINITY;
  #resume: (() => void) | undefined;

  json(head: SinkHead, body: ResponseBody): void {
    this.#mustBeFirst();
    this.head = head;
    this.body = Buffer.from(bytesOf(body)).toString();
    this.ending = 'done';
  }

  open(head: SinkHead): void {
    this.#mustBeFirst();
    this.head = head;
  }

  event(payload: string): boolean {
    if (this.head === undefined || this.ending !== undefined) throw new Error('event() out of order');
    this.events.push(payload);
    this.room--;
    return this.room > 0;
  }

  onDrain(resume: () => void): void {
    this.#resume = resume;
  }

  done(): void {
    if (this.head === undefined || this.ending !== undefined) throw new Error('done() out of order');
    this.ending = 'done';
  }

  fail(error: GatewayError): void {
    if (this.ending !== undefined) throw new Error('fail() out of order');
    this.ending = error;
  }

  /** The client reads `events` more events. */
  drain(events = Number.POSITIVE_INFINITY): void {
    this.room = events;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  get completion(): ChatCompletion {
    return JSON.parse(this.body ?? 'null') as ChatCompletion;
  }

  get chunks(): ChatChunk[] {
    return this.events.map((event) => JSON.parse(event) as ChatChunk);
  }

  #mustBeFirst(): void {
    if (this.head !== undefined || this.ending !== undefined) throw new Error('the response has begun already');
  }
}

export interface TicketOptions {
  readonly request?: Partial<ChatRequest>;
  readonly caller?: string | undefined;
  readonly cacheControl?: string;
  /** Candidates of the route, first choice first. */
  readonly endpoints?: readonly Endpoint[];
  /** The first of them was drawn. */
  readonly drawn?: boolean;
  /** The bytes as they came, where they mean the request. */
  readonly received?: Uint8Array;
  readonly startedAt?: number;
}

export interface AttemptTicket {
  readonly context: RequestContext;
  readonly client: ClientSink;
  /** The client closes its connection. */
  disconnect(): void;
  /** The response has been written to its end and its connection is done with it. */
  finish(): void;
}

/** A request as it comes out of the route stage. */
export function ticket(options: TicketOptions = {}): AttemptTicket {
  const client = new ClientSink();
  const req = new IncomingMessage(new Socket());
  if (options.cacheControl !== undefined) req.headers['cache-control'] = options.cacheControl;
  const res = new ServerResponse(req);
  const context = new RequestContext(req, res, 'req_1', options.startedAt ?? 0, () => client);
  const request: ChatRequest = { model: 'small', messages: [{ role: 'user', content: 'hi' }], ...options.request };
  const caller = 'caller' in options ? options.caller : 'tenant-a';
  if (caller !== undefined) context.caller = { id: caller };
  context.request = request;
  context.body = { request, received: options.received, bytesFor: () => new Uint8Array() };
  context.route = {
    model: 'small',
    candidates: (options.endpoints ?? [endpoint()]).map((one) => ({
      endpoint: one,
      credential: 'operator' as const,
      drop: [],
    })),
    excluded: [],
    drawn: options.drawn ?? false,
    ownFields: new Set(),
    overrides: undefined,
    record: () => undefined,
    onServed: undefined,
  };
  return {
    context,
    client,
    disconnect: () => res.emit('close'),
    finish: () => {
      context.client.responded();
      Object.defineProperty(res, 'writableFinished', { value: true });
      res.emit('close');
    },
  };
}

export function endpoint(slug = 'alpha', over: Partial<Endpoint> = {}): Endpoint {
  return { ...endpointAt(`https://${slug}.test/v1`, slug, { model: 'small' }), ...over };
}

export const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

/** A whole response. */
export function completion(
  content = 'Hello',
  choice: Record<string, unknown> = {},
  top: Record<string, unknown> = {},
): ChatCompletion {
  return {
    id: 'chatcmpl-upstream',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'small-2025',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
        ...choice,
      },
    ],
    usage: USAGE,
    ...top,
  };
}

/** The same response as a stream's payloads, a word at a time. The usage chunk is not among them. */
export function streamOf(text: string, finishReason: string | null = 'stop'): string[] {
  const words = text.split(/(?<= )/);
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...words.map((content) => chunk({ content }, null)),
    chunk({}, finishReason),
  ];
}

function chunk(delta: object, finishReason: string | null): string {
  return JSON.stringify({
    id: 'chatcmpl-upstream',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'small-2025',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  });
}

const OK: SinkHead = { status: 200, headers: {} };

/** Does what the proxy stage does once an upstream has responded. */
export const upstream = {
  whole(
    context: RequestContext,
    body: ChatCompletion = completion(),
    by: Endpoint | undefined = context.route?.candidates[0]?.endpoint,
  ): void {
    serve(context, by);
    context.sink.json(OK, Buffer.from(JSON.stringify(body)));
    end(context);
  },
  stream(
    context: RequestContext,
    payloads: readonly string[] = streamOf('Hello'),
    by: Endpoint | undefined = context.route?.candidates[0]?.endpoint,
  ): void {
    upstream.open(context, by);
    for (const payload of payloads) context.sink.event(payload);
    upstream.done(context);
  },
  open(context: RequestContext, by: Endpoint | undefined = context.route?.candidates[0]?.endpoint): void {
    serve(context, by);
    context.sink.open(OK);
  },
  done(context: RequestContext): void {
    context.sink.done();
    end(context);
  },
};

function serve(context: RequestContext, by: Endpoint | undefined): void {
  if (by !== undefined) context.served = { provider: by.provider.slug, model: by.model, slug: by.slug };
}

/** The proxy knows the outcome of a response only a moment after the last byte. */
function end(context: RequestContext): void {
  queueMicrotask(() => {
    context.outcome = { complete: true, finishReason: 'stop', usage: USAGE, costUsd: 0.25, firstTokenMs: 7 };
  });
}

/** Runs pending promises and callbacks of the next turn of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
