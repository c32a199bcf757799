import { isAscii, isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { ValidateFunction } from 'ajv';
import { isRecord, type JsonObject } from '../util/json-object.js';
import { ReceivedBody, SerialisedBody, type MemberSpan, type RequestBody } from '../json/request-body.js';
import type { ChatRequest } from '../chat/types.js';
import { GatewayError } from '../errors/gateway-error.js';
import { alignedWith, withoutEmptyMembers } from './empty-members.js';
import { fieldError } from './field-errors.js';
import { checkJsonValue } from './check-json-value.js';
import { jsonTypeOf } from './json-type.js';
import { tooDeep, tooMany } from './complexity-errors.js';
import { refuseBodyOfOtherApi } from './other-apis.js';
import { parseLossless } from '../json/lossless-parse.js';
import { checkCrossFields } from './check-cross-fields.js';
import { keyAt, JsonScanner } from '../json/scanner.js';
import { unwrapUnions } from './unions/unwrap-unions.js';
import { memberPath } from './wire-path.js';

/** A checked request in wire form, and the bytes that mean it. */
export interface ParsedRequest {
  readonly request: ChatRequest;
  readonly body: RequestBody;
}

export type RequestCheck = ValidateFunction<ChatRequest>;

/**
 * Reads a request from the bytes that came over the wire.
 * @throws GatewayError with the first fault; nothing else, whatever the bytes.
 */
export function parseRequest(bytes: Buffer, check: RequestCheck): ParsedRequest {
  const text = inspect(bytes);
  return conclude(text, parseObject(text), check);
}

/** The same, with room for other requests between the steps: those of a large body take milliseconds each. */
export async function parseLargeRequest(bytes: Buffer, check: RequestCheck): Promise<ParsedRequest> {
  // The last turn has put the pieces of the body together.
  await setImmediate();
  const text = inspect(bytes);
  await setImmediate();
  const value = parseObject(text);
  await setImmediate();
  return conclude(text, value, check);
}

/**
 * Reads a request from a value: what the host has parsed, what a hook returned, what somebody wants a plan for.
 * The value itself is left as it is.
 * @throws GatewayError with the first fault.
 */
export function checkRequest(value: unknown, check: RequestCheck): ParsedRequest {
  const request = checked(inWireForm(objectOnly(value), true), check);
  checkJsonValue(request);
  return { request, body: new SerialisedBody(request) };
}

/** A text that is worth parsing, and what is known of it. */
interface Inspected {
  readonly bytes: Buffer;
  /** What it takes to read a large text at half the cost. */
  readonly ascii: boolean;
  readonly found: JsonScanner;
}

function inspect(received: Buffer): Inspected {
  const bytes = withoutByteOrderMark(received);
  const ascii = isAscii(bytes);
  if (!ascii && !isUtf8(bytes)) throw notJson('The body is not valid UTF-8.');
  const found = new JsonScanner(bytes);
  if (found.tooManyIn !== undefined) throw tooMany(keyAt(bytes, found.tooManyIn));
  return { bytes, ascii, found };
}

function conclude({ bytes, found }: Inspected, value: JsonObject, check: RequestCheck): ParsedRequest {
  const request = checked(inWireForm(value, found.mayHoldUnions), check);
  refuseLostMeaning(request, bytes, found);

  const hasLongNumbers = found.longNumbers.length > 0;
  const members = request === value ? memberSpans(found, value) : undefined;
  if (members !== undefined) return { request, body: new ReceivedBody(request, bytes, members, hasLongNumbers) };
  if (!hasLongNumbers) return { request, body: new SerialisedBody(request) };
  const exact = parseLossless(bytes, found) as JsonObject;
  return { request, body: new SerialisedBody(request, alignedWith(request, inWireForm(exact, true))) };
}

/** The very same object where it is in wire form already. */
function inWireForm(value: JsonObject, mayHoldUnions: boolean): JsonObject {
  return withoutEmptyMembers(mayHoldUnions ? unwrapUnions(value) : value);
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.subarray(3) : bytes;
}

function parseObject({ bytes, ascii, found }: Inspected): JsonObject {
  const text = bytes.toString(ascii ? 'latin1' : 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (found.letterKeys.length > 0 && found.tooDeepIn === undefined)
      value = parseLossless(bytes, { longNumbers: [], letterKeys: found.letterKeys });
  } catch {
    // The parser's own message quotes the body.
    throw notJson(text.trim() === '' ? 'The body is empty; it must be a JSON object.' : 'The body is not valid JSON.');
  }
  return objectOnly(value);
}

function objectOnly(value: unknown): JsonObject {
  if (!isRecord(value)) throw notJson(`The body must be a JSON object, got ${jsonTypeOf(value)}.`);
  return value;
}

function notJson(message: string): GatewayError {
  return new GatewayError('invalid_json', message);
}

function checked(value: JsonObject, check: RequestCheck): ChatRequest {
  if (check(value)) {
    checkCrossFields(value);
    return value;
  }
  refuseBodyOfOtherApi(value);
  throw fieldError(value, check.errors);
}

/** Refuses, after the schema has had its say, what would not arrive upstream as it was checked here. */
function refuseLostMeaning({ seed }: ChatRequest, bytes: Buffer, found: JsonScanner): void {
  if (found.tooDeepIn !== undefined) throw tooDeep(keyAt(bytes, found.tooDeepIn));
  if (found.overflowIn !== undefined) {
    const param = memberPath('', keyAt(bytes, found.overflowIn));
    throw new GatewayError('invalid_value', `Invalid value in '${param}': a number is too large.`, { param });
  }
  // The numbers on both sides of the limit of 64 bits look the same to JavaScript; the text tells them apart.
  if (typeof seed === 'number' && Math.abs(seed) === 2 ** 63 && !fitsInt64(writtenAt('seed', bytes, found))) {
    throw new GatewayError('integer_above_max_value', "Invalid value for 'seed': expected a 64-bit integer.", {
      param: 'seed',
    });
  }
}

/** The text of a top-level member's value: of the last, where there are several. */
function writtenAt(key: string, bytes: Buffer, { spans }: JsonScanner): string {
  for (let index = spans.length - 3; index >= 0; index -= 3) {
    if (keyAt(bytes, spans[index] as number) === key)
      return bytes.toString('latin1', spans[index + 1], spans[index + 2]);
  }
  return '';
}

function fitsInt64(digits: string): boolean {
  return !/^-?\d+$/.test(digits) || BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
}

/** The members with their names, or `undefined` where the text says anything twice and so means more than the value. */
function memberSpans({ spans, memberCount }: JsonScanner, value: JsonObject): MemberSpan[] | undefined {
  const keys = Object.keys(value);
  if (keys.length * 3 !== spans.length || keys.some(isIndex) || countMembers(value) !== memberCount) return undefined;
  return keys.map((key, index) => ({
    key,
    start: spans[index * 3] as number,
    valueStart: spans[index * 3 + 1] as number,
    valueEnd: spans[index * 3 + 2] as number,
  }));
}

/** JavaScript puts keys that look like numbers first, wherever they stood. */
function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

/** Members of all objects in `value`; fewer than its text has where a key is repeated. Recursion ends at `MAX_DEPTH`. */
function countMembers(value: object): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) count += countMembers(item);
    return count;
  }
  for (const key in value) {
    count++;
    const inner = (value as JsonObject)[key];
    if (typeof inner === 'object' && inner !== null) count += countMembers(inner);
  }
  return count;
}
