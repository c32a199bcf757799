import { callGuard, GuardAborted, type GuardContext } from '../call-guard.js';
import { BlockedByGuard, contentBlocked } from '../blocked.js';
import type { ResolvedCheck } from '../guard-options.js';
import { andThen, type TextFilter } from '../text/text-filter.js';
import type { ChannelFacts } from './check-filter.js';

/** Characters at the end of a channel that a watching guard is shown. */
const MAX_SEEN = 65_536;

/** Shows a host's guard what passes, without holding it: mode `watch`. The end of the channel waits for its verdict. */
export class WatchFilter implements TextFilter {
  readonly held = 0;
  readonly #guard: ResolvedCheck;
  readonly #facts: ChannelFacts;
  readonly #context: GuardContext;
  readonly #onBlock: (blocked: unknown) => void;
  #seen = '';
  #isNew = false;
  #running: Promise<void> | undefined;

  /** @param onBlock - called where the guard blocks while nothing waits for it */
  constructor(guard: ResolvedCheck, facts: ChannelFacts, context: GuardContext, onBlock: (blocked: unknown) => void) {
    this.#guard = guard;
    this.#facts = facts;
    this.#context = context;
    this.#onBlock = onBlock;
  }

  push(piece: string, final: boolean): string | Promise<string> {
    if (piece !== '') {
      this.#seen = (this.#seen + piece).slice(-MAX_SEEN);
      this.#isNew = true;
    }
    if (!final) {
      this.#check();
      return piece;
    }
    return this.#running === undefined ? this.#last(piece) : this.#running.then(() => this.#last(piece));
  }

  /** Starts the next check after the verdict of the last one: one check runs at a time. */
  #check(): void {
    if (this.#running !== undefined || !this.#isNew) return;
    const pending = this.#verdictOn(false);
    if (pending === undefined) return;
    this.#running = pending.then(
      () => {
        this.#running = undefined;
        this.#check();
      },
      (error: unknown) => {
        this.#running = undefined;
        if (!(error instanceof GuardAborted)) this.#onBlock(error);
      },
    );
  }

  #last(piece: string): string | Promise<string> {
    if (!this.#isNew) return piece;
    return andThen(this.#verdictOn(true), () => piece);
  }

  /** @throws BlockedByGuard at once where the guard is synchronous. */
  #verdictOn(final: boolean): Promise<void> | undefined {
    this.#isNew = false;
    const { path } = this.#facts;
    const text = { text: this.#seen, before: '', final, ...this.#facts };
    const verdict = callGuard(this.#guard, path, this.#context, (state) => this.#guard.check(text, state));
    const obey = (given: Awaited<typeof verdict>): void => {
      if (given !== 'pass' && 'block' in given) throw new BlockedByGuard(contentBlocked(given, path), this.#guard);
    };
    if (verdict instanceof Promise) return verdict.then(obey);
    obey(verdict);
    return undefined;
  }
}
