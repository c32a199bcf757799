import { Readable } from 'node:stream';
import type { Transport, UpstreamCall, UpstreamEvents, UpstreamRequest } from '../../src/contracts/transport.js';

/** A body that the test writes. */
class FakeMessage extends Readable {
  complete = false;

  override _read(): void {}
}

/** One upstream call as its upstream sees it. The test decides what happens on it, within the transport's contract. */
export class RespondingCall implements UpstreamCall {
  readonly number: number;
  readonly host: string;
  readonly requestId: string | undefined;
  state: 'connecting' | 'connected' | 'responding' | 'ended' = 'connecting';
  aborted = false;
  /** 0 until there is a head. */
  status = 0;
  readonly #events: UpstreamEvents;
  #message: FakeMessage | undefined;

  constructor(number: number, request: UpstreamRequest, events: UpstreamEvents) {
    this.number = number;
    this.host = request.url.hostname;
    this.requestId = request.headers['x-request-id'];
    this.#events = events;
  }

  /** Its connection is closed, or back in the pool. */
  get over(): boolean {
    if (this.aborted) return true;
    if (this.state !== 'ended') return false;
    return this.#message === undefined || this.#message.readableEnded || this.#message.destroyed;
  }

  /** Its response may still be used: it has not ended, and is not an error, of which only the rest is read. */
  get held(): boolean {
    return this.live && this.status <= 200;
  }

  /** Something may still happen on it. */
  get live(): boolean {
    return !this.aborted && this.state !== 'ended';
  }

  abort(): void {
    this.aborted = true;
  }

  connect(): void {
    this.state = 'connected';
    this.#events.onConnected();
  }

  fail(code: string, reusedSocket: boolean): void {
    const connected = this.state !== 'connecting';
    this.state = 'ended';
    this.#events.onFailure({ error: Object.assign(new Error(code), { code }), connected, reusedSocket });
  }

  respond(status: number, headers: Readonly<Record<string, string>>): void {
    this.state = 'responding';
    this.status = status;
    this.#message = new FakeMessage();
    this.#events.onHead({ status, headers, message: this.#message });
  }

  say(text: string): void {
    this.#message!.push(text);
  }

  end(): void {
    this.state = 'ended';
    this.#message!.complete = true;
    this.#message!.push(null);
  }

  cut(): void {
    this.state = 'ended';
    this.#message!.destroy(new Error('aborted'));
  }
}

/** A transport without a network: every call waits for the test to settle it. */
export class RespondingTransport implements Transport {
  readonly calls: RespondingCall[] = [];

  open(request: UpstreamRequest, events: UpstreamEvents): UpstreamCall {
    const call = new RespondingCall(this.calls.length, request, events);
    this.calls.push(call);
    return call;
  }

  sockets(): { active: number; idle: number } {
    return { active: this.calls.filter((call) => !call.over).length, idle: 0 };
  }

  close(): void {}
}
