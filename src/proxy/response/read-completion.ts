import { CompletionAssembler } from '../../chat/assemble.js';
import { splitCompletion } from '../../chat/split.js';
import { isErrorObject } from '../../chat/error-object.js';
import { arrayIndex, isRecord } from '../../util/json-object.js';
import { isOwnFormat } from '../../formats/own-formats.js';
import { parseExact } from '../../json/exact-numbers.js';
import { normaliseCompletion } from '../../chat/normalise-completion.js';
import type { ChatChoice, ChatChunk, ChatCompletion } from '../../chat/types.js';
import { FailedResponse } from '../../contracts/failed-response.js';
import type { Exchange, ResponseHead } from '../../contracts/wire-format.js';
import type { ResponseSink } from '../../contracts/sink.js';
import type { UpstreamResponse } from './upstream-response.js';
import { bytesWithoutByteOrderMark, parseJson } from '../../util/parse-json.js';
import { UpstreamFailure } from '../upstream-failure.js';
import { failureOfThrown } from './thrown-failure.js';
import { failureOfErrorObject, type UpstreamErrorContext } from './parse-error.js';

/** The form of response that the caller requested. */
export interface Wanted {
  readonly stream: boolean;
  /** The caller requested the usage chunk. */
  readonly usage: boolean;
}

/** A successful response whose body has ended. */
export interface WholeBody {
  readonly bytes: Buffer;
  readonly head: ResponseHead;
  /** Reads the body; `undefined` if the format did not translate the request. */
  readonly exchange: Exchange | undefined;
}

/** The response of a whole body, in the form that the caller requested, or the failure. */
export function readCompletion(
  body: WholeBody,
  wanted: Wanted,
  errors: UpstreamErrorContext,
): UpstreamResponse | UpstreamFailure {
  const { bytes, exchange } = body;
  // Tool inputs of a native response become text, which must keep their digits. A host's format gets plain numbers.
  const isOwnExchange = exchange !== undefined && isOwnFormat(errors.format);
  const parsed = isOwnExchange ? parseJson(bytes, parseExact) : parseJson(bytes);
  if (parsed === undefined) return new UpstreamFailure(bytes.length === 0 ? 'empty' : 'malformed');
  // SDKs treat every 200 as a success, so an error inside one must not reach the client as a response.
  if (isErrorBody(parsed)) return failureOfErrorObject(parsed, errors);
  const isTranslated = exchange !== undefined || errors.format.decodeCompletion !== undefined;
  const isUnchanged = !isTranslated && !(isRecord(parsed) && normaliseCompletion(parsed));
  const completion = isTranslated ? translated(parsed, body, errors) : asCompletion(parsed);
  if (completion instanceof UpstreamFailure) return completion;
  if (completion.choices.length === 0) return new UpstreamFailure('empty');
  // A stream is complete only if each choice has a finish reason.
  if (wanted.stream && !completion.choices.every(hasEnded)) return new UpstreamFailure('truncated');
  if (wanted.stream) return asChunks(completion, wanted);
  return { kind: 'json', completion, body: isUnchanged ? bytesWithoutByteOrderMark(bytes) : encode(completion) };
}

/** The completion assembled from a stream, for a caller who requested no stream. */
export function completionOf(assembler: CompletionAssembler): UpstreamResponse {
  const completion = assembler.completion();
  normaliseCompletion(completion);
  return { kind: 'json', completion, body: encode(completion), contradictory: assembler.contradictory };
}

/** Assembles the chunks of a stream into one completion. */
export class CollectingSink implements ResponseSink {
  readonly assembler = new CompletionAssembler();

  event(payload: string): boolean {
    this.assembler.add(JSON.parse(payload) as ChatChunk);
    return true;
  }

  json(): void {}
  open(): void {}
  onDrain(): void {}
  done(): void {}
  fail(): void {}
}

function asCompletion(parsed: unknown): ChatCompletion | UpstreamFailure {
  return isCompletion(parsed) ? parsed : new UpstreamFailure('malformed');
}

function translated(
  parsed: unknown,
  { head, exchange }: WholeBody,
  errors: UpstreamErrorContext,
): ChatCompletion | UpstreamFailure {
  try {
    const completion = exchange?.completion(parsed, head) ?? errors.format.decodeCompletion?.(parsed);
    if (isCompletion(completion)) return completion;
    return failureOfThrown(new TypeError('The format returned no completion.'), errors.format);
  } catch (cause) {
    if (!(cause instanceof FailedResponse)) return failureOfThrown(cause, errors.format);
    if (cause.fault === 'error') return failureOfErrorObject({ error: cause.error }, errors);
    return new UpstreamFailure(cause.fault, { cause });
  }
}

/** Google wraps an error in a list of one. */
function isErrorBody(value: unknown): boolean {
  const body: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return isRecord(body) && isErrorObject(body);
}

function isCompletion(value: unknown): value is ChatCompletion {
  return isRecord(value) && Array.isArray(value['choices']) && value['choices'].every(isWholeChoice);
}

function hasEnded({ finish_reason }: ChatChoice): boolean {
  return typeof finish_reason === 'string' && finish_reason !== '';
}

function isWholeChoice(choice: unknown): boolean {
  return isRecord(choice) && isRecord(choice['message']) && arrayIndex(choice['index']) !== undefined;
}

function asChunks(completion: ChatCompletion, wanted: Wanted): UpstreamResponse {
  const payloads: string[] = [];
  for (const chunk of splitCompletion(completion, { includeUsage: wanted.usage })) payloads.push(JSON.stringify(chunk));
  return { kind: 'chunks', completion, payloads };
}

function encode(completion: ChatCompletion): Buffer {
  return Buffer.from(JSON.stringify(completion));
}
