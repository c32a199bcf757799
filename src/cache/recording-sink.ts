import { CompletionAssembler } from '../chat/assemble.js';
import { isRecord } from '../util/json-object.js';
import type { ChatCompletion } from '../chat/types.js';
import type { ResponseBody, SinkHead, ResponseSink } from '../contracts/sink.js';
import type { GatewayError } from '../errors/gateway-error.js';
import { bytesOf } from '../http/write-body.js';
import { parseJson } from '../util/parse-json.js';

/** Called with a complete response after its last byte was written; `undefined` where it cannot be stored. */
export type OnWhole = (completion: ChatCompletion | undefined) => void;

/**
 * Passes a response on and assembles it. The client never waits for that, and no failure here affects it: a response
 * that cannot be recorded is not stored.
 */
export class RecordingSink implements ResponseSink {
  readonly #next: ResponseSink;
  readonly #onWhole: OnWhole;
  #remaining: number;
  #assembler: CompletionAssembler | undefined;

  /** @param maxBytes - larger responses are not recorded */
  constructor(next: ResponseSink, maxBytes: number, onWhole: OnWhole) {
    this.#next = next;
    this.#remaining = maxBytes;
    this.#onWhole = onWhole;
  }

  json(head: SinkHead, body: ResponseBody): void {
    this.#next.json(head, body);
    const mayKeep =
      head.status === 200 && head.headers['cache-control'] !== 'no-store' && body.length <= this.#remaining;
    this.#onWhole(mayKeep ? completionIn(bytesOf(body)) : undefined);
  }

  open(head: SinkHead): void {
    if (head.status === 200) this.#assembler = new CompletionAssembler();
    this.#next.open(head);
  }

  event(payload: string): boolean {
    if (this.#assembler !== undefined) this.#record(this.#assembler, payload);
    return this.#next.event(payload);
  }

  onDrain(resume: () => void): void {
    this.#next.onDrain(resume);
  }

  done(): void {
    this.#next.done();
    const assembler = this.#assembler;
    // A response with content after a finish reason may be incomplete: it is passed on, but not stored.
    this.#onWhole(assembler === undefined || assembler.contradictory ? undefined : assembler.completion());
  }

  fail(error: GatewayError): void {
    this.#assembler = undefined;
    this.#next.fail(error);
  }

  #record(assembler: CompletionAssembler, payload: string): void {
    this.#remaining -= payload.length;
    const chunk = this.#remaining < 0 ? undefined : parseJson(payload);
    if (isRecord(chunk)) assembler.add(chunk);
    else this.#assembler = undefined;
  }
}

function completionIn(body: Uint8Array): ChatCompletion | undefined {
  const value = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  return hasChoices(value) ? value : undefined;
}

function hasChoices(value: unknown): value is ChatCompletion {
  return isRecord(value) && Array.isArray(value['choices']) && value['choices'].every(isRecord);
}
