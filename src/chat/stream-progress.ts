import { saysSomething } from './spoken.js';
import { outputBytes } from './output-size.js';
import type { ChatChunk, ChunkChoice, Usage } from './types.js';

/**
 * Progress of a stream: whether it has content, and whether it is complete, that is, has a finish reason for every
 * choice and no content after it. Whether `[DONE]` follows is up to the reader of the stream.
 */
export class StreamProgress {
  /** Some chunk had content, reasoning, a tool call, a refusal, audio or a finish reason. */
  hasContent = false;
  /** The last chunk added something: content, a finish reason, usage, or a new choice. */
  news = false;
  /** Every choice of the last chunk had content and no finish reason. */
  spoke = false;
  usage: Usage | undefined = undefined;
  /** Finish reason of the choice that finished first. */
  finishReason: string | undefined = undefined;
  /** UTF-8 bytes of text, reasoning and tool calls so far: the cost of an aborted stream is estimated from them. */
  outputBytes = 0;
  // Most streams have only the choice 0.
  readonly #zero = new ChoiceProgress();
  #others: Map<number, ChoiceProgress> | undefined;

  /** Every choice has its finish reason, and no content after it. */
  get complete(): boolean {
    return this.#every((choice) => choice.state === 'finished');
  }

  /**
   * Complete, and the finish reasons are reliable. Some upstreams send a reason in every chunk: such a stream is known to
   * be complete only by `[DONE]` or by its end.
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

  /** True where the choice had content and no finish reason. */
  #observeChoice(choice: ChunkChoice): boolean {
    const progress = this.#choiceAt(typeof choice.index === 'number' ? choice.index : 0);
    if (progress.state === 'unseen') this.news = true;
    const said = saysSomething(choice.delta);
    const reason = choice.finish_reason;
    if (said) {
      this.hasContent = this.news = true;
      this.outputBytes += outputBytes(choice.delta);
    }
    // Servers written in Go send "" for null.
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

/** Progress of one choice. */
export class ChoiceProgress {
  state: 'unseen' | 'open' | 'finished' = 'unseen';
  /** Its upstream may send a finish reason in every chunk. */
  doubtful = false;
  /** A chunk had content without a finish reason, so the upstream does not send one in every chunk. */
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
