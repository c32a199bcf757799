import type { RequestContext } from './context.js';
import type { AttemptRecord, HookState, Hooks } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import { type GatewayError, HostCodeError } from '../errors/gateway-error.js';
import type { CaptureOptions } from '../http/capture-sink.js';
import type { Parsed } from '../options/group.js';
import { HOOKS } from '../options/tables/common.js';

/** Hooks that only observe: errors that they throw do not affect the response. */
export type WatchingHook = 'afterAttempt' | 'afterResponse' | 'onSpend' | 'onError';

/**
 * An internal observer: counters, logs and spans. Called at the same moments as the hooks, but with the context itself,
 * so that no state object is created for it.
 */
export interface Observer {
  requestBegan?(context: RequestContext): void;
  attemptBegan?(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void;
  attemptEnded?(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void;
  /** The response has ended, or the client has disconnected. `error`: sent in place of a response. */
  requestEnded?(context: RequestContext, error: GatewayError | undefined): void;
  /** An observing hook of the host threw, or (`observer`) an internal observer did. */
  hookFailed?(hook: string, error: unknown): void;
}

/** Runs the host's observing hooks and the internal observers. Their errors never reach a client. */
export class HookRunner implements Required<Omit<Observer, 'hookFailed'>> {
  readonly hooks: Parsed<typeof HOOKS.rows>;
  /** Responses may be captured for `afterResponse`. */
  readonly capturesResponses: boolean;
  readonly #observers = new Set<Observer>();
  readonly #warned = new Set<string>();

  /** @throws TypeError for an unknown hook, or one that is not a function */
  constructor(hooks: Hooks = {}) {
    this.hooks = HOOKS.parse(hooks);
    this.capturesResponses = this.hooks.captureResponse !== false;
  }

  /** How the response of `context` is captured, where `capturesResponses`. */
  captureOf(context: RequestContext): CaptureOptions {
    const { captureResponse: capture, captureMaxBytes: maxBytes } = this.hooks;
    const wants = (): boolean => {
      if (typeof capture !== 'function') return capture;
      try {
        return capture(hookState(context)) === true;
      } catch (error) {
        this.#report(error, 'captureResponse');
        return false;
      }
    };
    return { wants, maxBytes };
  }

  /** Calls the hook if it is set. `state` is created only then. */
  watch<Name extends WatchingHook>(name: Name, state: () => Parameters<NonNullable<Hooks[Name]>>[0]): void {
    const hook = this.hooks[name] as ((state: unknown) => unknown) | undefined;
    if (hook === undefined) return;
    try {
      const running = hook(state());
      if (running instanceof Promise) running.catch((error: unknown) => this.#report(error, name));
    } catch (error) {
      this.#report(error, name);
    }
  }

  /** Adds an observer of all requests from now on. Returns a function that removes it. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  requestBegan(context: RequestContext): void {
    this.#notify((observer) => observer.requestBegan?.(context));
  }

  attemptBegan(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    this.#notify((observer) => observer.attemptBegan?.(context, endpoint, attempt));
  }

  attemptEnded(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    this.#notify((observer) => observer.attemptEnded?.(context, endpoint, attempt));
    this.watch('afterAttempt', () => ({ ...hookState(context), record: attempt }));
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    this.#notify((observer) => observer.requestEnded?.(context, error));
  }

  /**
   * Reports a 500, or the 503 of a caller who could not be checked, that the host's code caused. Where neither `onError`
   * nor a logger reports it, a process warning does.
   */
  reportInternalError(error: GatewayError): void {
    const isReported = this.hooks.onError !== undefined || [...this.#observers].some((observer) => observer.hookFailed);
    if (isReported) return;
    const code = error.code === 'internal_error' ? 'NORDLYS_INTERNAL_ERROR' : 'NORDLYS_AUTHENTICATION_UNAVAILABLE';
    const why = reasonOf(error.cause);
    this.#warnOnce(
      code,
      why,
      `A request got a ${error.status}, because ${why}. Set hooks.onError, or a logger, to get the error. Reported once per place.`,
    );
  }

  /** Reports what the host's own format or transport threw while a response was read. */
  reportHostCode(error: unknown): void {
    this.#report(error, 'provider', 'A format or transport of the host threw while a response was read');
  }

  /** Reports what a function of the host threw when no response can carry the error, as for an observing hook. */
  readonly report = (error: unknown, hook: string): void => this.#report(error, hook);

  /** Reports that code of the host failed while it observed or checked, in the same way as an error of a hook. */
  reportFailure(what: string, error: unknown): void {
    this.#report(error, what);
  }

  #notify(moment: (observer: Observer) => void): void {
    for (const observer of this.#observers) {
      try {
        moment(observer);
      } catch (error) {
        this.#report(error, 'observer');
      }
    }
  }

  #report(error: unknown, hook: string, what = `The hook ${hook} threw`): void {
    const { hooks } = this;
    let isReported = hooks.onHookError !== undefined && isAccepted(() => hooks.onHookError?.(error, hook));
    for (const observer of this.#observers) {
      if (observer.hookFailed !== undefined && isAccepted(() => observer.hookFailed?.(hook, error))) isReported = true;
    }
    if (isReported) return;
    const message = `${what}. Set hooks.onHookError, or a logger, to get the error. Reported once.`;
    this.#warnOnce('NORDLYS_HOOK_THREW', hook, message);
  }

  /** Without the thrown error, whose message may quote a prompt: process warnings go to stderr. */
  #warnOnce(code: string, about: string, message: string): void {
    const key = `${code} ${about}`;
    if (this.#warned.has(key) || this.#warned.size >= MAX_WARNINGS) return;
    this.#warned.add(key);
    process.emitWarning(message, { code });
  }
}

/** This package's own message, or the place of the error; never a message of the host, which may quote a prompt. */
function reasonOf(cause: unknown): string {
  if (cause instanceof HostCodeError) return cause.message;
  const [where] = framesOf(cause);
  return where === undefined ? 'something threw' : `something threw ${where}`;
}

const MAX_WARNINGS = 20;
/** The stack frames of an error, without its message. */
export function framesOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return [];
  const message = String(thrown.message);
  // Lines of the message may look like frames.
  const afterMessage = Math.max(0, thrown.stack.indexOf(message)) + message.length;
  const lines = thrown.stack.slice(afterMessage).split('\n');
  return lines.flatMap((line) => (line.startsWith('    at ') ? [line.slice(4)] : []));
}

/** Whether a reporter accepted the report. What a reporter itself throws cannot be reported. */
function isAccepted(report: () => unknown): boolean {
  try {
    const reporting = report();
    if (reporting instanceof Promise) reporting.catch(() => undefined);
    return true;
  } catch {
    return false;
  }
}

/** The state that every hook gets. */
export function hookState(context: RequestContext): HookState {
  return {
    requestId: context.requestId,
    req: context.req,
    caller: context.caller,
    signal: context.cancelSignal.signal,
  };
}
