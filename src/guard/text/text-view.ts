/** Characters of released text that stay as context for what follows. */
const CONTEXT = 64;

/**
 * Text that arrives in pieces and is released from the front, as a detector reads it. `text` begins with some context
 * that has been released; what has not begins at `start`.
 */
export interface TextView {
  readonly text: string;
  readonly start: number;
  /** Received characters that were not released yet. */
  readonly held: number;
  /** @param final - nothing more will come */
  append(piece: string, final: boolean): void;
  /** The received characters that `text` shows between `from` and `to`; `from` is not before `start`. */
  received(from: number, to: number): string;
  /** `value` as it must be written at `at`. */
  written(value: string, at: number): string;
  /** Everything before `to` was released. */
  release(to: number): void;
}

/** Text that is read as it was received. */
export class PlainView implements TextView {
  text = '';
  start = 0;

  get held(): number {
    return this.text.length - this.start;
  }

  append(piece: string): void {
    this.text += piece;
  }

  received(from: number, to: number): string {
    return this.text.slice(from, to);
  }

  written(value: string): string {
    return value;
  }

  release(to: number): void {
    const kept = Math.max(0, to - CONTEXT);
    this.text = this.text.slice(kept);
    this.start = to - kept;
  }
}
