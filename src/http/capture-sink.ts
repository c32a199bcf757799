import { assembleCompletion } from '../chat/assemble.js';
import type { ChatChunk, ChatCompletion } from '../chat/types.js';
import type { ResponseBody, ResponseSink, SinkHead } from '../contracts/sink.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { bytesOf } from './write-body.js';

/** How a response is captured. */
export interface CaptureOptions {
  /** Whether to capture this response. Called before its first byte is written. */
  readonly wants: () => boolean;
  /** Larger responses are not captured, in bytes of JSON text. */
  readonly maxBytes: number;
}

/** Records a response while it is sent to the client. */
export class CaptureSink implements ResponseSink {
  readonly #next: ResponseSink;
  readonly #options: CaptureOptions;
  #body: ResponseBody | undefined;
  #events: string[] | undefined;
  #bytesLeft: number;

  constructor(next: ResponseSink, options: CaptureOptions) {
    this.#next = next;
    this.#options = options;
    this.#bytesLeft = options.maxBytes;
  }

  /** The response as the client got it, complete or not; `undefined` if it was not captured. */
  completion(): ChatCompletion | undefined {
    if (this.#events !== undefined)
      return assembleCompletion(this.#events.map((event) => JSON.parse(event) as ChatChunk));
    if (this.#body === undefined) return undefined;
    const { buffer, byteOffset, byteLength } = bytesOf(this.#body);
    return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString()) as ChatCompletion;
  }

  json(head: SinkHead, body: ResponseBody): void {
    if (body.length <= this.#bytesLeft && this.#options.wants()) this.#body = body;
    this.#next.json(head, body);
  }

  open(head: SinkHead): void {
    if (this.#options.wants()) this.#events = [];
    this.#next.open(head);
  }

  event(payload: string): boolean {
    if (this.#events !== undefined) this.#keep(this.#events, payload);
    return this.#next.event(payload);
  }

  onDrain(resume: () => void): void {
    this.#next.onDrain(resume);
  }

  keepAlive(): void {
    this.#next.keepAlive?.();
  }

  done(): void {
    this.#next.done();
  }

  fail(error: GatewayError): void {
    this.#next.fail(error);
  }

  #keep(events: string[], payload: string): void {
    this.#bytesLeft -= Buffer.byteLength(payload);
    if (this.#bytesLeft < 0) this.#events = undefined;
    else events.push(payload);
  }
}
