import type { OutputText } from '../../contracts/guard.js';
import { callGuard, type GuardContext } from '../call-guard.js';
import { BlockedByGuard, contentBlocked, guardUnavailable } from '../blocked.js';
import type { ResolvedCheck } from '../guard-options.js';
import { andThen, type TextFilter } from '../text/text-filter.js';

/** What guards receive about a channel. */
export type ChannelFacts = Pick<OutputText, 'channel' | 'choice' | 'path'>;

const CONTEXT = 64;
/** Characters that `mayContinue` can hold back. */
const MAX_HELD = 16_384;
/** Characters of one channel that `whole` collects. */
const MAX_WHOLE = 1_048_576;

/** Shows a host's guard one channel of a response, and releases what has passed: mode `hold` and `whole`. */
export class CheckFilter implements TextFilter {
  readonly #guard: ResolvedCheck;
  readonly #facts: ChannelFacts;
  readonly #context: GuardContext;
  #held = '';
  #before = '';
  /** The guard has failed open: the rest of the channel passes unchecked. */
  #isOff = false;

  constructor(guard: ResolvedCheck, facts: ChannelFacts, context: GuardContext) {
    this.#guard = guard;
    this.#facts = facts;
    this.#context = context;
  }

  get held(): number {
    return this.#held.length;
  }

  push(piece: string, final: boolean): string | Promise<string> {
    this.#held += piece;
    if (this.#isOff) return this.#release(this.#held.length);
    if (this.#guard.mode === 'whole' && this.#held.length > MAX_WHOLE) this.#tooLong();
    if (this.#held === '' || this.#releasable(final) === 0) return '';
    return andThen(this.#check(final), (text) => {
      this.#held = text;
      return this.#release(this.#releasable(final));
    });
  }

  #check(final: boolean): string | Promise<string> {
    const { guard, path } = { guard: this.#guard, path: this.#facts.path };
    const text: OutputText = { text: this.#held, before: this.#before, final, ...this.#facts };
    return andThen(
      callGuard(guard, path, this.#context, (state) => guard.check(text, state)),
      (verdict) => {
        if (verdict === 'pass') return text.text;
        if ('replace' in verdict) return verdict.replace;
        throw new BlockedByGuard(contentBlocked(verdict, path), guard);
      },
    );
  }

  #releasable(final: boolean): number {
    if (final || this.#isOff) return this.#held.length;
    if (this.#guard.mode === 'whole') return 0;
    return Math.max(0, this.#held.length - this.#windowSize());
  }

  #windowSize(): number {
    const { mayContinue, window, name, onError } = this.#guard;
    if (mayContinue === undefined) return window;
    try {
      const held = mayContinue(this.#held);
      if (!Number.isSafeInteger(held) || held < 0) throw new TypeError(`mayContinue of "${name}" must give a count.`);
      return Math.min(held, MAX_HELD);
    } catch (error) {
      this.#context.reportFailure(name, error);
      if (onError === 'closed') this.#fail(error);
      return 0;
    }
  }

  #tooLong(): void {
    const error = new Error(`A channel is longer than the ${MAX_WHOLE} characters that a whole check takes.`);
    this.#context.reportFailure(this.#guard.name, error);
    if (this.#guard.onError === 'closed') this.#fail(error);
    this.#isOff = true;
  }

  #fail(error: unknown): never {
    throw new BlockedByGuard(guardUnavailable(this.#guard.name, this.#facts.path, error), this.#guard);
  }

  #release(length: number): string {
    const released = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    if (released !== '') this.#before = (this.#before + released).slice(-CONTEXT);
    return released;
  }
}
