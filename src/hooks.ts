import type { RequestContext } from './context.js';
import type { AttemptRecord, HookState, Hooks } from './contracts/hooks.js';
import type { Endpoint } from './contracts/routing.js';
import type { GatewayError } from './errors.js';
import { knownMembers } from './option-checks.js';

/** Hooks that watch: what they throw is nobody's answer. */
export type WatchingHook = 'onAttempt' | 'afterAnswer' | 'onError';

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
}

/** Runs a host's watching hooks, and our own observers, so that nothing they do can reach a client. */
export class HookRunner implements Required<Observer> {
  readonly hooks: Hooks;
  readonly #observers = new Set<Observer>();

  constructor(hooks: Hooks = {}) {
    for (const [name, hook] of Object.entries(knownMembers('hooks', hooks, KNOWN_HOOKS, 'hook'))) {
      if (hook !== undefined && typeof hook !== 'function')
        throw new TypeError(`hooks.${name} must be a function, got ${typeof hook}.`);
    }
    this.hooks = hooks;
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
    this.watch('onAttempt', () => ({ ...hookState(context), record: attempt }));
  }

  requestEnded(context: RequestContext, error: GatewayError | undefined): void {
    this.#tell((observer) => observer.requestEnded?.(context, error));
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

  #report(error: unknown, name: string): void {
    try {
      this.hooks.onHookError?.(error, name);
    } catch {
      // A reporter that throws has nobody left to report to.
    }
  }
}

const KNOWN_HOOKS: readonly string[] = [
  'beforeRoute',
  'selectCandidates',
  'beforeUpstream',
  'onAttempt',
  'afterAnswer',
  'onError',
  'onHookError',
] satisfies (keyof Hooks)[];

/** What every hook is told of a request. */
export function hookState(context: RequestContext): HookState {
  return {
    requestId: context.requestId,
    req: context.req,
    caller: context.caller,
    signal: context.lifeline.signal,
  };
}
