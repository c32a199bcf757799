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

/** A validated request in wire form, and its body. */
export interface ParsedRequest {
  readonly request: ChatRequest;
  readonly body: RequestBody;
}

export type RequestCheck = ValidateFunction<ChatRequest>;

/**
 * Parses and validates the bytes of a request.
 * @throws GatewayError with the first error found; no other error, for any bytes
 */
export function parseRequest(bytes: Buffer, check: RequestCheck): ParsedRequest {
  const text = inspect(bytes);
  return conclude(text, parseObject(text), check);
}

/** The same, yielding to other requests between the steps, each of which takes milliseconds for a large body. */
export async function parseLargeRequest(bytes: Buffer, check: RequestCheck): Promise<ParsedRequest> {
  // Concatenating the body has taken up this turn of the event loop.
  await setImmediate();
  const text = inspect(bytes);
  await setImmediate();
  const value = parseObject(text);
  await setImmediate();
  return conclude(text, value, check);
}

/**
 * Validates a request that is a value: parsed by the host, returned by a hook, or given to `plan()`. The value itself is
 * not changed.
 * @throws GatewayError with the first error found
 */
export function checkRequest(value: unknown, check: RequestCheck): ParsedRequest {
  const request = checked(inWireForm(objectOnly(value), true), check);
  checkJsonValue(request);
  return { request, body: new SerialisedBody(request) };
}

/** A text that may be parsed, and the results of the scan. */
interface Inspected {
  readonly bytes: Buffer;
  /** ASCII only: a large text can then be decoded at half the cost. */
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

function conclude({ bytes, ascii: isAscii, found }: Inspected, value: JsonObject, check: RequestCheck): ParsedRequest {
  const request = checked(inWireForm(value, found.mayHoldUnions), check);
  refuseLostMeaning(request, bytes, found);

  const hasLongNumbers = found.longNumbers.length > 0;
  const members = request === value ? memberSpans(found, value) : undefined;
  if (members !== undefined) {
    const hasEscapedKeys = found.escapedKeys.length > 0;
    return { request, body: new ReceivedBody(request, bytes, { members, hasLongNumbers, hasEscapedKeys, isAscii }) };
  }
  if (!hasLongNumbers) return { request, body: new SerialisedBody(request) };
  const exact = parseLossless(bytes, found) as JsonObject;
  return { request, body: new SerialisedBody(request, alignedWith(request, inWireForm(exact, true))) };
}

/** `value` in wire form; `value` itself where it is already. */
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
    if (found.escapedKeys.length > 0 && found.tooDeepIn === undefined)
      value = parseLossless(bytes, { longNumbers: [], escapedKeys: found.escapedKeys });
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

/** Refuses what an upstream would read differently from what was validated here. Runs after the schema. */
function refuseLostMeaning({ seed }: ChatRequest, bytes: Buffer, found: JsonScanner): void {
  if (found.tooDeepIn !== undefined) throw tooDeep(keyAt(bytes, found.tooDeepIn));
  if (found.overflowIn !== undefined) {
    const param = memberPath('', keyAt(bytes, found.overflowIn));
    throw new GatewayError('invalid_value', `Invalid value in '${param}': a number is too large.`, { param });
  }
  // JavaScript reads the numbers on both sides of the 64-bit limit as the same one; the text distinguishes them.
  if (typeof seed === 'number' && Math.abs(seed) === 2 ** 63 && !fitsInt64(writtenAt('seed', bytes, found))) {
    throw new GatewayError('integer_above_max_value', "Invalid value for 'seed': expected a 64-bit integer.", {
      param: 'seed',
    });
  }
}

/** The text of a top-level member's value: the last one, where the key is repeated. */
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

/** The top-level members with their names; `undefined` where the text has a repeated key, which the value does not. */
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

/** JavaScript orders integer-like keys first, whatever their position in the text. */
function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

/** Members of all objects in `value`: fewer than in its text where a key is repeated. Recursive, up to `MAX_DEPTH`. */
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
