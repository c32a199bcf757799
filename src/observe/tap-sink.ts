import type { ResponseBody, ResponseSink, SinkHead } from '../contracts/sink.js';
import type { GatewayError } from '../errors/gateway-error.js';

/** Is shown what is sent to the client. */
export interface TapListener {
  /** A response begins: the head of a stream, or a whole completion. */
  began(): void;
  chunk(payload: string): void;
  whole(body: ResponseBody): void;
  /** The stream reached its end. */
  done(): void;
}

/**
 * Passes a response on and shows it to a listener afterwards. A listener that throws is not called again, and the client
 * does not notice.
 */
export class TapSink implements ResponseSink {
  readonly #next: ResponseSink;
  #listener: TapListener | undefined;

  constructor(next: ResponseSink, listener: TapListener) {
    this.#next = next;
    this.#listener = listener;
  }

  json(head: SinkHead, body: ResponseBody): void {
    this.#next.json(head, body);
    if (head.status === 200) this.#show((listener) => listener.whole(body));
  }

  open(head: SinkHead): void {
    this.#next.open(head);
    this.#show((listener) => listener.began());
  }

  event(payload: string): boolean {
    const mayContinue = this.#next.event(payload);
    this.#show((listener) => listener.chunk(payload));
    return mayContinue;
  }

  onDrain(resume: () => void): void {
    this.#next.onDrain(resume);
  }

  done(): void {
    this.#next.done();
    this.#show((listener) => listener.done());
  }

  fail(error: GatewayError): void {
    this.#next.fail(error);
  }

  #show(moment: (listener: TapListener) => void): void {
    if (this.#listener === undefined) return;
    try {
      moment(this.#listener);
    } catch {
      this.#listener = undefined;
    }
  }
}
