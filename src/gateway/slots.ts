import type { Clock } from '../contracts/clock.js';
import { GatewayError, HostCodeError } from '../errors/gateway-error.js';
import { optionError } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom, type OptionRow } from '../options/row.js';
import type { MiddlewareOptions, SlotMiddleware } from '../options/middleware.js';
import type { RequestContext, Stage, StageOutcome } from '../request/context.js';

/** The host's middleware as stages. A slot without middleware is an empty list. */
export type Slots = Readonly<Record<keyof MiddlewareOptions, readonly Stage[]>>;

export interface SlotParts {
  readonly clock: Clock;
  /** `timeouts.totalMs`, if the operator has set it. */
  readonly totalMs: () => number | undefined;
}

/** Limit of a whole request if `timeouts.totalMs` is not set, in milliseconds. */
const DEFAULT_TOTAL_MS = 600_000;

export const MIDDLEWARE = defineOptions({
  path: 'middleware',
  member: 'slot',
  rows: {
    afterAuthenticate: slot('`getContext(req).caller` is known, the body has not been read.'),
    afterValidate: slot('`request` is known. With it or `afterRoute`, every request is parsed.'),
    afterRoute: slot('`route.candidates` are known. Not for dry runs.'),
    afterCache: slot('Before the upstream is called, not for cache hits. Also runs without a cache.'),
  } satisfies RowsFor<MiddlewareOptions>,
});

function slot(text: string): OptionRow<readonly SlotMiddleware[], readonly SlotMiddleware[]> {
  return custom('`(req, res, next)`, a list of them', functionsIn, text).or([], 'none');
}

function functionsIn(path: string, value: unknown): readonly SlotMiddleware[] {
  if (!Array.isArray(value)) return [functionAt(path, value)];
  return value.map((entry: unknown, index) => functionAt(`${path}[${index}]`, entry));
}

function functionAt(path: string, value: unknown): SlotMiddleware {
  if (typeof value !== 'function') throw optionError(path, 'must be a function (req, res, next)', value);
  // Express treats a function of four parameters as an error handler, whose first argument is the error.
  if (value.length > 3) throw optionError(path, 'must take (req, res, next): error handlers cannot be used here');
  return value as SlotMiddleware;
}

/** @throws TypeError for an unknown slot, and for a value that is not a function. */
export function createSlots(options: MiddlewareOptions | null | undefined, parts: SlotParts): Slots {
  const given = MIDDLEWARE.parse(options ?? {});
  const stagesOf = (name: keyof MiddlewareOptions): Stage[] =>
    given[name].map((middleware, index) => slotStage(middleware, `${name}[${index}]`, parts));
  return {
    afterAuthenticate: stagesOf('afterAuthenticate'),
    afterValidate: stagesOf('afterValidate'),
    afterRoute: stagesOf('afterRoute'),
    afterCache: stagesOf('afterCache'),
  };
}

/** `middleware` as a stage. Synchronous if the middleware calls `next` synchronously. */
function slotStage(middleware: SlotMiddleware, name: string, parts: SlotParts): Stage {
  return function runSlot(context) {
    const call = new SlotCall(context);
    try {
      const running = middleware(context.req, context.res, call.next);
      if (running instanceof Promise) running.catch(call.fail);
    } catch (error) {
      call.fail(error);
    }
    return call.outcome ?? call.wait(name, parts);
  };
}

/**
 * One call of a host's middleware, which ends by calling `next`, by failing or by responding. Only the first of these
 * counts.
 */
class SlotCall {
  /** Set once the middleware has called `next` or failed. */
  outcome: StageOutcome | Promise<StageOutcome> | undefined;
  readonly #context: RequestContext;
  #settle: ((outcome: StageOutcome | Promise<StageOutcome>) => void) | undefined;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  readonly next = (error?: unknown): void => {
    if (error !== undefined && error !== null) this.fail(error);
    // If the middleware has responded and then calls `next`, the response counts.
    else if (!this.#context.res.headersSent) this.#end('next');
  };

  readonly fail = (error: unknown): void => {
    // The response has begun, so only closing the connection can still signal the failure.
    if (this.#context.res.headersSent) this.#context.res.destroy();
    else this.#end(rejected(error));
  };

  /** Resolves when the middleware has called `next`, or its response has been written. */
  wait(name: string, { clock, totalMs }: SlotParts): Promise<StageOutcome> {
    const { res, client, startedAt } = this.#context;
    if (client.aborted) return rejected(clientDisconnected());
    return new Promise((resolve) => {
      const limitMs = startedAt + (totalMs() ?? DEFAULT_TOTAL_MS) - clock.now();
      const timer = clock.setTimer(() => this.fail(timedOut(name)), Math.max(1, limitMs));
      this.#settle = (outcome) => {
        timer.cancel();
        resolve(outcome);
      };
      // The host responds itself, so a connection that closes after a complete response is not an abort.
      if (res.writableFinished) client.responded();
      else res.once('finish', () => client.responded());
      client.onClosed(() => this.#end(res.writableFinished ? 'responded' : rejected(clientDisconnected())));
    });
  }

  #end(outcome: StageOutcome | Promise<StageOutcome>): void {
    if (this.outcome !== undefined) {
      // This outcome is not used, and its rejection must not be unhandled.
      if (outcome instanceof Promise) outcome.catch(() => undefined);
      return;
    }
    this.outcome = outcome;
    this.#settle?.(outcome);
  }
}

function rejected(reason: unknown): Promise<StageOutcome> {
  return Promise.reject(reason);
}

function clientDisconnected(): GatewayError {
  return new GatewayError('client_closed_request', 'The client disconnected before the response was complete.');
}

function timedOut(name: string): GatewayError {
  return new GatewayError('internal_error', 'A middleware of the gateway did not finish in time.', {
    cause: new HostCodeError(`middleware.${name} has neither responded nor called next in time`),
  });
}
