import type { ChatRequest } from '../chat/types.js';
import type { Caller } from './caller.js';

/**
 * Decision of a guard about a text: let it pass, block the request or response, or replace the text. Any other value
 * counts as a failure of the guard.
 */
export type GuardVerdict = 'pass' | GuardBlock | GuardReplacement;

/** Blocks the request, or the response. */
export interface GuardBlock {
  /** The text is refused. */
  readonly block: true;
  /** `code` of the error that the client gets. @defaultValue `'content_blocked'` */
  readonly code?: string | undefined;
  /** `message` of that error. Must not quote the blocked text. */
  readonly message?: string | undefined;
}

/** Replaces the text that the guard was given. */
export interface GuardReplacement {
  /** The text to use instead. */
  readonly replace: string;
}

/** Role of a prompt's text. `system`: system and developer messages; `tool`: results of tools and functions. */
export type InputSurface = 'system' | 'user' | 'assistant' | 'tool';

/** Kind of a response's text. `arguments`: those of one tool call, as the JSON text that the model wrote. */
export type OutputChannel = 'text' | 'reasoning' | 'refusal' | 'arguments';

/** A text of a prompt. */
export interface InputText {
  /** The text to check. */
  readonly text: string;
  /** Path of the text in the request: `messages[2].content[0].text`; `messages` with `scope: 'request'`. */
  readonly path: string;
  /** What kind of message it comes from. */
  readonly surface: InputSurface;
}

/** A text of a response, or the part of it that has arrived and was not released yet. */
export interface OutputText {
  /** The text that is held. */
  readonly text: string;
  /** The end of the text that was released before, at most 64 characters. */
  readonly before: string;
  /** The text is complete: nothing follows it. */
  readonly final: boolean;
  /** Which text of the response it is. */
  readonly channel: OutputChannel;
  /** Index of the choice. */
  readonly choice: number;
  /** Path of the text in the whole response: `choices[0].message.content`. */
  readonly path: string;
}

/** The request, as a guard sees it. Headers and credentials are not part of it. */
export interface GuardState {
  /** Id of the request, as in `x-request-id`. */
  readonly requestId: string;
  /** The caller; `undefined` where none is known. */
  readonly caller: Caller | undefined;
  /** The validated body. */
  readonly request: ChatRequest;
  /** Aborted when the verdict is not needed any more: the client has disconnected, or `timeoutMs` has passed. */
  readonly signal: AbortSignal;
}

/** Options that guards of prompts and of responses have in common. */
export interface GuardBase {
  /** Unique within its list. Part of the cache key. */
  readonly name: string;
  /** Change it whenever verdicts change: it is part of the cache key. @defaultValue `''` */
  readonly version?: string | undefined;
  /** Longest time for a verdict, in milliseconds. @defaultValue `2_000` for prompts, `500` for responses */
  readonly timeoutMs?: number | undefined;
  /**
   * What happens if the guard throws, returns no valid verdict or takes too long: `open` lets the text pass, `closed`
   * refuses it (503 `guard_unavailable`). Required: there is no default.
   */
  readonly onError: 'open' | 'closed';
}

/**
 * Checks prompts before they reach an upstream.
 *
 * @example
 * const moderation: InputGuard = {
 *   name: 'moderation', mode: 'beside', scope: 'request', onError: 'closed',
 *   check: async ({ text }, { signal }) => ((await isHarmful(text, signal)) ? { block: true } : 'pass'),
 * };
 */
export interface InputGuard extends GuardBase {
  /**
   * `before`: the upstream is called after the verdict. `beside`: the upstream is called at once, the response is held
   * until the verdict, and a block aborts the attempt, whose tokens may be charged. A guard that replaces text cannot
   * run beside.
   * @defaultValue `'before'`
   */
  readonly mode?: 'before' | 'beside' | undefined;
  /** Texts that the guard is given. @defaultValue all */
  readonly surfaces?: readonly InputSurface[] | undefined;
  /**
   * `text`: one call for each text, eight at a time. `request`: one call with all texts, separated by an empty line;
   * such a guard cannot replace text.
   * @defaultValue `'text'`
   */
  readonly scope?: 'text' | 'request' | undefined;
  /** Gives the verdict on one text, or a promise of it. */
  check(text: InputText, state: GuardState): GuardVerdict | Promise<GuardVerdict>;
}

/** Checks responses before they reach the client, streams included. */
export interface OutputGuard extends GuardBase {
  /**
   * `hold`: text that may be the beginning of a match is held back, the rest of a stream is sent. `whole`: nothing is
   * sent before the whole text was checked. `watch`: everything is sent, and the guard can only end the stream.
   * @defaultValue `'hold'`
   */
  readonly mode?: 'hold' | 'whole' | 'watch' | undefined;
  /** Texts that the guard is given. @defaultValue all */
  readonly channels?: readonly OutputChannel[] | undefined;
  /**
   * With `hold`: number of characters that are held back. A match must not be longer.
   * @defaultValue `128`
   */
  readonly window?: number | undefined;
  /**
   * With `hold`, instead of `window`: returns how many characters at the end of `text` may be the beginning of a match.
   * At most 16,384 are held back. Must be synchronous; called with every chunk.
   */
  mayContinue?(text: string): number;
  /**
   * What follows a block before anything was sent to the client: `reject` sends the error, `next` tries the next
   * candidate (an error if there is none). Requests that share one upstream call are always rejected.
   * @defaultValue `'reject'`
   */
  readonly beforeCommit?: 'reject' | 'next' | undefined;
  /**
   * What follows a later block: `error` ends the stream with an error event and without `[DONE]`, `content_filter` with
   * that finish reason and `[DONE]`.
   * @defaultValue `'error'`
   */
  readonly afterCommit?: 'error' | 'content_filter' | undefined;
  /** Gives the verdict on the text so far, or a promise of it. */
  check(text: OutputText, state: GuardState): GuardVerdict | Promise<GuardVerdict>;
}

/** Finds one kind of value in text that may still be arriving. */
export interface Detector {
  /** Type of value, for placeholders and errors: `email`. Letters, digits and `-`. */
  readonly type: string;
  /** Part of the cache key. */
  readonly version: string;
  /**
   * The first finding at or after `from`; the text before `from` is context only. Must be synchronous, linear in the
   * length of the text, and consistent: text that one call did not hold back has been sent before the next call.
   * @param final - the text is complete
   */
  find(text: string, from: number, final: boolean): Finding | undefined;
}

/** Position of a value in a text. */
export interface Finding {
  /** Index of the first character. */
  readonly start: number;
  /** Index after its last character; `undefined`: the value may continue beyond the text. */
  readonly end: number | undefined;
}

/** A guard made of detectors by `redact()` or `blockPatterns()`, for `input` and `output`. */
export interface DetectorGuard extends GuardBase {
  /** Part of the cache key. */
  readonly version: string;
  /** What it looks for. */
  readonly detectors: readonly Detector[];
  /** `undefined`: a finding blocks. */
  readonly placeholders: DetectorPlaceholders | undefined;
  /** Code and message of a block. */
  readonly block: Omit<GuardBlock, 'block'>;
  /** Which texts of prompts it checks; all unless given. */
  readonly surfaces?: readonly InputSurface[] | undefined;
  /** Which texts of responses it checks; all unless given. */
  readonly channels?: readonly OutputChannel[] | undefined;
  /** What follows a block before the client has received anything. */
  readonly beforeCommit?: 'reject' | 'next' | undefined;
  /** How a stream ends that is blocked after it has begun. */
  readonly afterCommit?: 'error' | 'content_filter' | undefined;
}

/** Placeholders for the values that a guard redacts. */
export interface DetectorPlaceholders {
  /** Values that were redacted in the prompt are restored in the response. */
  readonly restore: boolean;
  /** Returns the same placeholder for the same value of the same conversation. */
  placeholderFor(type: string, value: string, conversation: string, length: number): string;
}

/** Guards of prompts and of responses. */
export interface GuardOptions {
  /** Run in this order; those with `mode: 'beside'` run together, after the others. */
  readonly input?: readonly (InputGuard | DetectorGuard)[] | undefined;
  /** Run in this order: each guard is given the text that the one before it released. */
  readonly output?: readonly (OutputGuard | DetectorGuard)[] | undefined;
}
