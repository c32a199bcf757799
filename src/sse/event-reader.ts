import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { withoutByteOrderMark } from '../util/parse-json.js';

export interface SseEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

export interface EventReaderOptions {
  /** Largest event, in characters. */
  readonly maxEventLength: number;
  readonly onEvent: (event: SseEvent) => void;
  /** An event grew past `maxEventLength`. Nothing is read after it. */
  readonly onOverflow: () => void;
  /** A line that is no field of an event, though upstreams write errors like that. */
  readonly onStrayLine?: ((line: string) => void) | undefined;
}

/**
 * Parses a server-sent event stream by the WHATWG rules: any line end, any split, a leading BOM. Comments, ids and retry
 * hints are dropped.
 */
export class EventReader {
  // Keeps the first bytes of a character that is split between chunks.
  readonly #decoder = new StringDecoder('utf8');
  readonly #parser: EventSourceParser;
  #begun = false;
  #stopped = false;

  constructor({ maxEventLength, onEvent, onOverflow, onStrayLine }: EventReaderOptions) {
    this.#parser = createParser({
      maxBufferSize: maxEventLength,
      onEvent: (event) => {
        // `onEvent` may stop the reader while the chunk still has events.
        if (!this.#stopped) onEvent(event);
      },
      onError: (error) => {
        if (this.#stopped) return;
        if (error.type === 'unknown-field') onStrayLine?.(error.line ?? '');
        if (error.type !== 'max-buffer-size-exceeded') return;
        this.#stopped = true;
        onOverflow();
      },
    });
  }

  feed(bytes: Buffer): void {
    this.#feedText(this.#decoder.write(bytes));
  }

  /** Ends the input. A last event without its blank line still counts. */
  end(): void {
    this.#feedText(this.#decoder.end());
    this.#feedText('\n\n');
  }

  /** No further callbacks, not even for buffered events. */
  stop(): void {
    this.#stopped = true;
  }

  #feedText(text: string): void {
    if (this.#stopped || text === '') return;
    if (this.#begun) {
      this.#parser.feed(text);
      return;
    }
    this.#begun = true;
    this.#parser.feed(withoutByteOrderMark(text));
  }
}
