import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRecord } from '../../src/util/json-object.js';
import type { ChatChunk, ChatRequest } from '../../src/chat/types.js';
import { UnsupportedRequest, type Exchange, type ExchangeContext } from '../../src/contracts/wire-format.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { validRequest } from '../validate/arbitraries.js';
import { anyRequest, anyResponse, expressible } from './gemini-arbitraries.js';
import { asRequest, HEAD } from './gemini-cases.js';

const FORMATS = [gemini(), gemini({ door: 'vertex', project: 'p' })];
const format = fc.constantFrom(...FORMATS);
const model = fc.constantFrom(
  'gemini-1.5-pro',
  'gemini-2.0-flash',
  'gemini-2.5-pro',
  'gemini-3-pro',
  'gemma-3',
  '../x?',
);

function contextFor(upstreamModel: string, stream: boolean): ExchangeContext {
  return {
    model: { upstreamModel, maxCompletionTokens: undefined, traits: {} },
    stream,
    requestId: 'req-1',
    now: 1_750_000_000,
  };
}

/** The exchange, or the refusal: anything else that is thrown fails the test. */
function exchangeOrRefusal(
  used: (typeof FORMATS)[0],
  request: ChatRequest,
  name: string,
): Exchange | UnsupportedRequest {
  try {
    return used.exchange!(request, contextFor(name, false));
  } catch (error) {
    if (error instanceof UnsupportedRequest) return error;
    throw error;
  }
}

/** Texts of the conversation, with the path that names them if they are dropped. */
function textsOf(request: ChatRequest): { path: string; text: string }[] {
  const found: { path: string; text: string }[] = [];
  const add = (path: string, text: unknown): void => {
    if (typeof text === 'string' && text !== '') found.push({ path, text });
  };
  for (const [index, message] of request.messages.entries()) {
    const path = `messages[${index}]`;
    const { content } = message;
    if (Array.isArray(content)) for (const part of content) add(`${path}.content`, part['text']);
    else add(`${path}.content`, content);
    add(`${path}.refusal`, message['refusal']);
    const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
    for (const call of calls)
      add(path, isRecord(call) && isRecord(call['function']) ? call['function']['arguments'] : '');
  }
  return found;
}

describe('any valid request', () => {
  it('returns an exchange or is refused with the path of a member', () => {
    let exchanges = 0;
    fc.assert(
      fc.property(anyRequest, model, format, (made, name, used) => {
        const request = asRequest(made);
        const result = exchangeOrRefusal(used, request, name);
        if (result instanceof UnsupportedRequest) {
          expect(result.param).toMatch(/^[a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*$/);
          expect(result.message).not.toBe('');
          return;
        }
        exchanges++;
        expect(result.path).toMatch(
          /^\/v1(?:beta)?\/(?:[a-z]+\/[a-zA-Z]+\/){0,3}(?:publishers\/google\/)?models\/[^/?#]+:generateContent$/,
        );
        expect(() => JSON.stringify(result.body)).not.toThrow();
        // The same arguments give the same result.
        expect(exchangeOrRefusal(used, request, name)).toMatchObject({ body: result.body, dropped: result.dropped });
      }),
      { numRuns: 600 },
    );
    expect(exchanges).toBeGreaterThan(200);
  });

  it('loses no text: it is in the body, or the path of its member is reported', () => {
    fc.assert(
      fc.property(fc.oneof(validRequest, expressible), model, format, (made, name, used) => {
        const request = asRequest(made);
        const result = exchangeOrRefusal(used, request, name);
        if (result instanceof UnsupportedRequest) return;
        const sent = new Set<string>();
        collectStrings(JSON.parse(JSON.stringify(result.body)), sent);
        const all = [...sent].join('\u0000');
        for (const { path, text } of textsOf(request)) {
          if (result.dropped.includes(path)) continue;
          // A text of a tool that is a JSON object is sent as that object; arguments of white space as none.
          const kept = all.includes(text) || isJsonObject(text) || (path.endsWith(']') && text.trim() === '');
          expect(kept, `${path}: ${JSON.stringify(text)}`).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });
});

function isJsonObject(text: string): boolean {
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}

function collectStrings(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') into.add(value);
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) collectStrings(inner, into);
}

const REQUEST = { messages: [{ role: 'user', content: 'Hi' }], web_search_options: {} } as ChatRequest;

describe('any response', () => {
  const exchange = gemini().exchange!(REQUEST, contextFor('gemini-2.5-flash', true));

  it('is read as chunks with at most one error, which is the last, however the stream is cut', () => {
    const event = fc.oneof(
      anyResponse.map((value) => JSON.stringify(value) ?? ''),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), (events) => {
        const decoder = exchange.decoder(HEAD);
        const chunks: ChatChunk[] = [];
        for (const data of events) {
          const read = decoder.event({ event: undefined, data });
          if (read !== 'done') chunks.push(...read);
        }
        chunks.push(...decoder.end!());
        const errors = chunks.filter((chunk) => chunk['error'] !== undefined);
        expect(errors.length).toBeLessThanOrEqual(1);
        if (errors.length > 0) expect(chunks.at(-1)).toBe(errors[0]);
        for (const error of errors) expect(gemini().decodeError!(error)).toMatchObject({ message: expect.any(String) });
        expect(decoder.end!()).toEqual([]);
        expect(() => JSON.stringify(chunks)).not.toThrow();
      }),
      { numRuns: 800 },
    );
  });

  it('is a completion with choices, or fails as one', () => {
    fc.assert(
      fc.property(anyResponse, (body) => {
        try {
          const completion = exchange.completion(deepFreeze(structuredClone(body)), HEAD);
          expect(completion.choices.length).toBeGreaterThan(0);
          for (const { finish_reason } of completion.choices)
            expect(['stop', 'length', 'tool_calls', 'content_filter']).toContain(finish_reason);
        } catch (error) {
          expect((error as Error).name).toBe('FailedResponse');
        }
      }),
      { numRuns: 800 },
    );
  });

  it('has the same content whole and in pieces', () => {
    const pieces = fc.array(fc.record({ text: fc.string({ minLength: 1, unit: 'binary' }), thought: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        const tail = { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 }, responseId: 'r' };
        const whole = exchange.completion(
          { candidates: [{ content: { parts }, finishReason: 'STOP' }], ...tail },
          HEAD,
        );
        const list = parts.map((one, at) => ({
          candidates: [{ content: { parts: [one] }, ...(at === parts.length - 1 && { finishReason: 'STOP' }) }],
          ...tail,
        }));
        expect(exchange.completion(list, HEAD)).toEqual(whole);
      }),
    );
  });
});
