import type { RequestContext } from '../../request/context.js';
import type { ResponseBody, SinkHead, ResponseSink } from '../../contracts/sink.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import { bytesOf } from '../../http/write-body.js';

/** A call with many readers. Each word of its answer comes with who says it, since leaders are replaced. */
export interface SharedCall {
  json(from: RequestContext, head: SinkHead, body: Uint8Array): void;
  open(from: RequestContext, head: SinkHead): void;
  event(from: RequestContext, payload: string): boolean;
  onDrain(resume: () => void): void;
  done(from: RequestContext): void;
  fail(from: RequestContext, error: GatewayError): void;
}

/** Where the proxy of one leader writes. */
export class LeaderSink implements ResponseSink {
  readonly #call: SharedCall;
  readonly #leader: RequestContext;

  constructor(call: SharedCall, leader: RequestContext) {
    this.#call = call;
    this.#leader = leader;
  }

  json(head: SinkHead, body: ResponseBody): void {
    this.#call.json(this.#leader, head, bytesOf(body));
  }

  open(head: SinkHead): void {
    this.#call.open(this.#leader, head);
  }

  event(payload: string): boolean {
    return this.#call.event(this.#leader, payload);
  }

  onDrain(resume: () => void): void {
    this.#call.onDrain(resume);
  }

  done(): void {
    this.#call.done(this.#leader);
  }

  fail(error: GatewayError): void {
    this.#call.fail(this.#leader, error);
  }
}
