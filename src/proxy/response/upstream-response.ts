import type { ChatCompletion } from '../../chat/types.js';
import type { ResponseSink } from '../../contracts/sink.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { StreamEnd, StreamReader } from './stream-reader.js';

/** What one upstream call came to. */
export type ExchangeResult =
  | { readonly kind: 'answer'; readonly answer: UpstreamResponse }
  | { readonly kind: 'failure'; readonly failure: UpstreamFailure }
  | { readonly kind: 'cancelled' };

/** An answer that has passed the commit point. */
export type UpstreamResponse =
  /** A whole `chat.completion`, with the bytes that the upstream sent. */
  | {
      readonly kind: 'json';
      readonly completion: ChatCompletion;
      readonly body: Uint8Array;
      /** Made of a stream whose finish reasons did not hold: good enough to pass on, not to be remembered. */
      readonly contradictory?: boolean;
    }
  /** A whole answer where a stream was asked for. */
  | { readonly kind: 'chunks'; readonly completion: ChatCompletion; readonly payloads: readonly string[] }
  | RunningStream;

/** A stream whose first event that means something has come. */
export interface RunningStream {
  readonly kind: 'stream';
  readonly reader: StreamReader;
  /** Lets the events flow. Resolves when the stream has ended; `'cancelled'` when nobody waited any more. */
  flowTo(sink: ResponseSink): Promise<StreamEnd | 'cancelled'>;
}
