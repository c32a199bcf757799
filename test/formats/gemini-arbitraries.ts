import fc from 'fast-check';
import { json, validRequest } from '../validate/arbitraries.js';

/** Members that the shared arbitraries do not have. */
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

/** A question, perhaps calls and their results, perhaps a response. */
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
    response: fc.option(text),
    role: fc.constantFrom('user', 'system', 'developer'),
  })
  .map(({ question, calls, said, response, role }) => (turn: number) => [
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
    ...(response === null ? [] : [{ role: 'assistant', content: response, refusal: 'no' }]),
  ]);

/** Requests that every model can be sent. */
export const expressible = fc
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

export const anyRequest = fc.oneof(
  fc.tuple(validRequest, more).map(([base, extra]) => ({ ...base, ...extra })),
  fc
    .tuple(
      expressible,
      more.map(({ logprobs, top_logprobs }) => ({ logprobs, top_logprobs })),
    )
    .map(([base, extra]) => ({ ...base, ...extra })),
);

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
export const anyResponse = fc.oneof(
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
