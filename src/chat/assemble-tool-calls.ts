import { arrayIndex, isRecord, mergeDefined, type JsonObject } from '../util/json-object.js';

const OWN_TOOL_CALL: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom']);
const ARGUMENTS: ReadonlySet<string> = new Set(['arguments']);
const INPUT: ReadonlySet<string> = new Set(['input']);

/** Puts the tool calls of one choice together: id, type and name come once, arguments in pieces. */
export class ToolCallsAssembler {
  readonly #calls: (JsonObject | undefined)[] = [];
  #latest = -1;

  get empty(): boolean {
    return this.#latest === -1;
  }

  add(deltas: readonly unknown[]): void {
    for (const delta of deltas) {
      if (isRecord(delta)) this.#addOne(delta);
    }
  }

  toolCalls(): JsonObject[] {
    return this.#calls.filter((call) => call !== undefined);
  }

  #addOne(delta: JsonObject): void {
    const at = this.#indexOf(delta);
    if (at === undefined) return;
    this.#latest = at;
    const call = (this.#calls[at] ??= {});
    if (typeof delta['id'] === 'string' && delta['id'] !== '') call['id'] = delta['id'];
    if (typeof delta['type'] === 'string') call['type'] = delta['type'];
    call['type'] ??= isRecord(delta['custom']) ? 'custom' : 'function';
    if (isRecord(delta['function'])) call['function'] = foldFunctionCall(call['function'], delta['function']);
    if (isRecord(delta['custom'])) call['custom'] = foldPieces(call['custom'], delta['custom'], 'input', INPUT);
    mergeDefined(call, delta, OWN_TOOL_CALL);
  }

  /** Some upstreams leave `index` out: a new id then begins a new call, and no id goes on with the latest. */
  #indexOf(delta: JsonObject): number | undefined {
    if (delta['index'] !== undefined && delta['index'] !== null) return arrayIndex(delta['index']);
    const id = delta['id'];
    if (typeof id !== 'string' || id === '') return arrayIndex(Math.max(this.#latest, 0));
    const known = this.#calls.findIndex((call) => call?.['id'] === id);
    return arrayIndex(known === -1 ? this.#calls.length : known);
  }
}

/** A function call with one more piece of it. */
export function foldFunctionCall(call: unknown, piece: JsonObject): JsonObject {
  return foldPieces(call, piece, 'arguments', ARGUMENTS);
}

function foldPieces(whole: unknown, piece: JsonObject, textMember: string, except: ReadonlySet<string>): JsonObject {
  const folded: JsonObject = isRecord(whole) ? whole : { name: '', [textMember]: '' };
  const text = piece[textMember];
  if (typeof text === 'string') folded[textMember] = `${folded[textMember] as string}${text}`;
  // A later "" for the name is a placeholder, not a new name.
  if (piece['name'] === '') return folded;
  mergeDefined(folded, piece, except);
  return folded;
}
