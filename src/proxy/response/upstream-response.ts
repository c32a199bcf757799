import type { ChatCompletion } from '../../chat/types.js';
import type { ResponseSink } from '../../contracts/sink.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { StreamEnd, StreamReader } from './stream-reader.js';

/** Result of one upstream call. */
export type ExchangeResult =
  | { readonly kind: 'response'; readonly response: UpstreamResponse }
  | { readonly kind: 'failure'; readonly failure: UpstreamFailure }
  | { readonly kind: 'cancelled' };

/** A response that has passed the commit point. */
export type UpstreamResponse =
  /** A whole `chat.completion`, with its bytes. */
  | {
      readonly kind: 'json';
      readonly completion: ChatCompletion;
      readonly body: Uint8Array;
      /** Assembled from a stream that continued after its finish reasons: passed on, but not cached. */
      readonly contradictory?: boolean;
    }
  /** A whole response to a caller who requested a stream. */
  | { readonly kind: 'chunks'; readonly completion: ChatCompletion; readonly payloads: readonly string[] }
  | RunningStream;

/** A stream whose first content chunk has arrived. */
export interface RunningStream {
  readonly kind: 'stream';
  readonly reader: StreamReader;
  /** Sends all events to `sink`. Resolves when the stream has ended; `'cancelled'` if the attempt was aborted. */
  flowTo(sink: ResponseSink): Promise<StreamEnd | 'cancelled'>;
}
