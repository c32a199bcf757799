import { expect } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import type { ChatCompletion } from '../../src/chat/types.js';
import { FailedResponse } from '../../src/contracts/failed-response.js';
import { gemini, type GeminiOptions } from '../../src/formats/gemini/gemini.js';
import { asJson, exchangeOf, HEAD, readStream, type ReadStream } from './gemini-cases.js';

export const REQUEST = { model: 'gemini-2.5-flash', messages: [{ role: 'user', content: 'Hi' }] };

export interface Given {
  readonly request?: JsonObject;
  readonly options?: GeminiOptions;
  readonly stream?: boolean;
}

export function completion(body: unknown, { request = {}, options = {}, stream = false }: Given = {}): ChatCompletion {
  return exchangeOf(gemini(options), { request: { ...REQUEST, ...request } }, stream).completion(body, HEAD);
}

/** One candidate as a whole response. */
export function candidate(members: JsonObject, given?: Given): JsonObject {
  return asJson(completion({ candidates: [{ finishReason: 'STOP', ...members }], responseId: 'r' }, given).choices[0]);
}

export function message(parts: readonly JsonObject[], given?: Given): JsonObject {
  return candidate({ content: { parts } }, given)['message'] as JsonObject;
}

export function failure(body: unknown, given?: Given): FailedResponse {
  try {
    completion(body, given);
  } catch (error) {
    expect(error).toBeInstanceOf(FailedResponse);
    return error as FailedResponse;
  }
  throw new Error('it did not fail');
}

/** Reads responses as a stream that ends after them. */
export function stream(responses: readonly unknown[], { request = {}, options = {} }: Given = {}): ReadStream {
  const exchange = exchangeOf(gemini(options), { request: { ...REQUEST, ...request } }, true);
  return readStream(exchange.decoder(HEAD), [...responses.map((data) => ({ data })), { eof: true }]);
}

export function piece(parts: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return { candidates: [{ content: { parts }, ...more }] };
}
