import type { JsonObject } from '../../util/json-object.js';
import type { ChunkDelta } from '../../chat/types.js';
import type { ResponseReading } from './converse.js';

/** Reasoning deltas of one stream. Blocks are numbered among themselves, in the order in which they come. */
export class ReasoningStream {
  readonly #reading: ResponseReading;
  readonly #blocks = new Map<unknown, number>();

  constructor(reading: ResponseReading) {
    this.#reading = reading;
  }

  add(block: unknown, { text, signature, redactedContent }: JsonObject): ChunkDelta[] {
    const deltas: ChunkDelta[] = [];
    if (typeof text === 'string' && text !== '' && !this.#reading.excludeReasoning) {
      deltas.push({
        reasoning: text,
        reasoning_content: text,
        reasoning_details: [this.#detail(block, { type: 'reasoning.text', text })],
      });
    }
    if (typeof signature === 'string' && signature !== '') {
      deltas.push({ reasoning_details: [this.#detail(block, { type: 'reasoning.text', signature })] });
    }
    if (typeof redactedContent === 'string' && redactedContent !== '') {
      deltas.push({ reasoning_details: [this.#detail(block, { type: 'reasoning.encrypted', data: redactedContent })] });
    }
    return deltas;
  }

  #detail(block: unknown, members: JsonObject): JsonObject {
    const index = this.#blocks.get(block) ?? this.#blocks.size;
    this.#blocks.set(block, index);
    return { ...members, format: this.#reading.reasoningFormat, index };
  }
}
