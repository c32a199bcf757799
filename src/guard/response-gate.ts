import type { ResponseSink } from '../contracts/sink.js';
import type { GatewayError } from '../errors/gateway-error.js';
import type { RequestContext, ResponseEnd, ResponseGate } from '../request/context.js';
import { CancelSource } from '../util/cancellation.js';

const NOT_PASSED: ResponseEnd = { passed: false, blocked: false, error: undefined };

/** The outcome of the guarded response of one request, for the stages. */
export class GuardedResponse implements ResponseGate {
  /** Aborts when the client disconnects, a guard blocks or the response fails. */
  readonly cancelSignal = new CancelSource();
  readonly #context: RequestContext;
  readonly #client: ResponseSink;
  readonly #restart: () => void;
  readonly #listeners: ((end: ResponseEnd) => void)[] = [];
  #end: ResponseEnd | undefined;
  #hasBegun = false;
  #cancelAttempt: (() => void) | undefined;
  /** A guard wants the next candidate instead of the current attempt. */
  #rejection: GatewayError | undefined;
  #onRejection: (() => void) | undefined;
  #rejectStage: ((error: GatewayError) => void) | undefined;

  /**
   * @param client - where the guards write what has passed
   * @param restart - prepares the guards for the response of another attempt
   */
  constructor(context: RequestContext, client: ResponseSink, restart: () => void) {
    this.#context = context;
    this.#client = client;
    this.#restart = restart;
    context.client.onAbort(() => this.end(NOT_PASSED));
  }

  get error(): GatewayError | undefined {
    return this.#end?.error;
  }

  /** The guards have received a part of a response. */
  begin(): void {
    this.#hasBegun = true;
  }

  onEnd(listener: (end: ResponseEnd) => void): void {
    if (this.#end === undefined) this.#listeners.push(listener);
    else listener(this.#end);
  }

  /** The response has ended. Only the first call counts. */
  end(end: ResponseEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const listener of this.#listeners.splice(0)) listener(end);
    if (!end.passed) this.cancelSignal.abort();
  }

  /** A guard blocks before the client has received anything. */
  reject(error: GatewayError, follow: 'reject' | 'next'): void {
    if (follow === 'next' && this.#cancelAttempt !== undefined && !this.#isShared) {
      this.#rejection = error;
      this.#cancelAttempt();
      this.#onRejection?.();
      return;
    }
    const isShared = this.#isShared;
    this.end({ passed: false, blocked: true, error });
    if (isShared) this.#rejectStage?.(error);
  }

  async offer(send: () => Promise<void>, cancel: () => void): Promise<GatewayError | undefined> {
    this.#cancelAttempt = cancel;
    await send();
    // The verdict may arrive after the last byte of the upstream.
    if (!this.#isShared && this.#hasBegun && this.#rejection === undefined) await this.#decided();
    this.#cancelAttempt = undefined;
    const rejection = this.#rejection;
    this.#rejection = undefined;
    if (rejection !== undefined) this.#restart();
    return rejection;
  }

  settled(): Promise<ResponseEnd> {
    if (this.#end === undefined && !this.#hasBegun) return Promise.resolve(NOT_PASSED);
    return new Promise((resolve) => this.onEnd(resolve));
  }

  unlessRejected<T>(stage: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#rejectStage = reject;
      stage.then(resolve, reject);
    });
  }

  fail(error: GatewayError): void {
    this.#client.fail(error);
  }

  /** Other requests share the upstream call, so it continues without this one. */
  get #isShared(): boolean {
    return this.#context.cancelSignal !== this.cancelSignal;
  }

  #decided(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRejection = resolve;
      this.onEnd(() => resolve());
    });
  }
}
