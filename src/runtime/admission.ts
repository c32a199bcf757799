import type { RequestContext } from '../request/context.js';
import { GatewayError } from '../errors/gateway-error.js';
import { CancelSource } from '../util/cancellation.js';
import type { Overload } from './overload.js';

export interface AdmissionOptions {
  /** Requests at work at once. */
  readonly maxInFlight: number;
  /** Requests of one caller at work at once. */
  readonly maxInFlightPerCaller: number;
}

const RETRY_SOON = Object.freeze({ 'retry-after': '1', 'retry-after-ms': '1000' });
const CLOSE_AND_RETRY = Object.freeze({ ...RETRY_SOON, connection: 'close' });

/** Who is inside: refuses what is too much, and lets the last one out before the process ends. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #overload: Overload | undefined;
  // No Set: the tables that one leaves behind while it churns keep finished requests alive, and make garbage collections slow.
  readonly #inside: RequestContext[] = [];
  readonly #perCaller = new Map<string, number>();
  #draining = false;
  #closed = false;
  #onEmpty: (() => void)[] = [];

  /** @param overloadOf - Made for the share of `maxInFlight` that is at work; absent: the process is not watched. */
  constructor(options: AdmissionOptions, overloadOf?: (occupancy: () => number) => Overload) {
    this.#options = options;
    this.#overload = overloadOf?.(() => this.#inside.length / options.maxInFlight);
  }

  get inFlight(): number {
    return this.#inside.length;
  }

  /** We are about to leave, whether or not somebody may still come in. */
  get draining(): boolean {
    return this.#draining;
  }

  /** 0: all is well, 1: strained, 2: overloaded. */
  get load(): Overload['level'] {
    return this.#overload?.level ?? 0;
  }

  /** Before anything is read. @throws GatewayError when there is no room, or none any more. */
  enter(context: RequestContext): void {
    if (this.#closed) {
      throw new GatewayError('server_shutdown', 'The server is shutting down. Try again in a moment.', {
        headers: CLOSE_AND_RETRY,
      });
    }
    if (this.#inside.length >= this.#options.maxInFlight) throw overloaded();
    this.#overload?.watch();
    if (this.#draining) context.res.setHeader('connection', 'close');
    context.inFlightIndex = this.#inside.push(context) - 1;
    // A hook of the host's that never ends must not hold the place of a client that has left.
    context.client.onAbort(() => this.leave(context));
  }

  /** A stage behind `authenticate`. @throws GatewayError when this caller, or the process, has too much to do. */
  readonly admitCaller = (context: RequestContext): 'next' => {
    if (this.load > 0) this.#admitUnderLoad(context);
    const id = context.caller?.id;
    if (id !== undefined && !context.client.aborted) this.#admit(context, id);
    return 'next';
  };

  /** All stages are done. What they answered may still be on its way to the client: until then nobody has left. */
  leave(context: RequestContext): void {
    const { res, client } = context;
    if (!res.writableEnded || res.writableFinished || res.destroyed) this.#remove(context);
    else client.onClosed(() => this.#remove(context));
  }

  /** We leave soon: nobody shall count on this process, or on a connection to it, any more. */
  startDraining(): void {
    this.#draining = true;
    for (const { res } of this.#inside) if (!res.headersSent) res.setHeader('connection', 'close');
  }

  /** Nobody new comes in. */
  close(): void {
    this.#draining = true;
    this.#closed = true;
  }

  /** Resolves when the last request has left. */
  empty(): Promise<void> {
    if (this.#inside.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** Ends what is still at work: an honest error for every client, an abort for every upstream. */
  abortAll(): void {
    // They leave while we go through.
    for (const context of this.#inside.slice()) {
      // The last word has been said, and is on its way.
      if (context.res.writableEnded) continue;
      context.sink.fail(
        new GatewayError('server_shutdown', 'The server shut down before the answer was complete.', {
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
        `Too many requests at once: this API key may have ${this.#options.maxInFlightPerCaller} at work.`,
        { headers: RETRY_SOON },
      );
    }
    this.#perCaller.set(id, count + 1);
    context.admitted = true;
  }

  /** The body is not read yet: that is the work to spare. */
  #admitUnderLoad(context: RequestContext): void {
    if (this.load === 2) throw overloaded();
    context.underPressure = true;
    context.res.setHeader('connection', 'close');
  }

  #remove(context: RequestContext): void {
    if (context.inFlightIndex === undefined) return;
    // The last one takes the place of the one that leaves.
    const last = this.#inside.pop()!;
    if (last !== context) {
      this.#inside[context.inFlightIndex] = last;
      last.inFlightIndex = context.inFlightIndex;
    }
    context.inFlightIndex = undefined;
    if (context.admitted) this.#leaveCaller(context.caller!.id);
    if (this.#inside.length > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #leaveCaller(id: string): void {
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
