import { LOST_SIGNATURE } from './signatures.js';
import type { Content, Part } from './wire.js';

/** A function call of the history, waiting for its result. */
export interface PendingCall {
  /** `undefined` for a deprecated `function_call`, whose result refers to it by name. */
  readonly id: string | undefined;
  /** As the request names it. */
  readonly name: string;
  readonly turn: Turn;
  /** Position among the calls of its turn. */
  readonly slot: number;
  /** Path of the message that gave the result. */
  resultPath?: string;
}

interface Turn {
  readonly role: 'user' | 'model';
  /** Function responses by the position of their calls; they precede `parts`. */
  readonly results: Map<number, Part>;
  readonly parts: Part[];
  calls: number;
}

/**
 * Messages in Gemini's order: messages of one role in a row are one turn, and the results of all calls of a turn
 * are in the one turn behind it, in the order of the calls.
 */
export class Conversation {
  readonly system: Part[] = [];
  readonly #turns: Turn[] = [];
  readonly #calls: PendingCall[] = [];

  /** @param hasMedia - media and function responses must be in different turns. */
  user(parts: readonly Part[], hasMedia: boolean): void {
    const last = this.#last();
    const turn = last?.role === 'user' && !(hasMedia && last.results.size > 0) ? last : this.#open('user');
    turn.parts.push(...parts);
  }

  /** The turn that an assistant message belongs to. */
  model(): Turn {
    const last = this.#last();
    return last?.role === 'model' ? last : this.#open('model');
  }

  call(turn: Turn, id: string | undefined, name: string, part: Part): void {
    turn.parts.push(part);
    this.#calls.push({ id, name, turn, slot: turn.calls++ });
  }

  /** The call that a result with this id belongs to: of several, the first of the latest turn that has none. */
  callWithId(id: string): PendingCall | undefined {
    return this.#latest((call) => call.id === id);
  }

  callWithName(name: string): PendingCall | undefined {
    return this.#latest((call) => call.name === name && call.resultPath === undefined);
  }

  /** Adds a result. Returns the path of the message whose result it replaces. */
  addResult(call: PendingCall, part: Part, path: string): string | undefined {
    const replaced = call.resultPath;
    call.resultPath = path;
    this.#resultsOf(call.turn).set(call.slot, part);
    return replaced;
  }

  contents(signaturesNeeded: boolean): Content[] {
    if (signaturesNeeded) this.#replaceLostSignatures();
    return this.#turns
      .map(({ role, results, parts }) => ({ role, parts: [...inOrder(results), ...parts] }))
      .filter(({ parts }) => parts.length > 0);
  }

  /** The last turn with content: an empty assistant message does not part two user messages. */
  #last(): Turn | undefined {
    const last = this.#turns.at(-1);
    if (last?.role === 'model' && last.parts.length === 0) this.#turns.pop();
    return this.#turns.at(-1);
  }

  #open(role: Turn['role']): Turn {
    const turn: Turn = { role, results: new Map(), parts: [], calls: 0 };
    this.#turns.push(turn);
    return turn;
  }

  #latest(matches: (call: PendingCall) => boolean): PendingCall | undefined {
    const last = this.#calls.findLast(matches);
    if (last === undefined) return undefined;
    const same = this.#calls.filter((call) => call.turn === last.turn && matches(call));
    return same.find((call) => call.resultPath === undefined) ?? last;
  }

  #resultsOf(turn: Turn): Turn['results'] {
    const at = this.#turns.indexOf(turn) + 1;
    const next = this.#turns[at];
    if (next?.role === 'user') return next.results;
    const added: Turn = { role: 'user', results: new Map(), parts: [], calls: 0 };
    this.#turns.splice(at, 0, added);
    return added.results;
  }

  /**
   * In the turns behind the last text of the user, models refuse a first call without a signature. Parallel calls
   * behind the first one have none.
   */
  #replaceLostSignatures(): void {
    const start = this.#turns.findLastIndex(({ role, parts }) => role === 'user' && parts.length > 0);
    for (const { role, parts } of this.#turns.slice(start + 1)) {
      const first = role === 'model' ? parts.findIndex((part) => part.functionCall !== undefined) : -1;
      const part = parts[first];
      if (part !== undefined && part.thoughtSignature === undefined)
        parts[first] = { ...part, thoughtSignature: LOST_SIGNATURE };
    }
  }
}

export type { Turn };

function inOrder(results: ReadonlyMap<number, Part>): Part[] {
  return [...results].sort(([one], [other]) => one - other).map(([, part]) => part);
}
