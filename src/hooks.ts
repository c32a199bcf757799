import type { HookState, Hooks } from './contracts/hooks.js';
import type { RequestContext } from './context.js';

/** Hooks that watch: what they throw is nobody's answer. */
export type WatchingHook = 'onAttempt' | 'afterAnswer' | 'onError';

/** Runs a host's watching hooks so that nothing they do can reach a client. */
export class HookRunner {
  readonly hooks: Hooks;

  constructor(hooks: Hooks = {}) {
    for (const [name, hook] of Object.entries(hooks)) {
      if (!KNOWN_HOOKS.has(name))
        throw new TypeError(`hooks: unknown hook "${name}". Known: ${[...KNOWN_HOOKS].join(', ')}.`);
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

  #report(error: unknown, name: string): void {
    try {
      this.hooks.onHookError?.(error, name);
    } catch {
      // A reporter that throws has nobody left to report to.
    }
  }
}

const KNOWN_HOOKS: ReadonlySet<string> = new Set([
  'beforeRoute',
  'selectCandidates',
  'beforeUpstream',
  'onAttempt',
  'afterAnswer',
  'onError',
  'onHookError',
] satisfies (keyof Hooks)[]);

/** What every hook is told of a request. */
export function hookState(context: RequestContext): HookState {
  return {
    requestId: context.requestId,
    req: context.req,
    caller: context.caller,
    signal: context.lifeline.signal,
  };
}
