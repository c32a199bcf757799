import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRecord } from '../../src/util/json-object.js';
import type { ChatChunk, ChatRequest } from '../../src/chat/types.js';
import { UnsupportedRequest, type Exchange, type ExchangeContext } from '../../src/contracts/wire-format.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { json, validRequest } from '../validate/arbitraries.js';
import { HEAD } from './gemini-cases.js';

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

/** JsonObject that the shared arbitraries leave out. */
const more = fc.record(
  {
    logprobs: fc.boolean(),
    top_logprobs: fc.nat({ max: 20 }),
    reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'unheard-of'),
    reasoning: json,
    modalities: fc.constantFrom(['text'], ['image', 'text'], ['audio']),
    web_search_options: fc.constantFrom({}, { search_context_size: 'low' }),
    service_tier: fc.constantFrom('auto', 'default', 'flex', 'scale'),
    tool_choice: fc.constantFrom('none', 'auto', 'required', { type: 'function', function: { name: 'f' } }),
    functions: fc.array(fc.record({ name: fc.constant('f'), parameters: json })),
  },
  { requiredKeys: [] },
);

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ minLength: 1, unit: 'binary', maxLength: 6 }),
);
const toolName = fc.constantFrom('f', 'get weather', '1st', 'a'.repeat(140), 'ünïcode');
const anyArguments = fc.oneof(
  text,
  json.map((value) => JSON.stringify(value) ?? ''),
  fc.constant('{"n":12345678901234567890}'),
);

/** A question, perhaps calls and their results, perhaps an answer. */
const exchangeOfTurns = fc
  .record({
    question: fc.oneof(
      text,
      fc.array(
        text.map((one) => ({ type: 'text', text: one })),
        { minLength: 1, maxLength: 2 },
      ),
    ),
    calls: fc.array(fc.record({ name: toolName, args: anyArguments, result: fc.oneof(text, anyArguments) }), {
      maxLength: 3,
    }),
    said: fc.option(text),
    answer: fc.option(text),
    role: fc.constantFrom('user', 'system', 'developer'),
  })
  .map(({ question, calls, said, answer, role }) => (turn: number) => [
    { role, content: question, name: 'x' },
    ...(role !== 'user' || calls.length > 0 ? [{ role: 'user', content: 'go on' }] : []),
    ...(calls.length === 0
      ? []
      : [
          {
            role: 'assistant',
            content: said,
            tool_calls: calls.map(({ name, args }, at) => ({
              id: `c${turn}_${at}`,
              type: 'function',
              function: { name, arguments: args },
            })),
          },
        ]),
    ...calls.map(({ result }, at) => ({ role: 'tool', tool_call_id: `c${turn}_${at}`, content: result })).toReversed(),
    ...(answer === null ? [] : [{ role: 'assistant', content: answer, refusal: 'no' }]),
  ]);

/** Requests that every model can be sent. */
const expressible = fc
  .record(
    {
      turns: fc.array(exchangeOfTurns, { minLength: 1, maxLength: 4 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      n: fc.integer({ min: 1, max: 8 }),
      seed: fc.maxSafeInteger(),
      stop: fc.array(text, { maxLength: 4 }),
      min_p: fc.constant(0.1),
      reasoning_effort: fc.constantFrom('none', 'low', 'max', 'unheard-of'),
      service_tier: fc.constantFrom('auto', 'default', 'scale'),
      metadata: fc.dictionary(text, text, { maxKeys: 2 }),
      tools: fc.uniqueArray(toolName, { maxLength: 3 }).map((names) =>
        names.map((name) => ({
          type: 'function',
          function: { name, parameters: { type: 'object', properties: { a: { type: 'string' } } } },
        })),
      ),
    },
    { requiredKeys: ['turns'] },
  )
  .map(({ turns, ...rest }) => ({ ...rest, messages: turns.flatMap((make, turn) => make(turn)) }));

const anyRequest = fc.oneof(
  fc.tuple(validRequest, more).map(([base, extra]) => ({ ...base, ...extra })),
  fc
    .tuple(
      expressible,
      more.map(({ logprobs, top_logprobs }) => ({ logprobs, top_logprobs })),
    )
    .map(([base, extra]) => ({ ...base, ...extra })),
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

/** Texts of the conversation, with the path that names them where they are left out. */
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
  it('gives an exchange or is refused with the path of a member', () => {
    let exchanges = 0;
    fc.assert(
      fc.property(anyRequest, model, format, (made, name, used) => {
        const request = deepFreeze(made) as unknown as ChatRequest;
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
        const request = deepFreeze(made) as unknown as ChatRequest;
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

/** Responses that begin like Google's and go on like anything. */
const part = fc.oneof(
  json,
  fc.record({ text: json, thought: json, thoughtSignature: json }, { requiredKeys: [] }),
  fc.record({
    functionCall: fc.record({ name: json, args: json, partialArgs: json, willContinue: json }, { requiredKeys: [] }),
  }),
  fc.record({ inlineData: fc.record({ mimeType: fc.constantFrom('image/png', 7), data: json }) }),
);
const candidate = fc.record(
  {
    index: fc.oneof(json, fc.nat({ max: 3 })),
    content: fc.oneof(json, fc.record({ parts: fc.array(part, { maxLength: 3 }) })),
    finishReason: fc.oneof(json, fc.constantFrom('STOP', 'SAFETY', 'OTHER', 'MALFORMED_FUNCTION_CALL')),
    finishMessage: json,
    logprobsResult: fc.oneof(json, fc.record({ chosenCandidates: fc.array(json), topCandidates: json })),
    groundingMetadata: fc.oneof(
      json,
      fc.record({
        groundingChunks: fc.array(fc.oneof(json, fc.record({ web: json }))),
        groundingSupports: fc.array(
          fc.oneof(
            json,
            fc.record({
              segment: fc.record({ startIndex: json, endIndex: json, partIndex: json }),
              groundingChunkIndices: json,
            }),
          ),
        ),
      }),
    ),
  },
  { requiredKeys: [] },
);
const response = fc.oneof(
  json,
  fc.record(
    {
      candidates: fc.oneof(json, fc.array(fc.oneof(json, candidate), { maxLength: 3 })),
      usageMetadata: json,
      promptFeedback: fc.oneof(json, fc.record({ blockReason: json })),
      responseId: json,
      modelVersion: json,
      createTime: json,
      error: fc.option(json, { nil: undefined }),
    },
    { requiredKeys: [] },
  ),
);

describe('any response', () => {
  const exchange = gemini().exchange!(REQUEST, contextFor('gemini-2.5-flash', true));

  it('is read as chunks with at most one error, which is the last, however the stream is cut', () => {
    const event = fc.oneof(
      response.map((value) => JSON.stringify(value) ?? ''),
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
      fc.property(response, (body) => {
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

  it('says the same whole and in pieces', () => {
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
