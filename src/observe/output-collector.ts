import { outputBytes } from '../chat/output-size.js';
import { CompletionAssembler } from '../chat/assemble.js';
import { filledText, indexIn, isRecord, type JsonObject } from '../util/json-object.js';
import type { ContentMessage } from './bounded-messages.js';
import { partsOf } from './message-parts.js';

/** Members of a delta or a message that are captured. Audio, images and log probabilities may be large, and are not. */
const CAPTURED: readonly string[] = [
  'role',
  'content',
  'reasoning_content',
  'reasoning',
  'refusal',
  'tool_calls',
  'function_call',
];

/** Chunks without any text cost memory, too: more than this are not read. */
const MOST_CHUNKS = 100_000;

/** Assembles what a client received, up to a number of bytes. */
export class OutputCollector {
  readonly #assembler = new CompletionAssembler();
  #remaining: number;
  #chunks = 0;
  #isEmpty = true;
  /** The response ended before its end, or was longer than what is kept: its texts may end anywhere. */
  partial = true;
  /** The response was longer than what is kept. */
  truncated = false;

  constructor(maxBytes: number) {
    this.#remaining = maxBytes;
  }

  /** Adds the choices of a chunk, or of a whole completion. */
  add(value: unknown): void {
    if (this.truncated || !isRecord(value) || !Array.isArray(value['choices'])) return;
    const choices = value['choices'].flatMap<CapturedChoice>((choice: unknown, position) => captured(choice, position));
    for (const { delta } of choices) this.#remaining -= outputBytes(delta) + listBytes(delta);
    if (this.#remaining < 0 || ++this.#chunks > MOST_CHUNKS) {
      this.truncated = true;
      // One piece that is too long by itself: the beginning of its text is kept.
      if (!this.#isEmpty) return;
    }
    this.#isEmpty = false;
    this.#assembler.add({ choices });
  }

  /** The response reached its end. */
  end(): void {
    this.partial = this.truncated;
  }

  /** One message per choice. */
  messages(): ContentMessage[] {
    return this.#assembler.completion().choices.map((choice) => {
      const message = isRecord(choice['message']) ? choice['message'] : {};
      const finishReason = filledText(choice['finish_reason']);
      return {
        role: 'assistant',
        parts: partsOf(message),
        ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
      };
    });
  }
}

/** Content in parts is not among the texts that `outputBytes` counts. */
function listBytes({ content }: JsonObject): number {
  return typeof content === 'object' && content !== null ? JSON.stringify(content).length : 0;
}

interface CapturedChoice {
  [key: string]: unknown;
  index: number;
  delta: JsonObject;
  finish_reason: string | null;
}

function captured(choice: unknown, position: number): CapturedChoice[] {
  if (!isRecord(choice)) return [];
  const given = indexIn(choice['index']);
  if (given === 'invalid') return [];
  const source = isRecord(choice['delta']) ? choice['delta'] : choice['message'];
  const delta: JsonObject = {};
  if (isRecord(source)) for (const name of CAPTURED) if (source[name] !== undefined) delta[name] = source[name];
  const index = given === 'absent' ? position : given;
  return [{ index, delta, finish_reason: filledText(choice['finish_reason']) ?? null }];
}
