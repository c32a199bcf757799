import type { RequestContext } from './context.js';
import type { AttemptRecord, HookState, Hooks } from '../contracts/hooks.js';
import type { Endpoint } from '../contracts/routing.js';
import { type GatewayError, HostCodeError } from '../errors/gateway-error.js';
import type { CaptureOptions } from '../http/capture-sink.js';
import type { Parsed } from '../options/group.js';
import { HOOKS } from '../options/tables/common.js';

/** Hooks that watch: what they throw is nobody's answer. */
export type WatchingHook = 'afterAttempt' | 'afterResponse' | 'onSpend' | 'onError';

/**
 * Watches from within: counters, logs and spans. Told at the same moments as the hooks, but of the context itself, so
 * that nothing is made for it per request.
 */
export interface Observer {
  requestBegan?(context: RequestContext): void;
  attemptBegan?(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void;
  attemptEnded?(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void;
  /** The client has been told everything, or has left. `error` where it was told one before any answer. */
  requestEnded?(context: RequestContext, error: GatewayError | undefined): void;
  /** A watching hook of the host's threw, or (`observer`) one of those who watch from within. */
  hookFailed?(hook: string, error: unknown): void;
}

/** Runs a host's watching hooks, and our own observers, so that nothing they do can reach a client. */
export class HookRunner implements Required<Omit<Observer, 'hookFailed'>> {
  readonly hooks: Parsed<typeof HOOKS.rows>;
  /** Some responses are kept for `afterResponse`. */
  readonly capturesResponses: boolean;
  readonly #observers = new Set<Observer>();
  readonly #warned = new Set<string>();

  /** @throws TypeError for an unknown hook, or one that is no function */
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

  /** Calls the hook when there is one; `state` is only made then. */
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

  /** Tells `observer` of every request from now on. Returns how to take that back. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  requestBegan(context: RequestContext): void {
    this.#tell((observer) => observer.requestBegan?.(context));
  }

  attemptBegan(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    this.#tell((observer) => observer.attemptBegan?.(context, endpoint, attempt));
  }

  attemptEnded(context: RequestContext, endpoint: Endpoint, attempt: AttemptRecord): void {
    this.#tell((observer) => observer.attemptEnded?.(context, endpoint, attempt));
    this.watch('afterAttempt', () => ({ ...hookState(context), record: attempt }));
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    this.#tell((observer) => observer.requestEnded?.(context, error));
  }

  /**
   * A request ended in a 500, or in the 503 of a caller who could not be checked, because of the host's code. Where
   * neither `onError` nor a logger tells the host, a warning does.
   */
  reportInternalError(error: GatewayError): void {
    const isTold = this.hooks.onError !== undefined || [...this.#observers].some((observer) => observer.hookFailed);
    if (isTold) return;
    const code = error.code === 'internal_error' ? 'NORDLYS_INTERNAL_ERROR' : 'NORDLYS_AUTHENTICATION_UNAVAILABLE';
    const why = reasonOf(error.cause);
    this.#warnOnce(
      code,
      why,
      `A request was answered with ${error.status}, because ${why}. Give hooks.onError, or a logger, to be told what. Said once a place.`,
    );
  }

  /** The host's own format or transport threw while a response was read; `onHookError` is told under this name. */
  reportHostCode(error: unknown): void {
    this.#report(error, 'provider', 'A format or transport of the host threw while a response was read');
  }

  /** Reports what a function of the host's threw where no response can say so, as for a watching hook. */
  readonly report = (error: unknown, hook: string): void => this.#report(error, hook);

  /** Something of the host's failed while watching or checking. Told as what a hook throws is told. */
  reportFailure(what: string, error: unknown): void {
    this.#report(error, what);
  }

  #tell(moment: (observer: Observer) => void): void {
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
    let isHeard = hooks.onHookError !== undefined && heard(() => hooks.onHookError?.(error, hook));
    for (const observer of this.#observers) {
      if (observer.hookFailed !== undefined && heard(() => observer.hookFailed?.(hook, error))) isHeard = true;
    }
    if (isHeard) return;
    const message = `${what}, and nobody was told what. Give hooks.onHookError, or a logger. Said once.`;
    this.#warnOnce('NORDLYS_HOOK_THREW', hook, message);
  }

  /** Without what was thrown: it may quote what somebody has written, and nobody said where that may go. */
  #warnOnce(code: string, about: string, message: string): void {
    const key = `${code} ${about}`;
    if (this.#warned.has(key) || this.#warned.size >= MAX_WARNINGS) return;
    this.#warned.add(key);
    process.emitWarning(message, { code });
  }
}

/** Our own words, or the place; never a message of the host's, which may quote what a caller has written. */
function reasonOf(cause: unknown): string {
  if (cause instanceof HostCodeError) return cause.message;
  const [where] = framesOf(cause);
  return where === undefined ? 'something threw' : `something threw ${where}`;
}

const MAX_WARNINGS = 20;
/** Where an error was thrown, line by line, without its message. */
export function framesOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return [];
  const message = String(thrown.message);
  // What somebody wrote may look like a frame.
  const afterMessage = Math.max(0, thrown.stack.indexOf(message)) + message.length;
  const lines = thrown.stack.slice(afterMessage).split('\n');
  return lines.flatMap((line) => (line.startsWith('    at ') ? [line.slice(4)] : []));
}

/** Whether a reporter took it. One that throws has nobody left to report to. */
function heard(tell: () => unknown): boolean {
  try {
    const telling = tell();
    if (telling instanceof Promise) telling.catch(() => undefined);
    return true;
  } catch {
    return false;
  }
}

/** What every hook is told of a request. */
export function hookState(context: RequestContext): HookState {
  return {
    requestId: context.requestId,
    req: context.req,
    caller: context.caller,
    signal: context.cancelSignal.signal,
  };
}
