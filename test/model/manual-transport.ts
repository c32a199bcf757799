import { Readable } from 'node:stream';
import type { Transport, UpstreamCall, UpstreamEvents } from '../../src/contracts/transport.js';

/** A body whose bytes the test sends. */
class Body extends Readable {
  complete = false;
  override _read(): void {}
}

/** One upstream call, moved on by hand. Moves that make no sense where it stands do nothing. */
class ManualCall implements UpstreamCall {
  state: 'opened' | 'connected' | 'headed' | 'ended' | 'aborted' = 'opened';
  status = 0;
  /** Something was sent that a client may receive. */
  hasContent = false;
  /** What was sent is a whole response. */
  finished = false;
  readonly #events: UpstreamEvents;
  #body: Body | undefined;

  constructor(events: UpstreamEvents) {
    this.#events = events;
  }

  get over(): boolean {
    return this.state === 'ended' || this.state === 'aborted';
  }

  connect(): void {
    if (this.state !== 'opened') return;
    this.state = 'connected';
    this.#events.onConnected();
  }

  head(status: number, type: string): void {
    this.connect();
    if (this.state !== 'connected') return;
    this.state = 'headed';
    this.status = status;
    this.#body = new Body();
    this.#events.onHead({ status, headers: { 'content-type': type, 'retry-after': '1' }, message: this.#body });
  }

  say(text: string, means: { readonly hasContent?: boolean; readonly finished?: boolean }): void {
    if (this.state !== 'headed') return;
    if (this.status === 200) {
      this.hasContent ||= means.hasContent === true;
      this.finished ||= means.finished === true;
    }
    this.#body?.push(text);
  }

  end(): void {
    if (this.state !== 'headed') return;
    this.state = 'ended';
    if (this.#body !== undefined) this.#body.complete = true;
    this.#body?.push(null);
  }

  reset(reusedSocket: boolean): void {
    if (this.over) return;
    const { state } = this;
    this.state = 'ended';
    const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    if (state === 'headed') this.#body?.destroy(error);
    else this.#events.onFailure({ error, reusedSocket, connected: state === 'connected' });
  }

  abort(): void {
    if (!this.over) this.state = 'aborted';
  }
}

/** A transport whose every call waits until the test settles it. */
export class ManualTransport implements Transport {
  readonly calls: ManualCall[] = [];
  readonly #onOpen: () => void;

  constructor(onOpen: () => void) {
    this.#onOpen = onOpen;
  }

  /** The latest call. */
  get call(): ManualCall | undefined {
    return this.calls.at(-1);
  }

  open(_request: unknown, events: UpstreamEvents): UpstreamCall {
    this.#onOpen();
    const call = new ManualCall(events);
    this.calls.push(call);
    return call;
  }

  sockets(): { active: number; idle: number } {
    return { active: this.calls.filter((call) => !call.over).length, idle: 0 };
  }

  close(): void {}
}
