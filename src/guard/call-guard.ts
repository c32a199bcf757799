import type { Clock } from '../contracts/clock.js';
import type { Caller } from '../contracts/caller.js';
import type { ChatRequest } from '../chat/types.js';
import type { GuardBase, GuardState, GuardVerdict } from '../contracts/guard.js';
import { CancelSource, type CancelSignal } from '../util/cancellation.js';
import { isRecord } from '../util/json-object.js';
import { waitFor } from '../util/wait-for.js';
import { BlockedByGuard, guardUnavailable, type BlockEffect } from './blocked.js';

/** What all checks of one request have in common. */
export interface GuardContext {
  readonly clock: Clock;
  readonly requestId: string;
  readonly caller: Caller | undefined;
  readonly request: ChatRequest;
  /** Aborts when no verdict is needed any more. */
  readonly cancelSignal: CancelSignal;
  /** Reports what a guard threw to the host. */
  readonly reportFailure: (guard: string, error: unknown) => void;
}

/** A guard with its options resolved. */
export interface GuardSettings extends BlockEffect, Pick<GuardBase, 'name' | 'onError'> {
  readonly timeoutMs: number;
  /** It may give `{ replace }`. */
  readonly replaces: boolean;
}

/** Thrown where a verdict is not needed any more. */
export class GuardAborted extends Error {
  override readonly name = 'GuardAborted';
}

/**
 * The verdict of a guard on one text, at once where the guard is synchronous. A guard that fails open lets the text pass.
 * @throws BlockedByGuard where it fails closed; GuardAborted where the verdict is not needed any more.
 */
export function callGuard(
  guard: GuardSettings,
  path: string,
  context: GuardContext,
  check: (state: GuardState) => GuardVerdict | Promise<GuardVerdict>,
): GuardVerdict | Promise<GuardVerdict> {
  const state = new CheckState(context);
  const failed = (error: unknown): 'pass' => {
    state.abort();
    context.reportFailure(guard.name, error);
    if (guard.onError === 'open') return 'pass';
    throw new BlockedByGuard(guardUnavailable(guard.name, path, error), guard);
  };
  let given: unknown;
  try {
    given = check(state);
  } catch (error) {
    return failed(error);
  }
  if (!isThenable(given)) return isVerdict(given, guard) ? given : failed(noVerdict(guard));
  return waitForVerdict(given, guard, context, state).catch((error: unknown) => {
    if (error instanceof GuardAborted) throw error;
    return failed(error);
  });
}

async function waitForVerdict(
  given: Promise<unknown>,
  guard: GuardSettings,
  { clock, cancelSignal }: GuardContext,
  state: CheckState,
): Promise<GuardVerdict> {
  const waited = await waitFor(() => given, { clock, cancelSignal, limitMs: guard.timeoutMs });
  if (waited.kind === 'aborted') {
    state.abort();
    throw new GuardAborted();
  }
  if (waited.kind === 'timed-out') throw new Error(`The guard "${guard.name}" took longer than ${guard.timeoutMs} ms.`);
  if (!isVerdict(waited.value, guard)) throw noVerdict(guard);
  return waited.value;
}

/** Creates its `AbortSignal` only when the guard reads `signal`: most guards do not. */
class CheckState implements GuardState {
  readonly #context: GuardContext;
  readonly #source = new CancelSource();

  constructor(context: GuardContext) {
    this.#context = context;
  }

  get requestId(): string {
    return this.#context.requestId;
  }

  get caller(): Caller | undefined {
    return this.#context.caller;
  }

  get request(): ChatRequest {
    return this.#context.request;
  }

  get signal(): AbortSignal {
    return this.#source.signal;
  }

  abort(): void {
    this.#source.abort();
  }
}

function noVerdict({ name, replaces }: GuardSettings): TypeError {
  const replace = replaces ? ', { block: true } or { replace: text }' : ' or { block: true }';
  return new TypeError(`The guard "${name}" must give 'pass'${replace}.`);
}

function isVerdict(value: unknown, { replaces }: GuardSettings): value is GuardVerdict {
  if (value === 'pass') return true;
  if (!isRecord(value)) return false;
  return value['block'] === true || (replaces && typeof value['replace'] === 'string');
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function';
}
