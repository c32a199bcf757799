import type { JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { isCachePoint } from './cache-points.js';

/** One message of Bedrock's, made of all neighbouring messages of one side. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  /** Results of tools precede everything else of a user turn. */
  readonly results: JsonObject[];
  readonly blocks: JsonObject[];
  /** Index of the request's first message in it. */
  readonly first: number;
  /** Index of the request's last message in it. */
  last: number;
}

/** A call of the history, and the position of its result. */
interface OpenCall {
  readonly sentId: string;
  readonly name: string;
  result: { readonly turn: Turn; readonly block: JsonObject; readonly path: string } | undefined;
}

/** Collects the turns of one request, and pairs results with the calls that they belong to. */
export class Conversation {
  readonly turns: Turn[] = [];
  readonly system: JsonObject[] = [];
  /** Names of all tools that the history calls. */
  readonly calledTools = new Set<string>();
  readonly #callsById = new Map<string, OpenCall[]>();
  readonly #calls: OpenCall[] = [];
  #functionCalls = 0;

  /** The turn that a message of `role` belongs to: roles must alternate, so adjacent messages are one turn. */
  turn(role: Turn['role'], index: number): Turn {
    const current = this.turns.at(-1);
    if (current?.role === role) {
      current.last = index;
      return current;
    }
    const turn: Turn = { role, results: [], blocks: [], first: index, last: index };
    this.turns.push(turn);
    return turn;
  }

  addCall(id: string, sentId: string, name: string): void {
    const call: OpenCall = { sentId, name, result: undefined };
    this.calledTools.add(name);
    this.#calls.push(call);
    const sameId = this.#callsById.get(id);
    if (sameId === undefined) this.#callsById.set(id, [call]);
    else sameId.push(call);
  }

  /** An id for a call of the deprecated form, which has none. */
  nextFunctionCallId(): string {
    return `call_fn_${this.#functionCalls++}`;
  }

  /** The call that a result with `id` is for: the latest without a result, else the latest of all. */
  callById(id: string): OpenCall | undefined {
    const calls = this.#callsById.get(id);
    return calls?.find((call) => call.result === undefined) ?? calls?.at(-1);
  }

  /** The latest call of `name` that has no result yet. */
  openCallByName(name: string): OpenCall | undefined {
    return this.#calls.findLast((call) => call.name === name && call.result === undefined);
  }

  /** Sets the result of `call`. @returns the path of an earlier result that it takes the place of. */
  setResult(call: OpenCall, turn: Turn, block: JsonObject, path: string): string | undefined {
    const earlier = call.result;
    if (earlier !== undefined) earlier.turn.results.splice(earlier.turn.results.indexOf(earlier.block), 1);
    call.result = { turn, block, path };
    turn.results.push(block);
    return earlier?.path;
  }

  /** Bedrock's messages. @throws UnsupportedRequest when a turn has nothing to send or the order is refused. */
  messages(): JsonObject[] {
    const first = this.turns[0];
    if (first === undefined) throw new UnsupportedRequest('messages', 'Bedrock needs a user message.');
    if (first.role !== 'user') {
      throw new UnsupportedRequest(
        `messages[${first.first}]`,
        'A conversation with Bedrock begins with a user message.',
      );
    }
    return this.turns.map((turn) => {
      const content = [...turn.results, ...turn.blocks];
      if (hasLonelyDocument(content)) {
        throw new UnsupportedRequest(`messages[${turn.first}].content`, 'A document needs a text beside it.');
      }
      return { role: turn.role, content };
    });
  }
}

function hasLonelyDocument(content: readonly JsonObject[]): boolean {
  return (
    content.some((block) => 'document' in block) && !content.some((block) => 'text' in block && !isCachePoint(block))
  );
}
