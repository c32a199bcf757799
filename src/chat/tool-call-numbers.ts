import { filledText, indexIn, isRecord, type JsonObject } from '../util/json-object.js';

/** A call that has begun: enough to distinguish the next piece from the next call. */
interface KnownCall {
  id: string | undefined;
  name: string | undefined;
  /** The arguments so far end in a closing brace. */
  closed: boolean;
  /** Number of the delta with its latest piece. */
  batch: number;
}

/** Most calls of a choice. */
const MOST = 128;

/**
 * Numbers the tool calls of one choice. OpenAI distinguishes calls by `index`; other upstreams omit it, send null, or
 * give every call the index 0. Then id and name decide: a named piece with another id begins a new call, a piece without
 * a name continues the latest one, whatever its id.
 */
export class ToolCallNumbers {
  readonly #calls: (KnownCall | undefined)[] = [];
  /** The upstream's index → our number of the latest call under it. */
  readonly #byIndex = new Map<number, number>();
  #latest: number | undefined;
  #batch = 0;

  /** Starts a new delta: two entries of one list are never pieces of the same call. */
  nextDelta(): void {
    this.#batch++;
  }

  /** The number of the call that `piece` belongs to; `undefined` where its index is invalid. */
  numberOf(piece: JsonObject): number | undefined {
    const given = indexIn(piece['index']);
    if (given === 'invalid') return undefined;
    const number = this.#knownNumber(piece, given) ?? this.#newNumber(given);
    if (number === undefined) return undefined;
    this.#learn(number, piece);
    if (given !== 'absent') this.#byIndex.set(given, number);
    this.#latest = number;
    return number;
  }

  /** The first id of the call with this number. */
  idOf(number: number): string | undefined {
    return this.#calls[number]?.id;
  }

  #knownNumber(piece: JsonObject, given: number | 'absent'): number | undefined {
    const id = filledText(piece['id']);
    const named = nameOf(piece) !== undefined;
    const at = given === 'absent' ? this.#latest : this.#byIndex.get(given);
    const byId = id === undefined ? undefined : this.#numberWithId(id);
    // A named piece with a new index is a new call, even with the id of another one.
    if (byId !== undefined && (at !== undefined || !named)) return byId;
    return at === undefined || this.#begins(piece, id, this.#calls[at]) ? undefined : at;
  }

  /** Whether `piece` begins a new call and does not continue `call`, which its index or its position refers to. */
  #begins(piece: JsonObject, id: string | undefined, call: KnownCall | undefined): boolean {
    const name = nameOf(piece);
    // A late name belongs to a call that has none yet.
    if (name === undefined || call?.name === undefined) return false;
    if (id !== undefined) return call.id !== undefined && call.id !== id;
    if (call.batch === this.#batch || call.name !== name) return true;
    // Some upstreams repeat the name with every piece of a call. `}` followed by `{` never occurs within arguments.
    return call.closed && argumentsOf(piece)?.trimStart().startsWith('{') === true;
  }

  #newNumber(given: number | 'absent'): number | undefined {
    const number = given === 'absent' || this.#calls[given] !== undefined ? this.#calls.length : given;
    return number < MOST ? number : undefined;
  }

  #learn(number: number, piece: JsonObject): void {
    const call = (this.#calls[number] ??= { id: undefined, name: undefined, closed: false, batch: 0 });
    call.id ??= filledText(piece['id']);
    call.name ??= nameOf(piece);
    call.batch = this.#batch;
    const text = argumentsOf(piece);
    if (text !== undefined && text !== '') call.closed = text.trimEnd().endsWith('}');
  }

  #numberWithId(id: string): number | undefined {
    const found = this.#calls.findIndex((call) => call?.id === id);
    return found === -1 ? undefined : found;
  }
}

function nameOf(piece: JsonObject): string | undefined {
  const called = isRecord(piece['function']) ? piece['function'] : piece['custom'];
  return isRecord(called) ? filledText(called['name']) : undefined;
}

function argumentsOf(piece: JsonObject): string | undefined {
  const called = piece['function'];
  if (!isRecord(called)) return undefined;
  const text = called['arguments'];
  if (typeof text === 'string') return text;
  return isRecord(text) ? '{}' : undefined;
}
