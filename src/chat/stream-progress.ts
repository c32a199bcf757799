import { hasDeltaContent } from './delta-content.js';
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
  advanced = false;
  /** Every choice of the last chunk had content and no finish reason. */
  onlyContent = false;
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
    return this.#every((choice) => choice.state === 'finished' && !choice.uncertain);
  }

  observe(chunk: ChatChunk): void {
    this.advanced = false;
    this.onlyContent = false;
    if (chunk.usage !== undefined && chunk.usage !== null) {
      this.usage = chunk.usage;
      this.advanced = true;
    }
    const choices = chunk.choices;
    if (!Array.isArray(choices)) return;
    let withContent = 0;
    for (const choice of choices) {
      if (typeof choice === 'object' && choice !== null && this.#observeChoice(choice)) withContent++;
    }
    this.onlyContent = withContent > 0 && withContent === choices.length;
  }

  /** True where the choice had content and no finish reason. */
  #observeChoice(choice: ChunkChoice): boolean {
    const progress = this.#choiceAt(typeof choice.index === 'number' ? choice.index : 0);
    if (progress.state === 'unseen') this.advanced = true;
    const hasContent = hasDeltaContent(choice.delta);
    const reason = choice.finish_reason;
    if (hasContent) {
      this.hasContent = this.advanced = true;
      this.outputBytes += outputBytes(choice.delta);
    }
    // Servers written in Go send "" for null.
    if (typeof reason === 'string' && reason !== '') {
      this.hasContent = this.advanced = true;
      this.finishReason ??= reason;
      progress.finish(hasContent);
      return false;
    }
    progress.continue(hasContent);
    return hasContent;
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
  uncertain = false;
  /** A chunk had content without a finish reason, so the upstream does not send one in every chunk. */
  #hadOpenContent = false;
  #reopened = false;

  finish(hasContent: boolean): void {
    if (hasContent && this.state === 'finished') this.#reopened = true;
    this.state = 'finished';
    this.uncertain = this.#reopened || (hasContent && !this.#hadOpenContent);
  }

  continue(hasContent: boolean): void {
    if (hasContent) {
      if (this.state === 'finished') this.#reopened = true;
      this.#hadOpenContent = true;
    }
    if (hasContent || this.state === 'unseen') this.state = 'open';
  }
}
