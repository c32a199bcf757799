import type { Clock, Timer } from '../../contracts/clock.js';
import type { ResponseBody, ResponseSink, SinkHead } from '../../contracts/sink.js';
import { GatewayError, toGatewayError } from '../../errors/gateway-error.js';
import { GuardAborted } from '../call-guard.js';
import { BlockedByGuard } from '../blocked.js';
import type { GuardedResponse } from '../response-gate.js';
import { andThen } from '../text/text-filter.js';
import { guardCompletion } from './completion-guard.js';
import type { ResponseChannels } from './channels.js';
import { StreamGuard, type ReleasedEvent } from './stream-guard.js';

/** While everything is held the client gets a comment this often, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;
/** Events without content that are held before the stream is opened. */
const MAX_PRELUDE = 64;

const REJECT = { beforeCommit: 'reject', afterCommit: 'error' } as const;

export interface GuardedSinkParts {
  readonly clock: Clock;
  readonly response: GuardedResponse;
  /**
   * Channels for the response of one attempt.
   * @param onBlock - called when a watching guard blocks
   */
  readonly channels: (onBlock: (blocked: unknown) => void) => ResponseChannels;
  /** Some guard changes or holds text. */
  readonly changesText: boolean;
  /** Some guard holds all of it. */
  readonly holdsAll: boolean;
}

/** Received, but not checked yet. */
type Received = { readonly json: ResponseBody } | { readonly payload: string } | 'done';

/**
 * The sink in front of the client where guards check responses: nothing passes before its verdict. The sender may be an
 * upstream, the cache or a shared call.
 *
 * Fifteen private fields: the sink implements backpressure, keep-alive and the commit point in one place, because each
 * event may change any of them.
 */
export class GuardedSink implements ResponseSink {
  readonly #next: ResponseSink;
  readonly #parts: GuardedSinkParts;
  /** Both belong to the current attempt: verdicts on an earlier one are ignored. */
  #channels!: ResponseChannels;
  #stream!: StreamGuard;
  #head: SinkHead | undefined;
  #received: Received[] = [];
  /** Released before the first event with content. */
  #prelude: string[] = [];
  /** The prompt has passed. */
  #isOpen: boolean;
  #isBusy = false;
  #isBlocked = false;
  #isCommitted = false;
  #isOver = false;
  #resume: (() => void) | undefined;
  #waitsForDrain = false;
  #keepAlive: Timer | undefined;

  /** @param isOpen - false: everything is held until `openGate` */
  constructor(next: ResponseSink, parts: GuardedSinkParts, isOpen: boolean) {
    this.#next = next;
    this.#parts = parts;
    this.#isOpen = isOpen;
    this.restart();
  }

  json(head: SinkHead, body: ResponseBody): void {
    this.#begin(head);
    this.#receive({ json: body });
  }

  open(head: SinkHead): void {
    this.#begin(head);
    if (this.#parts.holdsAll && !this.#isOver) this.#scheduleKeepAlive();
  }

  event(payload: string): boolean {
    this.#receive({ payload });
    return this.#isOver || (!this.#isBusy && this.#isOpen && !this.#isBlocked);
  }

  onDrain(resume: () => void): void {
    this.#resume = resume;
    this.#resumeSender();
  }

  done(): void {
    this.#receive('done');
  }

  fail(error: GatewayError): void {
    if (this.#isOver) return;
    // What is still held may be the beginning of a value: a response that is cut off loses it.
    this.#close();
    this.#next.fail(error);
    this.#parts.response.end({ passed: false, blocked: false, error: undefined });
  }

  /** The prompt has passed. */
  openGate(): void {
    this.#isOpen = true;
    this.#pump();
    this.#resumeSender();
  }

  /** A guard of the prompt or the response blocks. */
  block(thrown: unknown): void {
    if (this.#isOver || thrown instanceof GuardAborted) return;
    const { error, effect } =
      thrown instanceof BlockedByGuard ? thrown : { error: toGatewayError(thrown), effect: REJECT };
    const ends = effect.afterCommit === 'content_filter' ? this.#stream.filteredEnds() : undefined;
    this.#close();
    if (!this.#isCommitted) return this.#parts.response.reject(error, effect.beforeCommit);
    if (ends === undefined) {
      this.#next.fail(error);
    } else {
      for (const payload of ends) this.#next.event(payload);
      this.#next.done();
    }
    this.#parts.response.end({ passed: false, blocked: true, error: undefined });
  }

  /** Another attempt will send its response. */
  restart(): void {
    this.#isOver = false;
    this.#isBusy = false;
    this.#head = undefined;
    this.#prelude = [];
    const channels = this.#parts.channels((blocked) => {
      if (this.#channels === channels) this.block(blocked);
    });
    this.#channels = channels;
    this.#stream = new StreamGuard(channels, this.#parts.changesText);
  }

  /** Nothing more is written: the client has disconnected, or the response is complete. */
  close(): void {
    this.#close();
  }

  #begin(head: SinkHead): void {
    if (this.#isOver) return;
    this.#head = head;
    this.#parts.response.begin();
  }

  #receive(received: Received): void {
    if (this.#isOver) return;
    this.#received.push(received);
    this.#pump();
  }

  #pump(): void {
    while (this.#isOpen && !this.#isBusy && !this.#isOver && this.#received.length > 0) {
      let write: (() => void) | Promise<() => void>;
      try {
        write = this.#check();
      } catch (error) {
        return this.block(error);
      }
      if (write instanceof Promise) this.#await(write);
      else write();
    }
  }

  #await(verdict: Promise<() => void>): void {
    const stream = this.#stream;
    this.#isBusy = true;
    const isCurrent = (): boolean => stream === this.#stream && !this.#isOver;
    verdict.then(
      (write) => {
        if (!isCurrent()) return;
        this.#isBusy = false;
        write();
        this.#pump();
        this.#resumeSender();
      },
      (error: unknown) => {
        if (isCurrent()) this.block(error);
      },
    );
  }

  /**
   * Checks everything that has come since the last verdict in one step: a slow guard must not be called for each event.
   * @returns how to write what has passed
   */
  #check(): (() => void) | Promise<() => void> {
    const [first] = this.#received;
    if (first === 'done') {
      this.#received = [];
      return andThen(this.#stream.end(), (payloads) => () => this.#finish(payloads));
    }
    if (first !== undefined && 'json' in first) {
      this.#received = [];
      return andThen(guardCompletion(first.json, this.#channels), (body) => () => this.#finishWhole(body));
    }
    const payloads: string[] = [];
    for (const received of this.#received) {
      if (received === 'done' || 'json' in received) break;
      payloads.push(received.payload);
    }
    this.#received.splice(0, payloads.length);
    return andThen(this.#stream.take(payloads), (events) => () => this.#send(events));
  }

  #send(events: readonly ReleasedEvent[]): void {
    for (const { payload, hasContent } of events) {
      if (this.#isCommitted) {
        this.#write(payload);
      } else {
        this.#prelude.push(payload);
        if (hasContent || this.#prelude.length > MAX_PRELUDE) this.#commit();
      }
    }
  }

  #commit(): void {
    if (this.#isCommitted) return;
    this.#isCommitted = true;
    this.#next.open(this.#head ?? { status: 200, headers: {} });
    for (const payload of this.#prelude.splice(0)) this.#write(payload);
  }

  #write(payload: string): void {
    if (!this.#next.event(payload)) this.#isBlocked = true;
  }

  #finish(payloads: readonly string[]): void {
    this.#commit();
    for (const payload of payloads) this.#next.event(payload);
    this.#close();
    this.#next.done();
    this.#parts.response.end({ passed: true, blocked: false, error: undefined });
  }

  #finishWhole(body: ResponseBody): void {
    this.#close();
    this.#next.json(this.#head ?? { status: 200, headers: {} }, body);
    this.#parts.response.end({ passed: true, blocked: false, error: undefined });
  }

  #resumeSender(): void {
    const resume = this.#resume;
    if (resume === undefined) return;
    if (!this.#isOver) {
      if (this.#isBusy || !this.#isOpen) return;
      if (this.#isBlocked) return this.#awaitDrain();
    }
    this.#resume = undefined;
    process.nextTick(resume);
  }

  #awaitDrain(): void {
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    this.#next.onDrain(() => {
      this.#waitsForDrain = false;
      this.#isBlocked = false;
      this.#resumeSender();
    });
  }

  #scheduleKeepAlive(): void {
    this.#keepAlive = this.#parts.clock.setTimer(() => {
      if (this.#isOver) return;
      if (this.#isOpen && !this.#isBlocked) {
        this.#commit();
        this.#next.keepAlive?.();
      }
      this.#scheduleKeepAlive();
    }, KEEP_ALIVE_MS);
  }

  #close(): void {
    this.#isOver = true;
    this.#keepAlive?.cancel();
    this.#received = [];
    this.#resumeSender();
  }
}
