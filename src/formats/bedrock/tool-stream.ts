import type { JsonObject } from '../../util/json-object.js';
import { parseExact } from '../../json/exact-numbers.js';
import type { ChunkDelta } from '../../chat/types.js';
import type { ResponseReading } from './converse.js';
import { freeTextOf } from './tool-calls.js';

/** Held input of one free-text call, in characters: no longer call is ever read. */
const MOST_HELD = 16 * 1024 * 1024;

/** Clients address arrays by the index of a call; no response has more calls or open blocks than this. */
const MOST_CALLS = 128;

/** One `toolUse` block that is being streamed. */
interface OpenBlock {
  readonly kind: 'call' | 'function_call' | 'custom' | 'json' | 'ignored';
  /** Position among the tool calls of the response. */
  readonly index: number;
  hasInput: boolean;
  /** Input so far, where it can only be read whole. */
  held: string;
}

/** Tool blocks of one stream as tool call deltas, or as content where a tool represents the response's form. */
export class ToolStream {
  /** A block of the tool that represents the response has begun. */
  jsonSeen = false;
  readonly #reading: ResponseReading;
  readonly #open = new Map<unknown, OpenBlock>();
  #calls = 0;

  constructor(reading: ResponseReading) {
    this.#reading = reading;
  }

  /** How the calls seen so far are named in a finish reason. */
  get kind(): 'none' | 'tool_calls' | 'function_call' {
    if (this.#calls === 0) return 'none';
    return this.#reading.legacyFunctions ? 'function_call' : 'tool_calls';
  }

  start(block: unknown, toolUse: JsonObject): ChunkDelta[] {
    if (this.#calls >= MOST_CALLS || this.#open.size >= MOST_CALLS) throw new Error('The response has too many calls.');
    const kind = this.#jsonTypeOf(toolUse);
    const isCall = kind === 'call' || kind === 'custom' || kind === 'function_call';
    this.#open.set(block, { kind, index: this.#calls, hasInput: false, held: '' });
    if (kind === 'json') this.jsonSeen = true;
    if (!isCall) return [];
    const index = this.#calls++;
    const name = this.#reading.names.original(String(toolUse['name']));
    if (kind === 'function_call') return [{ function_call: { name, arguments: '' } }];
    const id = typeof toolUse['toolUseId'] === 'string' ? toolUse['toolUseId'] : '';
    const call =
      kind === 'custom'
        ? { index, id, type: 'custom', custom: { name, input: '' } }
        : { index, id, type: 'function', function: { name, arguments: '' } };
    return [{ tool_calls: [call] }];
  }

  input(block: unknown, input: unknown): ChunkDelta[] {
    const open = this.#open.get(block);
    if (open === undefined || typeof input !== 'string' || input === '') return [];
    open.hasInput = true;
    if (open.kind !== 'custom') return inputDelta(open, input);
    open.held += input;
    if (open.held.length > MOST_HELD) throw new Error('The input of a tool call is too long.');
    return [];
  }

  /** The end of a block: what was held, and `{}` where no input came, so that arguments are always JSON. */
  stop(block: unknown): ChunkDelta[] {
    const open = this.#open.get(block);
    if (open === undefined) return [];
    this.#open.delete(block);
    if (open.kind === 'custom') return customDelta(open);
    return open.hasInput ? [] : inputDelta(open, '{}');
  }

  stopAll(): ChunkDelta[] {
    return [...this.#open.keys()].flatMap((block) => this.stop(block));
  }

  #jsonTypeOf(toolUse: JsonObject): OpenBlock['kind'] {
    if (toolUse['type'] === 'server_tool_use') return 'ignored';
    const name = String(toolUse['name']);
    if (name === this.#reading.jsonTool) return this.jsonSeen ? 'ignored' : 'json';
    // The deprecated form holds one call.
    if (this.#reading.legacyFunctions) return this.#calls === 0 ? 'function_call' : 'ignored';
    return this.#reading.customTools.has(name) ? 'custom' : 'call';
  }
}

function inputDelta({ kind, index }: OpenBlock, text: string): ChunkDelta[] {
  switch (kind) {
    case 'call':
      return [{ tool_calls: [{ index, function: { arguments: text } }] }];
    case 'function_call':
      return [{ function_call: { arguments: text } }];
    case 'json':
      return [{ content: text }];
    default:
      return [];
  }
}

function customDelta({ index, held }: OpenBlock): ChunkDelta[] {
  const input = freeTextOf(parsed(held));
  return input === '' ? [] : [{ tool_calls: [{ index, custom: { input } }] }];
}

/** Input that is no JSON was cut off by the limit of tokens: what there is of it is handed on. */
function parsed(text: string): unknown {
  try {
    return parseExact(text === '' ? '{"input":""}' : text);
  } catch {
    return { input: text };
  }
}
