import type { Clock } from '../../contracts/clock.js';
import type { Timeouts } from '../../contracts/routing.js';
import type { Exchange, Framing } from '../../contracts/wire-format.js';
import type {
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamEvents,
  UpstreamHead,
  UpstreamRequest,
} from '../../contracts/transport.js';
import { kindOfTransportFailure } from '../failure-kind.js';
import { UpstreamFailure, type FailureKind } from '../upstream-failure.js';
import { BodySource, type BodyListener } from './body-source.js';
import { BufferedBody } from './buffered-body.js';
import { chunkDecoderFor } from './chunk-source.js';
import { decompressed } from './decompress.js';
import { ExchangeTimers } from './exchange-timers.js';
import { framingOf } from './event-framing.js';
import type { UpstreamErrorContext } from './parse-error.js';
import type { Wanted } from './read-completion.js';
import { StreamPipe, type StreamPipeOwner } from './stream-pipe.js';
import type { ExchangeResult, RunningStream, UpstreamResponse } from './upstream-response.js';
import { ProxyError } from '../../transports/proxy-error.js';
import type { UpstreamErrorSummary } from '../../contracts/hooks.js';
import { failureOfThrown } from './thrown-failure.js';

export interface ExchangeOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly request: UpstreamRequest;
  readonly timeouts: Timeouts;
  /**
   * Monotonic time by which a whole response must have ended, and a stream must have delivered its first content chunk.
   */
  readonly deadline: number;
  /** Monotonic time by which a stream must have ended. */
  readonly streamDeadline: number;
  readonly wanted: Wanted;
  /** Reads the response; `undefined` if the format does not translate the request. */
  readonly exchange?: Exchange | undefined;
  readonly errors: UpstreamErrorContext;
}

/** Statuses of a successful response: some proxies turn a 200 into another 2xx. */
const SUCCESS: ReadonlySet<number> = new Set([200, 201, 202, 203]);

/**
 * - `connecting`: no connection yet
 * - `awaiting-head`: connected; the request is being sent
 * - `reading-body`: the head has arrived; `BufferedBody` or `StreamPipe` reads the body
 * - `draining`: the result is known; the rest of the body is discarded, so that the connection can be reused
 * - `closed`: aborted
 */
type State = 'connecting' | 'awaiting-head' | 'reading-body' | 'draining' | 'closed';

/**
 * One upstream call, from connecting to the end of its response. `run` resolves at the commit point: with a response
 * whose first content chunk has arrived, or with a failure after which another endpoint can be tried.
 *
 * This class owns the connection, the timeouts and the result. A completion or an error body is read by `BufferedBody`,
 * an event stream by `StreamPipe`.
 */
export class UpstreamExchange implements UpstreamEvents, BodyListener, StreamPipeOwner {
  /** Milliseconds from the start to the first content chunk; of a whole response to its end. */
  firstTokenMs: number | undefined = undefined;
  readonly startedAt: number;

  readonly #options: ExchangeOptions;
  readonly #timers: ExchangeTimers;
  #state: State = 'connecting';
  #reconnected = false;
  #call: UpstreamCall | undefined;
  #source: BodySource | undefined;
  #buffered: BufferedBody | undefined;
  #pipe: StreamPipe | undefined;
  #resolve: ((result: ExchangeResult) => void) | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.startedAt = options.clock.now();
    const { clock, timeouts, deadline, streamDeadline, wanted } = options;
    this.#timers = new ExchangeTimers(
      { clock, timeouts, deadline, streamDeadline, isStream: wanted.stream },
      (reason) => this.#timedOut(reason),
    );
  }

  run(): Promise<ExchangeResult> {
    return new Promise((resolve) => {
      if (this.#isFinished) return resolve({ kind: 'cancelled' });
      this.#resolve = resolve;
      this.#connect(this.#options.request);
    });
  }

  /** Closes the upstream's socket at once: the client has disconnected, or another attempt has won. */
  cancel(): void {
    if (this.#isFinished) return;
    this.#abort();
    this.#resolve?.({ kind: 'cancelled' });
    this.#pipe?.cancel();
  }

  /** UTF-8 bytes of output that have arrived in a stream; 0 of a whole response. */
  get outputBytes(): number {
    return this.#pipe?.reader.progress.outputBytes ?? 0;
  }

  // --- the connection ----------------------------------------------------------------------------------------------

  #connect(request: UpstreamRequest): void {
    this.#state = 'connecting';
    this.#timers.awaitConnection();
    try {
      this.#call = this.#options.transport.open(request, this);
    } catch (cause) {
      // The host's own transport threw before anything was sent, so the provider is not at fault.
      this.#breakOff(new UpstreamFailure('host_code', { cause }));
    }
  }

  onConnected(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'awaiting-head';
    this.#timers.awaitHeaders();
  }

  onFailure({ error, reusedSocket, connected }: TransportFailure): void {
    if (this.#isFinished) return;
    // The upstream closed an idle connection just as it was reused. It read nothing, so this counts as no attempt.
    if (reusedSocket && !this.#reconnected) {
      this.#reconnected = true;
      this.#connect({ ...this.#options.request, fresh: true });
      return;
    }
    const kind = kindOfTransportFailure(error.code, connected);
    const upstreamError = error instanceof ProxyError ? proxySummary(kind, error) : undefined;
    this.#breakOff(new UpstreamFailure(kind, { cause: error, upstreamError }));
  }

  onHead(head: UpstreamHead): void {
    const { message } = head;
    if (this.#isFinished) {
      message.destroy();
      return;
    }
    this.#state = 'reading-body';
    const body = decompressed(head);
    if (body === undefined) {
      this.#fail(new UpstreamFailure('malformed', { status: head.status }));
      message.destroy();
      return;
    }
    const source = new BodySource(message, body, this);
    this.#source = source;
    try {
      this.#beginBody(head, source);
    } catch (cause) {
      this.#failWithThrown(cause);
    }
  }

  // --- the body ----------------------------------------------------------------------------------------------------

  #beginBody(head: UpstreamHead, source: BodySource): void {
    const { wanted, exchange, errors, clock } = this.#options;
    const isError = !SUCCESS.has(head.status);
    if (isError) this.#timers.awaitErrorBody();
    else this.#timers.awaitBody();
    const framing = isError ? undefined : framingOf(head, errors.format);
    if (framing !== undefined) this.#pipe = this.#openPipe(source, head, framing);
    else this.#buffered = new BufferedBody({ head, isError, wanted, exchange, errors, clock });
  }

  #openPipe(source: BodySource, head: UpstreamHead, framing: Framing): StreamPipe {
    const { wanted, exchange, errors, clock, timeouts } = this.#options;
    const decoder = chunkDecoderFor(errors.format, exchange, head);
    const reading = { wanted, errors, framing, decoder };
    const options = { source, timers: this.#timers, ...reading, idleMs: timeouts.idleMs, owner: this };
    return new StreamPipe(options, clock.now());
  }

  onBytes(bytes: Buffer): void {
    if (this.#isFinished) return;
    try {
      const now = this.#options.clock.now();
      if (this.#timers.isPastDeadline(now)) this.#timedOut('deadline');
      else if (this.#pipe !== undefined) this.#pipe.read(bytes, now);
      else this.#collect(this.#buffered!, bytes, now);
    } catch (cause) {
      this.#failWithThrown(cause);
    }
  }

  #collect(body: BufferedBody, bytes: Buffer, now: number): void {
    this.#timers.refresh(now);
    const added = body.add(bytes);
    if (added === 'incomplete') return;
    if (added !== 'events') return this.#fail(added);
    this.#pipe = this.#openPipe(this.#source!, body.head, 'sse');
    this.#buffered = undefined;
    this.#pipe.read(body.bytes, now);
  }

  onBodyEnd(whole: boolean): void {
    if (this.#isFinished) return;
    try {
      if (this.#pipe !== undefined) this.#pipe.reader.finish(whole);
      else if (this.#buffered !== undefined) this.#finishWith(this.#buffered.finish(whole));
    } catch (cause) {
      this.#failWithThrown(cause);
    }
  }

  // --- events of the stream ----------------------------------------------------------------------------------------

  onCommit(stream: RunningStream | undefined): void {
    this.firstTokenMs = this.#options.clock.now() - this.startedAt;
    if (stream === undefined) return;
    this.#resolve?.({ kind: 'response', response: stream });
    this.#resolve = undefined;
  }

  onCollected(response: UpstreamResponse): void {
    this.#finishWith(response);
  }

  onStreamFailure(failure: UpstreamFailure): void {
    this.#fail(failure);
  }

  onStreamEnd(complete: boolean): void {
    if (!this.#isFinished) this.#finish(complete);
  }

  // --- the end -----------------------------------------------------------------------------------------------------

  get #isFinished(): boolean {
    return this.#state === 'draining' || this.#state === 'closed';
  }

  #finishWith(result: UpstreamResponse | UpstreamFailure): void {
    if (this.#isFinished) return;
    if (result instanceof UpstreamFailure) return this.#fail(result);
    this.firstTokenMs ??= this.#options.clock.now() - this.startedAt;
    this.#finish(true);
    this.#resolve?.({ kind: 'response', response: result });
  }

  #fail(failure: UpstreamFailure): void {
    if (this.#isFinished) return;
    // Error bodies are short: reading one to its end keeps the connection.
    this.#finish(this.#buffered?.isError === true);
    this.#resolve?.({ kind: 'failure', failure });
  }

  #timedOut(reason: FailureKind): void {
    if (this.#isFinished) return;
    // An error body that does not end: its status and what has arrived of it are enough.
    if (this.#buffered?.isError === true) this.#fail(this.#buffered.errorFailure());
    else this.#breakOff(new UpstreamFailure(this.#timers.reasonOf(reason)));
  }

  /** A host's own wire format or transport threw. That fails this attempt; uncaught, it would end the process. */
  #failWithThrown(cause: unknown): void {
    this.#breakOff(failureOfThrown(cause, this.#options.errors.format));
  }

  #breakOff(failure: UpstreamFailure): void {
    if (this.#pipe === undefined) this.#fail(failure);
    else this.#pipe.reader.breakOff(failure);
  }

  /** `reusable`: what is left of the body is short, so it is drained and the connection kept. */
  #finish(reusable: boolean): void {
    if (!reusable || this.#source === undefined) return this.#abort();
    this.#state = 'draining';
    this.#timers.stop();
    this.#source.drain(this.#options.clock, () => this.#abort());
  }

  #abort(): void {
    this.#state = 'closed';
    this.#timers.stop();
    try {
      this.#call?.abort();
    } catch {
      // The host's own transport threw. The exception must not end the process; what the transport leaves open is its
      // own.
    }
    this.#source?.destroy();
  }
}

/** The error of an HTTP proxy between the gateway and the upstream, for records and logs. */
function proxySummary(kind: FailureKind, { status, message }: ProxyError): UpstreamErrorSummary {
  return { status, type: null, code: kind, message };
}
