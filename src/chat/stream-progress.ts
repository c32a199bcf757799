import { outputBytes } from './output-size.js';
import type { ChatChunk, ChunkChoice, Usage } from './types.js';

/**
 * What a stream has said so far: whether it has begun to mean something, and whether it is whole.
 * Whole = a finish reason for every choice seen. A `[DONE]` on top of that is the reader's to know.
 */
export class StreamProgress {
  /** Some event carried content, reasoning, a tool call, a refusal, audio or a finish reason. */
  hasContent = false;
  usage: Usage | undefined = undefined;
  /** Of the choice that finished first. */
  finishReason: string | undefined = undefined;
  /** UTF-8 bytes of text, reasoning and tool calls so far: what an aborted stream is priced by. */
  outputBytes = 0;
  // Almost every stream has the one choice 0, so a bit for each of the 128 allowed would be waste.
  #open: Set<number> | undefined;
  #finished: Set<number> | undefined;
  #choiceZero: 'unseen' | 'open' | 'finished' = 'unseen';

  /** Every choice that appeared has its finish reason. */
  get complete(): boolean {
    if (this.#choiceZero === 'open') return false;
    if (this.#open !== undefined && this.#open.size > 0) return false;
    return this.#choiceZero === 'finished' || (this.#finished !== undefined && this.#finished.size > 0);
  }

  observe(chunk: ChatChunk): void {
    if (chunk.usage !== undefined && chunk.usage !== null) this.usage = chunk.usage;
    const choices = chunk.choices;
    if (!Array.isArray(choices)) return;
    for (const choice of choices) if (typeof choice === 'object' && choice !== null) this.#observeChoice(choice);
  }

  #observeChoice(choice: ChunkChoice): void {
    const index = typeof choice.index === 'number' ? choice.index : 0;
    const reason = choice.finish_reason;
    this.outputBytes += outputBytes(choice.delta);
    // Servers written in Go send "" where null is meant.
    if (typeof reason === 'string' && reason !== '') {
      this.hasContent = true;
      this.finishReason ??= reason;
      this.#finish(index);
      return;
    }
    this.#see(index);
    if (!this.hasContent && saysSomething(choice.delta)) this.hasContent = true;
  }

  #see(index: number): void {
    if (index === 0) {
      if (this.#choiceZero === 'unseen') this.#choiceZero = 'open';
      return;
    }
    if (this.#finished?.has(index)) return;
    (this.#open ??= new Set()).add(index);
  }

  #finish(index: number): void {
    if (index === 0) {
      this.#choiceZero = 'finished';
      return;
    }
    this.#open?.delete(index);
    (this.#finished ??= new Set()).add(index);
  }
}

/** A delta that a reader would notice: anything beyond the role and empty fields. */
function saysSomething(delta: ChunkChoice['delta']): boolean {
  if (typeof delta !== 'object' || delta === null) return false;
  for (const key of Object.keys(delta)) {
    if (key !== 'role' && isFilled(delta[key])) return true;
  }
  return false;
}

function isFilled(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null;
}
