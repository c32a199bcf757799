import type { ChatRequest } from '../chat/types.js';
import type { Caller } from './caller.js';

/**
 * What a guard decides about a text: let it pass, block the request or response, or put another text in its place.
 * Anything else counts as a failure of the guard.
 */
export type GuardVerdict = 'pass' | GuardBlock | GuardReplacement;

/** Blocks the request, or the response. */
export interface GuardBlock {
  /** The text is refused. */
  readonly block: true;
  /** `code` of the error that the client gets. @defaultValue `'content_blocked'` */
  readonly code?: string | undefined;
  /** `message` of that error. Must not quote what was blocked. */
  readonly message?: string | undefined;
}

/** Puts `replace` in place of the text that the guard was shown. */
export interface GuardReplacement {
  /** The text to use instead. */
  readonly replace: string;
}

/** Whose text of a prompt it is. `system`: system and developer messages; `tool`: results of tools and functions. */
export type InputSurface = 'system' | 'user' | 'assistant' | 'tool';

/** What a text of a response is. `arguments`: those of one tool call, JSON text as the model writes it. */
export type OutputChannel = 'text' | 'reasoning' | 'refusal' | 'arguments';

/** A text of a prompt. */
export interface InputText {
  /** The text to check. */
  readonly text: string;
  /** Where it stands: `messages[2].content[0].text`; `messages` with `scope: 'request'`. */
  readonly path: string;
  /** What kind of message it comes from. */
  readonly surface: InputSurface;
}

/** A text of a response, or as much of it as has come and was not released yet. */
export interface OutputText {
  /** The text that is held. */
  readonly text: string;
  /** The end of what was released before it, at most 64 characters. */
  readonly before: string;
  /** Nothing more will come behind it. */
  readonly final: boolean;
  /** Which text of the response it is. */
  readonly channel: OutputChannel;
  /** Index of the choice. */
  readonly choice: number;
  /** Where it stands in the whole response: `choices[0].message.content`. */
  readonly path: string;
}

/** What a guard may know of the request. Headers and credentials are not part of it. */
export interface GuardState {
  /** Id of the request, as in `x-request-id`. */
  readonly requestId: string;
  /** The caller; `undefined` where none is known. */
  readonly caller: Caller | undefined;
  /** The validated body. */
  readonly request: ChatRequest;
  /** Aborted when the verdict is not needed any more: the client has disconnected, or the time is up. */
  readonly signal: AbortSignal;
}

/** What guards of both sides have in common. */
export interface GuardBase {
  /** Unique within its list. Part of the cache key. */
  readonly name: string;
  /** Change it whenever verdicts change: it is part of the cache key. @defaultValue `''` */
  readonly version?: string | undefined;
  /** A verdict must come within this, in milliseconds. @defaultValue `2_000` for prompts, `500` for responses */
  readonly timeoutMs?: number | undefined;
  /**
   * What happens when the guard throws, gives no valid verdict or takes too long: `open` lets the text pass, `closed`
   * refuses it (503 `guard_unavailable`). Has no default: it must be written.
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
   * `before`: the upstream is called after the verdict. `beside`: at once; the response is held until the verdict, and a
   * block aborts the attempt, whose tokens may be charged. A guard that replaces text cannot run beside.
   * @defaultValue `'before'`
   */
  readonly mode?: 'before' | 'beside' | undefined;
  /** Texts that it is shown. @defaultValue all */
  readonly surfaces?: readonly InputSurface[] | undefined;
  /**
   * `text`: one call for each text, eight at a time. `request`: one call with all texts, an empty line between them;
   * such a guard cannot replace.
   * @defaultValue `'text'`
   */
  readonly scope?: 'text' | 'request' | undefined;
  /** Gives the verdict on one text, or a promise of it. */
  check(text: InputText, state: GuardState): GuardVerdict | Promise<GuardVerdict>;
}

/** Checks responses before they reach the client, streams included. */
export interface OutputGuard extends GuardBase {
  /**
   * `hold`: what could still become a match is held back, the rest of a stream flows. `whole`: nothing is released
   * before all of it was checked. `watch`: everything flows, and the guard can only end the stream.
   * @defaultValue `'hold'`
   */
  readonly mode?: 'hold' | 'whole' | 'watch' | undefined;
  /** Texts that it is shown. @defaultValue all */
  readonly channels?: readonly OutputChannel[] | undefined;
  /**
   * With `hold`: characters that stay back. What the guard looks for must not be longer.
   * @defaultValue `128`
   */
  readonly window?: number | undefined;
  /**
   * With `hold`, instead of `window`: how many characters at the end of `text` may be the beginning of a match. At most
   * 16,384 are held back. Synchronous, and called with every chunk.
   */
  mayContinue?(text: string): number;
  /**
   * A block before the client has got anything: `reject` sends the error, `next` tries the next candidate (an error when
   * there is none; requests that share one upstream call are always rejected).
   * @defaultValue `'reject'`
   */
  readonly beforeCommit?: 'reject' | 'next' | undefined;
  /**
   * A block after that: `error` ends the stream with an error event and without `[DONE]`, `content_filter` with that
   * finish reason and `[DONE]`.
   * @defaultValue `'error'`
   */
  readonly afterCommit?: 'error' | 'content_filter' | undefined;
  /** Gives the verdict on the text so far, or a promise of it. */
  check(text: OutputText, state: GuardState): GuardVerdict | Promise<GuardVerdict>;
}

/** Finds one kind of value in text that may still be arriving. */
export interface Detector {
  /** Names what it finds, in placeholders and errors: `email`. Letters, digits and `-`. */
  readonly type: string;
  /** Part of the cache key. */
  readonly version: string;
  /**
   * The first finding at or after `from`. What stands before `from` is context only. Must be synchronous, linear in the
   * length of the text, and agree with itself: text that was not held back is released.
   * @param final - nothing more will come
   */
  find(text: string, from: number, final: boolean): Finding | undefined;
}

/** Where a value stands. */
export interface Finding {
  /** Index of the first character. */
  readonly start: number;
  /** One past its last character; `undefined` where the text ends before that is known. */
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

/** How a redacting guard names what it takes out. */
export interface DetectorPlaceholders {
  /** Values that it took out of the prompt are put back in the response. */
  readonly restore: boolean;
  /** The same value of the same conversation has the same placeholder. */
  placeholderFor(type: string, value: string, conversation: string, length: number): string;
}

/** Guards of prompts and of responses. */
export interface GuardOptions {
  /** In this order; those with `mode: 'beside'` run together, after the others. */
  readonly input?: readonly (InputGuard | DetectorGuard)[] | undefined;
  /** In this order: each is shown what the one before it released. */
  readonly output?: readonly (OutputGuard | DetectorGuard)[] | undefined;
}
