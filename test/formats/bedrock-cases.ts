import { readFileSync } from 'node:fs';
import { CompletionAssembler } from '../../src/chat/assemble.js';
import { StreamProgress } from '../../src/chat/stream-progress.js';
import type { ChatChunk, ChatRequest } from '../../src/chat/types.js';
import {
  UnsupportedRequest,
  type Exchange,
  type ExchangeContext,
  type ResponseHead,
  type UpstreamErrorBody,
  type UpstreamEvent,
  type WireFormat,
} from '../../src/contracts/wire-format.js';
import { AwsEventStreamReader } from '../../src/frames/aws-event-stream.js';
import { kindOfStatus } from '../../src/proxy/failure-kind.js';
import { awsErrorFrame, awsFrame } from '../../src/testing/aws-frames.js';
import { deepFreeze } from '../../src/testing/contract-test.js';

export interface Case {
  readonly id: string;
  readonly kind: 'request' | 'response' | 'stream' | 'error' | 'frame';
  readonly in: Record<string, unknown>;
  readonly out: Record<string, unknown>;
  readonly certain: boolean;
}

export const OK: ResponseHead = { status: 200, headers: {} };

export function readCases(name: string): Case[] {
  const lines = readFileSync(new URL(`../fixtures/formats/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Case);
}

function contextFor(input: Record<string, unknown>, stream: boolean): ExchangeContext {
  const request = input['request'] as ChatRequest | undefined;
  const model = (input['model'] ?? {}) as Partial<ExchangeContext['model']>;
  return deepFreeze({
    model: {
      upstreamModel: model.upstreamModel ?? request?.model ?? 'model',
      maxCompletionTokens: model.maxCompletionTokens,
      traits: model.traits ?? {},
    },
    stream,
    requestId: 'req-1',
    now: 1_750_000_000,
  });
}

/** The exchange for a case; the request is frozen, so a format that writes into it throws. */
export function exchangeFor(format: WireFormat, input: Record<string, unknown>, stream = false): Exchange {
  const request = (input['request'] ?? { messages: [{ role: 'user', content: 'Hi' }] }) as ChatRequest;
  const context = contextFor(input, stream || request.stream === true || input['stream'] === true);
  return format.exchange!(deepFreeze(structuredClone(request)), context);
}

/** What a case's `out` is compared with. */
export function outcomeOf(format: WireFormat, { kind, in: input }: Case): unknown {
  switch (kind) {
    case 'request':
      return requestOutcome(format, input);
    case 'response':
      return responseOutcome(format, input);
    case 'stream':
      return streamOutcome(format, input);
    case 'error':
      return errorOutcome(format, input);
    default:
      return frameOutcome(Buffer.from(input['hex'] as string, 'hex'));
  }
}

function requestOutcome(format: WireFormat, input: Record<string, unknown>): unknown {
  try {
    const { path, body, dropped, headers } = exchangeFor(format, input);
    return { path, headers, body: JSON.parse(JSON.stringify(body)), dropped };
  } catch (error) {
    if (error instanceof UnsupportedRequest) return { refused: { param: error.param } };
    throw error;
  }
}

function responseOutcome(format: WireFormat, input: Record<string, unknown>): unknown {
  const exchange = exchangeFor(format, input);
  try {
    return { completion: exchange.completion(deepFreeze(structuredClone(input['body'])), OK) };
  } catch {
    return { fails: 'malformed' };
  }
}

interface CaseEvent {
  readonly event?: string;
  readonly data?: unknown;
  readonly exception?: boolean;
  readonly errorFrame?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly eof?: boolean;
}

function streamOutcome(format: WireFormat, input: Record<string, unknown>): unknown {
  const frames = (input['events'] as CaseEvent[]).flatMap((event) => frameOf(event));
  const { events, fails } = frameOutcome(Buffer.concat(frames));
  if (fails !== undefined) return { complete: false, error: { kind: fails } };
  const read = readStream(exchangeFor(format, input, true), events!, format);
  return read;
}

function frameOf({ event, data, exception, errorFrame, code, message, eof }: CaseEvent): Uint8Array[] {
  if (eof === true) return [];
  if (errorFrame === true) return [awsErrorFrame(code!, message!)];
  return [awsFrame({ event: event!, data: data as object, exception: exception === true })];
}

/** Reads events as the gateway does: an error chunk or a throw ends the stream, and so does `'done'`. */
export function readStream(exchange: Exchange, events: readonly UpstreamEvent[], format: WireFormat) {
  const decoder = exchange.decoder(OK);
  const assembler = new CompletionAssembler();
  const progress = new StreamProgress();
  const chunks: ChatChunk[] = [];
  let error: { kind: string; message: string } | undefined;
  let done = false;
  const take = (list: readonly ChatChunk[]): void => {
    for (const chunk of list) {
      if (chunk['error'] !== undefined) {
        error ??= errorIn(chunk, format);
        continue;
      }
      chunks.push(chunk);
      assembler.add(structuredClone(chunk));
      progress.observe(chunk);
    }
  };
  for (const event of events) {
    if (done || error !== undefined) break;
    const result = decoder.event(event);
    if (result === 'done') done = true;
    else take(result);
  }
  if (!done && error === undefined) take(decoder.end?.() ?? []);
  const completion = assembler.completion();
  const choice = completion.choices[0];
  return {
    message: joinedReasoning(choice?.message),
    finish_reason: choice?.finish_reason ?? null,
    usage: completion.usage,
    complete: error === undefined && (done || progress.complete),
    error,
    chunks,
    toolIndexes: chunks.flatMap(toolIndexes),
    finishChunks: chunks.filter((chunk) => chunk.choices?.some((part) => typeof part.finish_reason === 'string'))
      .length,
  };
}

function errorIn(chunk: ChatChunk, format: WireFormat): { kind: string; message: string } {
  const said = format.decodeError!(chunk);
  return { kind: jsonTypeOf(said, said?.status ?? 500), message: said?.message ?? '' };
}

function jsonTypeOf(said: UpstreamErrorBody | undefined, status: number): string {
  return said?.kind ?? kindOfStatus(said?.status ?? status, false);
}

function toolIndexes(chunk: ChatChunk): unknown[] {
  return (chunk.choices ?? []).flatMap((choice) => (choice.delta?.tool_calls ?? []).map(({ index }) => index));
}

/** Entries of one type and index are one block: the assembler is to join them, too. */
function joinedReasoning(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || !('reasoning_details' in message)) return message;
  const joined = new Map<string, Record<string, unknown>>();
  for (const entry of message.reasoning_details as Record<string, unknown>[]) {
    const key = `${String(entry['type'])} ${String(entry['index'])}`;
    const known = joined.get(key) ?? {};
    joined.set(key, { ...known, ...entry, ...textsOf(known, entry) });
  }
  return { ...message, reasoning_details: [...joined.values()] };
}

function textsOf(known: Record<string, unknown>, entry: Record<string, unknown>): Record<string, unknown> {
  const members = ['text', 'data'].filter((member) => member in known || member in entry);
  return Object.fromEntries(members.map((member) => [member, `${text(known[member])}${text(entry[member])}`]));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function errorOutcome(format: WireFormat, input: Record<string, unknown>): unknown {
  const head: ResponseHead = {
    status: input['status'] as number,
    headers: (input['headers'] ?? {}) as ResponseHead['headers'],
  };
  const said = format.decodeError!(deepFreeze(structuredClone(input['body'])), head);
  return { ...said, kind: jsonTypeOf(said, head.status) };
}

function frameOutcome(bytes: Buffer): { events?: UpstreamEvent[]; fails?: string } {
  const events: UpstreamEvent[] = [];
  let failed = false;
  const reader = new AwsEventStreamReader({
    maxFrameLength: 24 * 1024 * 1024,
    onEvent: (event) => events.push(event),
    onOverflow: () => (failed = true),
    onCorrupt: () => (failed = true),
  });
  reader.feed(bytes);
  reader.end();
  return failed ? { fails: 'malformed_event' } : { events };
}

/** `actual` cut down to the members that `expected` names; lists are kept whole. */
export function subsetOf(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return actual;
    return actual.map((item, index) => (index < expected.length ? subsetOf(item, expected[index]) : item));
  }
  if (!isRecord(expected) || !isRecord(actual)) return actual;
  return Object.fromEntries(
    Object.keys(expected)
      .filter((key) => key in actual)
      .map((key) => [key, subsetOf(actual[key], expected[key])]),
  );
}

export function valueAt(body: unknown, path: string): unknown {
  let value = body;
  for (const step of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
