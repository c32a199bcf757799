import type { Clock } from '../../contracts/clock.js';
import type { UpstreamHead } from '../../contracts/transport.js';
import type { Exchange } from '../../contracts/wire-format.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { BodyCollector } from './body-collector.js';
import { failureOfErrorResponse, type UpstreamErrorContext } from './parse-error.js';
import { readCompletion, type Wanted } from './read-completion.js';
import { sniffBody, type BodyKind } from './sniff-body.js';
import type { UpstreamResponse } from './upstream-response.js';

/** Largest completion, in bytes. */
const MAX_BODY = 32 * 1024 * 1024;
/** An error body is cut here, in bytes: what follows adds nothing to the message. */
const MAX_ERROR_BODY = 64 * 1024;
/** First byte of nearly every completion: `{`. */
const OPENING_BRACE = 0x7b;
/** Bytes within which the kind of a body must show. */
const MAX_SNIFFED = 256;

export interface BufferedBodyOptions {
  readonly head: UpstreamHead;
  /** The status is an error, so the body is read for its message only. */
  readonly isError: boolean;
  readonly wanted: Wanted;
  /** Reads a completion; `undefined` if the format did not translate the request. */
  readonly exchange: Exchange | undefined;
  readonly errors: UpstreamErrorContext;
  readonly clock: Clock;
}

/**
 * A body that is collected whole: a completion, or an error body. Its first bytes decide whether it is a completion at
 * all, because upstreams label event streams as text/plain, and login pages as anything.
 */
export class BufferedBody {
  readonly isError: boolean;
  readonly #options: BufferedBodyOptions;
  readonly #collector: BodyCollector;
  #kind: BodyKind;

  constructor(options: BufferedBodyOptions) {
    this.#options = options;
    this.isError = options.isError;
    this.#collector = new BodyCollector(options.isError ? MAX_ERROR_BODY : MAX_BODY);
    this.#kind = options.isError ? 'json' : 'unknown';
  }

  get head(): UpstreamHead {
    return this.#options.head;
  }

  /** All bytes so far. */
  get bytes(): Buffer {
    return this.#collector.bytes();
  }

  /** `'events'`: the body is an event stream, and `bytes` is its beginning. A failure ends the body. */
  add(bytes: Buffer): 'incomplete' | 'events' | UpstreamFailure {
    const collector = this.#collector;
    if (!collector.add(bytes)) return this.isError ? this.errorFailure() : new UpstreamFailure('too_large');
    if (this.#kind === 'json') return 'incomplete';
    this.#kind = bytes[0] === OPENING_BRACE ? 'json' : sniffBody(collector.bytes().toString('utf8', 0, MAX_SNIFFED));
    // More than 256 bytes of white space: stop sniffing and let `JSON.parse` decide.
    if (this.#kind === 'unknown' && collector.length >= MAX_SNIFFED) this.#kind = 'json';
    if (this.#kind === 'other') return new UpstreamFailure('malformed', { status: this.#options.head.status });
    return this.#kind === 'events' ? 'events' : 'incomplete';
  }

  /** The result once the body has ended. `whole`: it ended as its framing requires. */
  finish(whole: boolean): UpstreamResponse | UpstreamFailure {
    if (this.isError) return this.errorFailure();
    if (!whole) return new UpstreamFailure('truncated');
    const { head, exchange, wanted, errors } = this.#options;
    return readCompletion({ bytes: this.bytes, head, exchange }, wanted, errors);
  }

  /** The failure that an error response represents, from as much of its body as has arrived. */
  errorFailure(): UpstreamFailure {
    const { head, errors, clock } = this.#options;
    return failureOfErrorResponse({ head, bytes: this.bytes, wallNow: clock.wallNow() }, errors);
  }
}
