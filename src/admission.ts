import type { RequestContext } from './context.js';
import { GatewayError } from './errors.js';
import { OwnedLifeline } from './http/presence.js';

export interface AdmissionOptions {
  /** Requests at work at once. */
  readonly maxInFlight: number;
  /** Requests of one caller at work at once. */
  readonly maxInFlightPerCaller: number;
}

const RETRY_SOON = Object.freeze({ 'retry-after': '1', 'retry-after-ms': '1000' });

/** Who is inside: refuses what is too much, and lets the last one out before the process ends. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #inside = new Set<RequestContext>();
  readonly #perCaller = new Map<string, number>();
  #draining = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inside.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Before anything is read. @throws GatewayError when there is no room, or none any more. */
  enter(context: RequestContext): void {
    if (this.#draining) {
      throw new GatewayError('server_shutdown', 'The server is shutting down. Try again in a moment.', {
        headers: { ...RETRY_SOON, connection: 'close' },
      });
    }
    if (this.#inside.size >= this.#options.maxInFlight) {
      throw new GatewayError(
        'server_is_overloaded',
        'The gateway is handling as many requests as it can. Try again in a moment.',
        {
          headers: RETRY_SOON,
        },
      );
    }
    this.#inside.add(context);
  }

  /** Once the caller is known. @throws GatewayError when this caller has too many requests at work. */
  admitCaller(context: RequestContext): void {
    const id = context.caller?.id;
    if (id === undefined) return;
    const count = this.#perCaller.get(id) ?? 0;
    if (count >= this.#options.maxInFlightPerCaller) {
      throw new GatewayError(
        'rate_limit_exceeded',
        `Too many requests at once: this API key may have ${this.#options.maxInFlightPerCaller} at work.`,
        {
          headers: RETRY_SOON,
        },
      );
    }
    this.#perCaller.set(id, count + 1);
    context.admitted = true;
  }

  leave(context: RequestContext): void {
    if (!this.#inside.delete(context)) return;
    if (context.admitted) this.#leaveCaller(context.caller!.id);
    if (this.#inside.size === 0) this.#onEmpty?.();
  }

  /** Nobody new comes in. */
  close(): void {
    this.#draining = true;
  }

  /** Resolves when the last request has left. */
  empty(): Promise<void> {
    if (this.#inside.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** Ends what is still at work: an honest error for every client, an abort for every upstream. */
  evict(): void {
    for (const context of [...this.#inside]) {
      context.sink.fail(
        new GatewayError('server_shutdown', 'The server shut down before the answer was complete.', {
          headers: RETRY_SOON,
        }),
      );
      if (context.client instanceof OwnedLifeline) context.client.end();
    }
  }

  #leaveCaller(id: string): void {
    const count = (this.#perCaller.get(id) ?? 1) - 1;
    if (count <= 0) this.#perCaller.delete(id);
    else this.#perCaller.set(id, count);
  }
}
