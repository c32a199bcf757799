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
 * Bytes of a server-sent event stream in, events out, by the WHATWG rules: any line end, any split, a leading BOM.
 * Comments, ids and retry hints end here.
 */
export class EventReader {
  // Keeps the first bytes of a character that the network cut in two.
  readonly #decoder = new StringDecoder('utf8');
  readonly #parser: EventSourceParser;
  #begun = false;
  #stopped = false;

  constructor({ maxEventLength, onEvent, onOverflow, onStrayLine }: EventReaderOptions) {
    this.#parser = createParser({
      maxBufferSize: maxEventLength,
      onEvent: (event) => {
        // One piece of network can hold events behind the one that ended the reading.
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

  /** The input has ended. A last event without its blank line is still an event. */
  end(): void {
    this.#feedText(this.#decoder.end());
    this.#feedText('\n\n');
  }

  /** Nothing is told any more, not even what is already buffered. */
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
