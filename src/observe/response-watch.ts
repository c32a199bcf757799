import type { Clock } from '../contracts/clock.js';
import type { Endpoint } from '../contracts/routing.js';
import type { ResponseBody } from '../contracts/sink.js';
import { bytesOf } from '../http/write-body.js';
import type { RequestContext } from '../request/context.js';
import type { Observer } from '../request/hooks.js';
import { filledText, isRecord } from '../util/json-object.js';
import { parseJson } from '../util/parse-json.js';
import { OutputCollector } from './output-collector.js';
import { TapSink, type TapListener } from './tap-sink.js';

/** Called with the seconds between two chunks of a stream of `endpoint`. */
export type OnChunkInterval = (endpoint: Endpoint, seconds: number) => void;

export interface ResponseWatchOptions {
  readonly clock: Clock;
  /** `undefined`: chunks are not timed. */
  readonly onChunkInterval: OnChunkInterval | undefined;
  /** Bytes of output to collect for a request; 0 for none. `undefined`: never any. */
  readonly collectBytes: ((context: RequestContext) => number) | undefined;
}

/** Longer texts are not ids, so they are not exported. */
const MOST_ID_LENGTH = 256;
/** Azure opens a stream with a chunk without an id. */
const CHUNKS_WITH_ID = 3;
/** Larger bodies (mostly images and audio) are not parsed a second time. */
const MOST_BODY_BYTES = 4 * 1_048_576;

/** Watches responses on their way to the client: the times of chunks, the id of the response, its content. */
export class ResponseWatch implements Observer {
  readonly #options: ResponseWatchOptions;
  readonly #watched = new WeakMap<RequestContext, WatchedResponse>();

  constructor(options: ResponseWatchOptions) {
    this.#options = options;
  }

  requestBegan(context: RequestContext): void {
    const watched = new WatchedResponse(context, this.#options);
    this.#watched.set(context, watched);
    // The innermost sink, directly in front of the client: what it sees has passed the cache and the guards.
    context.sink = new TapSink(context.sink, watched);
  }

  attemptBegan(context: RequestContext, endpoint: Endpoint): void {
    this.#watched.get(context)?.endpoints.push(endpoint);
  }

  /** What is known of the response to `context`. */
  of(context: RequestContext): Pick<WatchedResponse, 'responseId' | 'responseModel' | 'output'> | undefined {
    return this.#watched.get(context);
  }
}

class WatchedResponse implements TapListener {
  responseId: string | undefined;
  responseModel: string | undefined;
  output: OutputCollector | undefined;
  /** Endpoints of the upstream calls so far. */
  readonly endpoints: Endpoint[] = [];
  readonly #context: RequestContext;
  readonly #options: ResponseWatchOptions;
  #endpoint: Endpoint | undefined;
  #lastChunkAt: number | undefined;
  #chunksToRead = CHUNKS_WITH_ID;

  constructor(context: RequestContext, options: ResponseWatchOptions) {
    this.#context = context;
    this.#options = options;
  }

  began(): void {
    const bytes = this.#options.collectBytes?.(this.#context) ?? 0;
    if (bytes > 0) this.output = new OutputCollector(bytes);
    this.#endpoint = this.#timedEndpoint();
  }

  chunk(payload: string): void {
    if (this.#endpoint !== undefined) this.#time(this.#endpoint);
    if (this.output === undefined && (this.#chunksToRead === 0 || this.responseId !== undefined)) return;
    if (this.#chunksToRead > 0) this.#chunksToRead--;
    this.#read(parseJson(payload));
  }

  whole(body: ResponseBody): void {
    this.began();
    if (body.length > MOST_BODY_BYTES) {
      if (this.output !== undefined) this.output.truncated = true;
      return;
    }
    const { buffer, byteOffset, byteLength } = bytesOf(body);
    this.#read(parseJson(Buffer.from(buffer, byteOffset, byteLength)));
    this.output?.end();
  }

  done(): void {
    this.output?.end();
  }

  #read(value: unknown): void {
    if (!isRecord(value)) return;
    this.responseId ??= shortText(value['id']);
    this.responseModel ??= shortText(value['model']);
    this.output?.add(value);
  }

  /** The endpoint whose stream this is; `undefined` for cache hits, shared calls and calls that are not the operator's. */
  #timedEndpoint(): Endpoint | undefined {
    const { served, coalesced } = this.#context;
    if (this.#options.onChunkInterval === undefined || served === undefined || coalesced) return undefined;
    const endpoint = this.endpoints.findLast(
      ({ provider, model, slug }) =>
        provider.slug === served.provider && model === served.model && slug === served.slug,
    );
    return served.callerKey === true ? undefined : endpoint;
  }

  #time(endpoint: Endpoint): void {
    const now = this.#options.clock.now();
    if (this.#lastChunkAt !== undefined) {
      this.#options.onChunkInterval?.(endpoint, (now - this.#lastChunkAt) / 1_000);
    }
    this.#lastChunkAt = now;
  }
}

function shortText(value: unknown): string | undefined {
  const text = filledText(value);
  return text === undefined || text.length > MOST_ID_LENGTH ? undefined : text;
}
