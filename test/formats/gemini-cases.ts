import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import { isRecord, type JsonObject } from '../../src/util/json-object.js';
import { StreamProgress } from '../../src/chat/stream-progress.js';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../../src/chat/types.js';
import {
  UnsupportedRequest,
  type ChunkDecoder,
  type Exchange,
  type ExchangeContext,
  type WireFormat,
} from '../../src/contracts/wire-format.js';
import { kindOfStatus } from '../../src/proxy/failure-kind.js';
import { deepFreeze } from '../../src/testing/contract-test.js';

/** One row of a case file. */
export interface FormatCase {
  readonly id: string;
  readonly kind: 'request' | 'response' | 'stream' | 'error';
  readonly in: JsonObject;
  readonly out: JsonObject;
  readonly certain: boolean;
}

/** The rows of `test/fixtures/formats/{file}`. */
export function formatCases(file: string): FormatCase[] {
  const text = readFileSync(new URL(`../fixtures/formats/${file}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FormatCase);
}

export const HEAD = { status: 200, headers: {} };

const PLAIN_REQUEST = { model: 'gemini-2.5-flash', messages: [{ role: 'user', content: 'Hi' }] };

/** The context of a row: the model's facts default to the requested name. */
function getContext(given: JsonObject, request: ChatRequest): ExchangeContext {
  const model = isRecord(given['model']) ? given['model'] : {};
  return {
    model: {
      upstreamModel: String(model['upstreamModel'] ?? request.model),
      maxCompletionTokens: undefined,
      traits: isRecord(model['traits']) ? model['traits'] : {},
    },
    stream: given['stream'] === true,
    requestId: 'req-1',
    now: 1_750_000_000,
  };
}

/** A request as the format is given it, frozen. */
export function asRequest(value: object): ChatRequest {
  return deepFreeze(value) as ChatRequest;
}

/** Makes the exchange of a row from a frozen request. */
export function exchangeOf(format: WireFormat, given: JsonObject, stream = given['stream'] === true): Exchange {
  const request = deepFreeze(structuredClone(given['request'] ?? PLAIN_REQUEST)) as ChatRequest;
  const exchange = format.exchange?.(request, { ...getContext(given, request), stream });
  if (exchange === undefined) throw new Error('the format has no exchange');
  return exchange;
}

export function runCase(format: WireFormat, row: FormatCase): void {
  if (row.kind === 'request') runRequest(format, row);
  else if (row.kind === 'response') runResponse(format, row);
  else if (row.kind === 'stream') runStream(format, row);
  else runError(format, row);
}

function runRequest(format: WireFormat, { in: given, out }: FormatCase): void {
  if (isRecord(out['refused'])) {
    expect(refusalOf(() => exchangeOf(format, given))).toBe(out['refused']['param']);
    return;
  }
  const exchange = exchangeOf(format, given);
  const body = asJson(exchange.body);
  if (out['path'] !== undefined) expect(exchange.path).toBe(out['path']);
  if (out['headers'] !== undefined) expect(exchange.headers).toMatchObject(out['headers'] as object);
  if (out['body'] !== undefined) expectMembers(body, out['body'] as JsonObject);
  for (const path of (out['absent'] ?? []) as string[]) expect(at(body, path), path).toBeUndefined();
  if (out['dropped'] !== undefined)
    expect(exchange.dropped.toSorted()).toEqual([...(out['dropped'] as string[])].sort());
}

/** Path of the member that a refusal names. */
export function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UnsupportedRequest);
    return (error as UnsupportedRequest).param;
  }
  throw new Error('not refused');
}

function runResponse(format: WireFormat, { in: given, out }: FormatCase): void {
  const exchange = exchangeOf(format, given);
  if (out['fails'] !== undefined) {
    expect(failureOf(() => exchange.completion(given['body'], HEAD))).toBe(out['fails']);
    return;
  }
  const completion = exchange.completion(deepFreeze(structuredClone(given['body'])), HEAD);
  expect(asJson(completion)).toMatchObject(out['completion'] as object);
  const calls = toolCallsOf(out['completion'] as ChatCompletion);
  if (calls !== undefined) expect(toolCallsOf(completion)).toEqual(calls);
}

function toolCallsOf({ choices }: ChatCompletion) {
  return choices[0]?.message?.tool_calls;
}

function failureOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    const { fault, error: said } = error as { fault?: string; error?: { kind?: string } };
    return fault === 'error' ? said?.kind : fault;
  }
  return 'nothing';
}

/** What a gateway makes of the chunks of one stream. */
export interface ReadStream {
  readonly chunks: readonly ChatChunk[];
  readonly completion: ChatCompletion;
  readonly complete: boolean;
  readonly error: JsonObject | undefined;
}

/** Feeds the events of a row to a decoder, as the gateway does. */
export function readStream(decoder: ChunkDecoder, events: readonly JsonObject[]): ReadStream {
  const chunks: ChatChunk[] = [];
  let done = false;
  for (const { data, event, eof } of events) {
    const result =
      eof === true
        ? (decoder.end?.() ?? [])
        : decoder.event({ event: event as string | undefined, data: JSON.stringify(data) });
    if (result === 'done') done = true;
    else chunks.push(...result);
  }
  const progress = new StreamProgress();
  const good = chunks.filter((chunk) => chunk['error'] === undefined);
  for (const chunk of good) progress.observe(chunk);
  const failed = chunks.find((chunk) => chunk['error'] !== undefined)?.['error'] as JsonObject | undefined;
  return {
    chunks: good,
    completion: assembleCompletion(good),
    complete: failed === undefined && (done || progress.complete),
    error: failed,
  };
}

function runStream(format: WireFormat, { in: given, out }: FormatCase): void {
  const exchange = exchangeOf(format, given, true);
  const read = readStream(exchange.decoder(HEAD), given['events'] as JsonObject[]);
  const [choice] = read.completion.choices;
  if (out['complete'] !== undefined) expect(read.complete).toBe(out['complete']);
  if (out['message'] !== undefined) expect(asJson(choice?.message)).toMatchObject(out['message'] as object);
  if (out['finish_reason'] !== undefined) expect(choice?.finish_reason ?? null).toBe(out['finish_reason']);
  if (out['usage'] !== undefined) expect(read.completion.usage).toEqual(out['usage']);
  if (out['finishChunks'] !== undefined) expect(finishChunks(read)).toBe(out['finishChunks']);
  if (out['toolIndexes'] !== undefined) expect(toolIndexes(read)).toEqual(out['toolIndexes']);
  for (const expected of (out['choices'] ?? []) as JsonObject[]) {
    const found = read.completion.choices.find(({ index }) => index === expected['index']);
    expect({ content: found?.message?.content, finish_reason: found?.finish_reason }).toEqual({
      content: expected['content'],
      finish_reason: expected['finish_reason'],
    });
  }
  if (isRecord(out['error'])) expectStreamError(format, read, out['error']);
}

function finishChunks({ chunks }: ReadStream): number {
  return chunks.filter((chunk) => chunk.choices?.some(({ finish_reason }) => typeof finish_reason === 'string')).length;
}

function toolIndexes({ chunks }: ReadStream): (number | undefined)[] {
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  return choices.flatMap(({ delta }) => delta?.tool_calls ?? []).map(({ index }) => index);
}

function expectStreamError(format: WireFormat, read: ReadStream, expected: JsonObject): void {
  if (expected['kind'] === 'truncated') {
    expect(read.error).toBeUndefined();
    expect(finishChunks(read)).toBe(0);
    return;
  }
  const said = format.decodeError?.({ error: read.error });
  const { kind, ...members } = expected;
  expect(said).toMatchObject(members);
  if (kind !== undefined) expect(read.error?.['kind'] ?? said?.kind).toBe(kind);
}

function runError(format: WireFormat, { in: given, out }: FormatCase): void {
  const status = Number(given['status']);
  const said = format.decodeError?.(deepFreeze(structuredClone(given['body'])), { status, headers: {} });
  expect({ ...said, kind: said?.kind ?? kindOfStatus(said?.status ?? status, false) }).toMatchObject(out);
}

/** What goes over the wire. */
export function asJson(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonObject;
}

/** Every expected member is deeply equal, but for objects, of which it may hold more. */
function expectMembers(actual: unknown, expected: JsonObject): void {
  for (const [key, value] of Object.entries(expected)) {
    const own = isRecord(actual) ? actual[key] : undefined;
    if (isRecord(value) && !key.endsWith('Schema')) expectMembers(own, value);
    else expect(own, key).toEqual(value);
  }
}

/** The value at `contents[1].parts[0].text`. */
function at(value: unknown, path: string): unknown {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  return steps.reduce<unknown>(
    (holder, step) => (typeof holder === 'object' && holder !== null ? (holder as JsonObject)[step] : undefined),
    value,
  );
}
