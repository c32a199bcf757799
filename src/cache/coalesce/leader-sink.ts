import type { RequestContext } from '../../request/context.js';
import type { ResponseBody, SinkHead, ResponseSink } from '../../contracts/sink.js';
import type { GatewayError } from '../../errors/gateway-error.js';
import { bytesOf } from '../../http/write-body.js';

/** A call with several subscribers. Each method gets the leader that writes, since leaders can be replaced. */
export interface SharedCall {
  json(from: RequestContext, head: SinkHead, body: Uint8Array): void;
  open(from: RequestContext, head: SinkHead): void;
  event(from: RequestContext, payload: string): boolean;
  onDrain(resume: () => void): void;
  done(from: RequestContext): void;
  fail(from: RequestContext, error: GatewayError): void;
}

/** The sink that one leader's proxy writes to. */
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
