/**
 * Runs the case files of native formats against a `WireFormat`: requests, whole responses, streams, errors and frames.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import { StreamProgress } from '../../src/chat/stream-progress.js';
import type { ChatChunk, ChatRequest } from '../../src/chat/types.js';
import {
  UnsupportedRequest,
  type Exchange,
  type ResponseHead,
  type UpstreamEvent,
  type WireFormat,
} from '../../src/contracts/wire-format.js';
import { kindOfStatus } from '../../src/proxy/failure-kind.js';
import { readRetryAfter } from '../../src/proxy/retry-after.js';
import { deepFreeze } from '../../src/testing/contract-test.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** One line of a case file. */
export interface FormatCase {
  readonly id: string;
  readonly kind: 'request' | 'response' | 'stream' | 'error' | 'frame';
  readonly in: CaseInput;
  readonly out: CaseOutput;
  readonly certain: boolean;
  readonly why: string;
}

interface CaseInput extends JsonObject {
  readonly request?: ChatRequest;
  readonly model?: {
    readonly upstreamModel?: string;
    readonly maxCompletionTokens?: number;
    readonly traits?: JsonObject;
  };
  readonly stream?: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly events?: readonly CaseEvent[];
}

interface CaseEvent extends JsonObject {
  readonly event?: string;
  readonly data?: unknown;
  readonly eof?: boolean;
  readonly exception?: boolean;
  readonly errorFrame?: boolean;
}

interface CaseOutput extends JsonObject {
  readonly body?: JsonObject;
  readonly absent?: readonly string[];
  readonly dropped?: readonly string[];
  readonly refused?: { readonly param: string };
}

const HEAD: ResponseHead = { status: 200, headers: {} };
const NOW = 1_750_000_000;

/** The cases of a file in `test/fixtures/formats`. */
export function readCases(file: string): FormatCase[] {
  const text = readFileSync(new URL(`../fixtures/formats/${file}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FormatCase);
}

/** Runs one case. @param readFrames - cuts the bytes of a `frame` case into events, for formats with binary frames */
export function runCase(format: WireFormat, row: FormatCase, readFrames?: (input: CaseInput) => unknown): void {
  switch (row.kind) {
    case 'request':
      return runRequest(format, row);
    case 'response':
      return runResponse(format, row);
    case 'stream':
      return runStream(format, row);
    case 'error':
      return runError(format, row);
    case 'frame':
      if (readFrames === undefined) throw new Error('This format has no frames.');
      expect(readFrames(row.in)).toMatchObject(row.out);
  }
}

/** The exchange for the request of a case; a plain one where it has none. */
function exchangeFor(format: WireFormat, input: CaseInput): Exchange {
  const request = deepFreeze(
    structuredClone(
      input.request ?? { model: 'claude-sonnet-4-5', messages: [{ role: 'user' as const, content: 'Hi' }] },
    ),
  );
  const model = {
    upstreamModel: input.model?.upstreamModel ?? request.model ?? 'model',
    maxCompletionTokens: input.model?.maxCompletionTokens,
    traits: input.model?.traits ?? {},
  };
  const stream = input.stream ?? request.stream === true;
  return format.exchange!(request, { model, stream, requestId: 'req-1', now: NOW });
}

function runRequest(format: WireFormat, { in: input, out }: FormatCase): void {
  if (out.refused !== undefined) {
    const { param } = out.refused;
    expect(() => exchangeFor(format, input)).toThrow(
      expect.toSatisfy((error) => error instanceof UnsupportedRequest && error.param === param, `refused: ${param}`),
    );
    return;
  }
  const exchange = exchangeFor(format, input);
  const body = JSON.parse(JSON.stringify(exchange.body)) as JsonObject;
  if (out['path'] !== undefined) expect(exchange.path).toBe(out['path']);
  if (out['headers'] !== undefined) expect(exchange.headers).toMatchObject(out['headers'] as object);
  // Each member that is named must be equal as a whole: something too much in a list or a tool is a fault as well.
  for (const [member, value] of Object.entries(out.body ?? {})) {
    expect(plainTexts(body[member]), member).toEqual(plainTexts(value));
  }
  for (const path of out.absent ?? []) expect(memberAt(body, path), `${path} is absent`).toBeUndefined();
  if (out.dropped !== undefined) expect(exchange.dropped.toSorted()).toEqual(out.dropped.toSorted());
}

function runResponse(format: WireFormat, { in: input, out }: FormatCase): void {
  const exchange = exchangeFor(format, input);
  const body = deepFreeze(structuredClone(input.body));
  if (out['fails'] !== undefined) {
    expect(() => exchange.completion(body, HEAD)).toThrow();
    return;
  }
  expect(exchange.completion(body, HEAD)).toMatchObject(out['completion'] as object);
}

/** What came of a stream. */
export interface StreamResult {
  readonly chunks: readonly ChatChunk[];
  /** By the rules of the gateway: `'done'`, or a finish reason for every choice at the end of the body. */
  readonly complete: boolean;
  readonly failure: ChatChunk | undefined;
}

/** Feeds events to a new decoder, and ends the body behind them. */
export function decode(exchange: Exchange, events: readonly UpstreamEvent[]): StreamResult {
  const decoder = exchange.decoder(HEAD);
  const progress = new StreamProgress();
  const chunks: ChatChunk[] = [];
  let failure: ChatChunk | undefined;
  const take = (list: readonly ChatChunk[]): void => {
    for (const chunk of list) {
      if (failure !== undefined) return;
      if (chunk['error'] !== undefined) failure = chunk;
      else {
        chunks.push(chunk);
        progress.observe(chunk);
      }
    }
  };
  for (const event of events) {
    const result = decoder.event(event);
    if (result === 'done') return { chunks, complete: failure === undefined, failure };
    take(result);
  }
  take(decoder.end?.() ?? []);
  return { chunks, complete: failure === undefined && progress.complete, failure };
}

function runStream(format: WireFormat, { in: input, out }: FormatCase): void {
  const exchange = exchangeFor(format, { stream: true, ...input });
  const events = (input.events ?? []).filter(({ eof }) => eof !== true).map(upstreamEvent);
  const { chunks, complete, failure } = decode(exchange, events);
  expect(complete, 'complete').toBe(out['complete']);
  const { error } = out;
  if (error !== undefined) {
    const kind = failure === undefined ? 'truncated' : errorKind(format, failure, undefined);
    expect({ kind, ...(failure?.['error'] as object | undefined) }).toMatchObject(error as object);
  }
  const completion = assembleCompletion(chunks);
  const choice = completion.choices[0];
  if (out['message'] !== undefined) expect(choice?.message).toMatchObject(out['message'] as object);
  if (out['finish_reason'] !== undefined) expect(choice?.finish_reason).toBe(out['finish_reason']);
  if (out['usage'] !== undefined) expect(completion.usage).toMatchObject(out['usage'] as object);
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  if (out['toolIndexes'] !== undefined) {
    expect(choices.flatMap(({ delta }) => (delta?.tool_calls ?? []).map(({ index }) => index))).toEqual(
      out['toolIndexes'],
    );
  }
  if (out['finishChunks'] !== undefined) {
    expect(choices.filter(({ finish_reason: reason }) => typeof reason === 'string')).toHaveLength(
      Number(out['finishChunks']),
    );
  }
}

function upstreamEvent({ event, data, exception, errorFrame }: CaseEvent): UpstreamEvent {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return { event, data: text, ...(exception === true || errorFrame === true ? { failed: true as const } : {}) };
}

function runError(format: WireFormat, { in: input, out }: FormatCase): void {
  const head = { status: input.status ?? 200, headers: input.headers ?? {} };
  const said = format.decodeError?.(deepFreeze(structuredClone(input.body)), head);
  const retryAfterMs = said?.retryAfterMs ?? readRetryAfter(head.headers, NOW * 1_000);
  const kind = errorKind(format, input.body, head);
  expect({ ...said, kind, status: said?.status ?? head.status, retryAfterMs }).toMatchObject(out);
}

/** The kind that the gateway would see: the body's own word, else the status. */
function errorKind(format: WireFormat, body: unknown, head: ResponseHead | undefined): string {
  const said = format.decodeError?.(body, head);
  return said?.kind ?? kindOfStatus(said?.status ?? head?.status ?? 500, false);
}

/** A text `content` and a list of one text block are equivalent. */
function plainTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'content' && typeof inner === 'string' ? [{ type: 'text', text: inner }] : plainTexts(inner),
    ]),
  );
}

/** `body.a.b` for `a.b`, also into lists: `contents[0].parts`. */
function memberAt(body: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .reduce<unknown>(
      (value, step) => (typeof value === 'object' && value !== null ? (value as JsonObject)[step] : undefined),
      body,
    );
}
