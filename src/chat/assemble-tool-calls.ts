import { filledText, isRecord, mergeDefined, type JsonObject } from '../util/json-object.js';
import { ToolCallNumbers } from './tool-call-numbers.js';

const OWN_TOOL_CALL: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom']);
const ARGUMENTS: ReadonlySet<string> = new Set(['arguments']);
const INPUT: ReadonlySet<string> = new Set(['input']);

/** Assembles the tool calls of one choice: id, type and name arrive once, arguments in pieces. */
export class ToolCallsAssembler {
  readonly #calls: (JsonObject | undefined)[] = [];
  readonly #numbers = new ToolCallNumbers();

  get empty(): boolean {
    return this.#calls.length === 0;
  }

  add(deltas: readonly unknown[]): void {
    this.#numbers.nextDelta();
    for (const delta of deltas) {
      if (isRecord(delta)) this.#addOne(delta);
    }
  }

  toolCalls(): JsonObject[] {
    return this.#calls.filter((call) => call !== undefined);
  }

  #addOne(delta: JsonObject): void {
    const at = this.#numbers.numberOf(delta);
    if (at === undefined) return;
    const call = (this.#calls[at] ??= {});
    const id = this.#numbers.idOf(at);
    if (id !== undefined) call['id'] = id;
    const type = filledText(delta['type']);
    if (type !== undefined) call['type'] = type;
    call['type'] ??= isRecord(delta['custom']) ? 'custom' : 'function';
    if (isRecord(delta['function'])) call['function'] = foldFunctionCall(call['function'], delta['function']);
    if (isRecord(delta['custom'])) call['custom'] = foldPieces(call['custom'], delta['custom'], 'input', INPUT);
    mergeDefined(call, delta, OWN_TOOL_CALL);
  }
}

/** A function call with one more piece added. */
export function foldFunctionCall(call: unknown, piece: JsonObject): JsonObject {
  return foldPieces(call, piece, 'arguments', ARGUMENTS);
}

function foldPieces(whole: unknown, piece: JsonObject, textMember: string, except: ReadonlySet<string>): JsonObject {
  const folded: JsonObject = isRecord(whole) ? whole : { name: '', [textMember]: '' };
  const text = textOf(piece[textMember]);
  if (text !== undefined) folded[textMember] = `${folded[textMember] as string}${text}`;
  // A later "" for the name is a placeholder, not a new name.
  if (piece['name'] === '') {
    const { name: _name, ...others } = piece;
    mergeDefined(folded, others, except);
  } else {
    mergeDefined(folded, piece, except);
  }
  return folded;
}

/** The text of arguments. Some upstreams send them as an object. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
}
