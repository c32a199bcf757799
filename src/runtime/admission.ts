import type { RequestContext } from '../request/context.js';
import { GatewayError } from '../errors/gateway-error.js';
import { CancelSource } from '../util/cancellation.js';
import type { Overload } from './overload.js';

export interface AdmissionOptions {
  /** Requests in flight at once. */
  readonly maxInFlight: number;
  /** Requests in flight at once of one caller. */
  readonly maxInFlightPerCaller: number;
}

const RETRY_SOON = Object.freeze({ 'retry-after': '1', 'retry-after-ms': '1000' });
const CLOSE_AND_RETRY = Object.freeze({ ...RETRY_SOON, connection: 'close' });

/** Counts the requests in flight, refuses those above the limits, and reports the end of the last one. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #overload: Overload | undefined;
  // Not a Set: under churn its old hash tables keep finished requests reachable and slow garbage collection down.
  readonly #inFlight: RequestContext[] = [];
  readonly #perCaller = new Map<string, number>();
  #draining = false;
  #closed = false;
  #onIdle: (() => void)[] = [];

  /** @param overloadOf - given the share of `maxInFlight` in use; absent: process load is not monitored. */
  constructor(options: AdmissionOptions, overloadOf?: (occupancy: () => number) => Overload) {
    this.#options = options;
    this.#overload = overloadOf?.(() => this.#inFlight.length / options.maxInFlight);
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** A shutdown has begun; new requests may still be accepted. */
  get draining(): boolean {
    return this.#draining;
  }

  /** 0: normal, 1: under pressure, 2: overloaded. */
  get load(): Overload['level'] {
    return this.#overload?.level ?? 0;
  }

  /** Called before anything is read. @throws GatewayError when the limit is reached or the gateway is closed. */
  enter(context: RequestContext): void {
    if (this.#closed) {
      throw new GatewayError('server_shutdown', 'The server is shutting down. Try again in a moment.', {
        headers: CLOSE_AND_RETRY,
      });
    }
    if (this.#inFlight.length >= this.#options.maxInFlight) throw overloaded();
    this.#overload?.watch();
    if (this.#draining) context.res.setHeader('connection', 'close');
    context.inFlightIndex = this.#inFlight.push(context) - 1;
    // A host's hook that never settles must not keep a disconnected client counted.
    context.client.onAbort(() => this.leave(context));
  }

  /**
   * The stage after `authenticate`.
   * @throws GatewayError when the caller is at its limit or the process is overloaded.
   */
  readonly admitCaller = (context: RequestContext): 'next' => {
    if (this.load > 0) this.#admitUnderLoad(context);
    const id = context.caller?.id;
    if (id !== undefined && !context.client.aborted) this.#admit(context, id);
    return 'next';
  };

  /** All stages are done. The request counts as in flight until its response has been written. */
  leave(context: RequestContext): void {
    const { res, client } = context;
    if (!res.writableEnded || res.writableFinished || res.destroyed) this.#remove(context);
    else client.onClosed(() => this.#remove(context));
  }

  /** Announces the shutdown: `connection: close` on every response from now on. */
  startDraining(): void {
    this.#draining = true;
    for (const { res } of this.#inFlight) if (!res.headersSent) res.setHeader('connection', 'close');
  }

  /** Refuses new requests. */
  close(): void {
    this.#draining = true;
    this.#closed = true;
  }

  /** Resolves when no request is in flight. */
  whenIdle(): Promise<void> {
    if (this.#inFlight.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Ends every request in flight: an error for the client, an abort for the upstream call. */
  abortAll(): void {
    // Ending a request removes it from the list.
    for (const context of this.#inFlight.slice()) {
      // `end()` was called already; let the response flush.
      if (context.res.writableEnded) continue;
      context.sink.fail(
        new GatewayError('server_shutdown', 'The server shut down before the response was complete.', {
          headers: CLOSE_AND_RETRY,
        }),
      );
      if (context.client instanceof CancelSource) context.client.abort();
    }
  }

  #admit(context: RequestContext, id: string): void {
    const count = this.#perCaller.get(id) ?? 0;
    if (count >= this.#options.maxInFlightPerCaller) {
      throw new GatewayError(
        'rate_limit_exceeded',
        `Too many requests at once: this API key may have ${this.#options.maxInFlightPerCaller} in flight.`,
        { headers: RETRY_SOON },
      );
    }
    this.#perCaller.set(id, count + 1);
    context.admitted = true;
  }

  /** The body has not been read yet, so refusing here saves most of the work. */
  #admitUnderLoad(context: RequestContext): void {
    if (this.load === 2) throw overloaded();
    context.underPressure = true;
    context.res.setHeader('connection', 'close');
  }

  #remove(context: RequestContext): void {
    if (context.inFlightIndex === undefined) return;
    // Move the last entry into the gap: removal in constant time.
    const last = this.#inFlight.pop()!;
    if (last !== context) {
      this.#inFlight[context.inFlightIndex] = last;
      last.inFlightIndex = context.inFlightIndex;
    }
    context.inFlightIndex = undefined;
    if (context.admitted) this.#removeCaller(context.caller!.id);
    if (this.#inFlight.length > 0) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #removeCaller(id: string): void {
    const count = (this.#perCaller.get(id) ?? 1) - 1;
    if (count <= 0) this.#perCaller.delete(id);
    else this.#perCaller.set(id, count);
  }
}

function overloaded(): GatewayError {
  return new GatewayError(
    'server_is_overloaded',
    'The gateway is handling as many requests as it can. Try again in a moment.',
    { headers: RETRY_SOON },
  );
}
