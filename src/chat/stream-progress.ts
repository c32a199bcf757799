import { saysSomething } from './spoken.js';
import { outputBytes } from './output-size.js';
import type { ChatChunk, ChunkChoice, Usage } from './types.js';

/**
 * What a stream has said so far: whether it has begun to mean something, and whether it is whole.
 * Whole = a finish reason for every choice seen, and nothing said after it. A `[DONE]` on top of that is the reader's to
 * know.
 */
export class StreamProgress {
  /** Some event carried content, reasoning, a tool call, a refusal, audio or a finish reason. */
  hasContent = false;
  /** The last chunk brought something: words, a finish reason, usage, or a choice that was not seen before. */
  news = false;
  /** Every choice of the last chunk said something, and goes on. */
  spoke = false;
  usage: Usage | undefined = undefined;
  /** Of the choice that finished first. */
  finishReason: string | undefined = undefined;
  /** UTF-8 bytes of text, reasoning and tool calls so far: what an aborted stream is priced by. */
  outputBytes = 0;
  // Almost every stream has the one choice 0.
  readonly #zero = new ChoiceProgress();
  #others: Map<number, ChoiceProgress> | undefined;

  /** Every choice that appeared has its finish reason, and said nothing after it. */
  get complete(): boolean {
    return this.#every((choice) => choice.state === 'finished');
  }

  /**
   * Complete, and the finish reasons can be believed: an upstream that puts one in every chunk says nothing with it, so
   * only `[DONE]` or its own end shows that such a stream is whole.
   */
  get certain(): boolean {
    return this.#every((choice) => choice.state === 'finished' && !choice.doubtful);
  }

  observe(chunk: ChatChunk): void {
    this.news = false;
    this.spoke = false;
    if (chunk.usage !== undefined && chunk.usage !== null) {
      this.usage = chunk.usage;
      this.news = true;
    }
    const choices = chunk.choices;
    if (!Array.isArray(choices)) return;
    let spoken = 0;
    for (const choice of choices) {
      if (typeof choice === 'object' && choice !== null && this.#observeChoice(choice)) spoken++;
    }
    this.spoke = spoken > 0 && spoken === choices.length;
  }

  /** True where the choice said something and goes on. */
  #observeChoice(choice: ChunkChoice): boolean {
    const progress = this.#choiceAt(typeof choice.index === 'number' ? choice.index : 0);
    if (progress.state === 'unseen') this.news = true;
    const said = saysSomething(choice.delta);
    const reason = choice.finish_reason;
    if (said) {
      this.hasContent = this.news = true;
      this.outputBytes += outputBytes(choice.delta);
    }
    // Servers written in Go send "" where null is meant.
    if (typeof reason === 'string' && reason !== '') {
      this.hasContent = this.news = true;
      this.finishReason ??= reason;
      progress.finish(said);
      return false;
    }
    progress.continue(said);
    return said;
  }

  #choiceAt(index: number): ChoiceProgress {
    if (index === 0) return this.#zero;
    this.#others ??= new Map();
    let progress = this.#others.get(index);
    if (progress === undefined) this.#others.set(index, (progress = new ChoiceProgress()));
    return progress;
  }

  #every(holds: (choice: ChoiceProgress) => boolean): boolean {
    const hasZero = this.#zero.state !== 'unseen';
    if (hasZero && !holds(this.#zero)) return false;
    if (this.#others === undefined) return hasZero;
    for (const choice of this.#others.values()) if (!holds(choice)) return false;
    return true;
  }
}

/** How far one choice has come. */
export class ChoiceProgress {
  state: 'unseen' | 'open' | 'finished' = 'unseen';
  /** Its finish reason may be one of those that stand in every chunk. */
  doubtful = false;
  /** It has said something without a finish reason, so its upstream does not put one in every chunk. */
  #spokeOpenly = false;
  #reopened = false;

  finish(said: boolean): void {
    if (said && this.state === 'finished') this.#reopened = true;
    this.state = 'finished';
    this.doubtful = this.#reopened || (said && !this.#spokeOpenly);
  }

  continue(said: boolean): void {
    if (said) {
      if (this.state === 'finished') this.#reopened = true;
      this.#spokeOpenly = true;
    }
    if (said || this.state === 'unseen') this.state = 'open';
  }
}
