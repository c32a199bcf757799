import { describe, expect, it } from 'vitest';
import type { Exchange, UpstreamEvent } from '../../src/contracts/wire-format.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { exchangeFor, readStream, OK } from './bedrock-cases.js';

const format = bedrock();
const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };

function exchange(request: object = {}, traits: object = { family: 'claude' }, stream = true): Exchange {
  const whole = { model: 'my-model', messages: [{ role: 'user', content: 'Hi' }], ...request };
  return exchangeFor(format, { request: whole, model: { upstreamModel: 'up', traits } }, stream);
}

/** The same content as a whole response and as a stream, so that both are read alike. */
interface Block {
  whole: object;
  deltas: object[];
  start?: object;
}
const textBlock = (...pieces: string[]): Block => ({
  whole: { text: pieces.join('') },
  deltas: pieces.map((text) => ({ text })),
});
const toolBlock = (toolUseId: string, name: string, ...pieces: string[]): Block => ({
  whole: { toolUse: { toolUseId, name, input: JSON.parse(pieces.join('') || '{}') as unknown } },
  start: { toolUse: { toolUseId, name } },
  deltas: pieces.map((input) => ({ toolUse: { input } })),
});
const reasoningBlock = (text: string, signature: string): Block => ({
  whole: { reasoningContent: { reasoningText: { text, signature } } },
  deltas: [{ reasoningContent: { text } }, { reasoningContent: { signature } }],
});

const event = (name: string, data: object): UpstreamEvent => ({ event: name, data: JSON.stringify(data) });

function streamOf(
  blocks: readonly Block[],
  stopReason: unknown,
  tail: UpstreamEvent[] = [event('metadata', { usage })],
) {
  return [
    event('messageStart', { role: 'assistant' }),
    ...blocks.flatMap(({ start, deltas }, contentBlockIndex) => [
      ...(start === undefined ? [] : [event('contentBlockStart', { contentBlockIndex, start })]),
      ...deltas.map((delta) => event('contentBlockDelta', { contentBlockIndex, delta, p: 'abcdef' })),
      event('contentBlockStop', { contentBlockIndex }),
    ]),
    event('messageStop', { stopReason }),
    ...tail,
  ];
}

function bodyOf(blocks: readonly Block[], stopReason: unknown): object {
  return { output: { message: { role: 'assistant', content: blocks.map(({ whole }) => whole) } }, stopReason, usage };
}

interface Read {
  message: Record<string, unknown>;
  finish_reason: string | null;
}

function both(blocks: readonly Block[], stopReason: string, request: object = {}, traits?: object): Read {
  const one = exchange(request, traits, false).completion(bodyOf(blocks, stopReason), OK);
  const streamed = readStream(exchange(request, traits), streamOf(blocks, stopReason), format);
  expect(streamed.complete).toBe(true);
  expect(streamed.finishChunks).toBe(1);
  expect(streamed.usage).toEqual(one.usage);
  const { message, finish_reason: finishReason } = one.choices[0]!;
  expect(streamed.message).toEqual(message);
  expect(streamed.finish_reason).toBe(finishReason);
  return { message: message as Record<string, unknown>, finish_reason: finishReason ?? null };
}

describe('a response and a stream say the same', () => {
  it('of text', () => {
    expect(both([textBlock('Hel', 'lo')], 'end_turn')).toEqual({
      message: { role: 'assistant', content: 'Hello', refusal: null },
      finish_reason: 'stop',
    });
  });

  it('of reasoning, text and parallel calls', () => {
    const tools = [{ type: 'function', function: { name: 'mcp.get' } }];
    const blocks = [
      reasoningBlock('Hm', 'SIG'),
      textBlock('See.'),
      toolBlock('c1', 'mcp_get', '{"a"', ':1}'),
      toolBlock('c2', 'mcp_get'),
    ];
    expect(both(blocks, 'tool_use', { tools })).toEqual({
      message: {
        role: 'assistant',
        content: 'See.',
        refusal: null,
        reasoning: 'Hm',
        reasoning_content: 'Hm',
        reasoning_details: [
          { type: 'reasoning.text', text: 'Hm', signature: 'SIG', format: 'anthropic-claude-v1', index: 0 },
        ],
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'mcp.get', arguments: '{"a":1}' } },
          { id: 'c2', type: 'function', function: { name: 'mcp.get', arguments: '{}' } },
        ],
      },
      finish_reason: 'tool_calls',
    });
  });

  it('of redacted reasoning, and of reasoning that is excluded but for its signature', () => {
    const redacted: Block = {
      whole: { reasoningContent: { redactedContent: 'ENC' } },
      deltas: [{ reasoningContent: { redactedContent: 'ENC' } }],
    };
    expect(both([redacted, textBlock('x')], 'end_turn').message['reasoning_details']).toEqual([
      { type: 'reasoning.encrypted', data: 'ENC', format: 'anthropic-claude-v1', index: 0 },
    ]);
    const excluded = exchange({ reasoning: { exclude: true } });
    const read = readStream(excluded, streamOf([reasoningBlock('Hm', 'SIG'), textBlock('x')], 'end_turn'), format);
    expect(JSON.stringify(read.message)).not.toContain('Hm');
    expect(read.message).toMatchObject({ reasoning_details: [{ signature: 'SIG' }] });
  });

  it('of the JSON that a forced tool stands for, without the talk before it', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: true };
    const request = { response_format: { type: 'json_schema', json_schema: { name: 'p', schema } } };
    const blocks = [textBlock('<thinking>'), toolBlock('c', 'p', '{"a"', ':1}')];
    expect(both(blocks, 'tool_use', request)).toEqual({
      message: { role: 'assistant', content: '{"a":1}', refusal: null },
      finish_reason: 'stop',
    });
    expect(both([textBlock('I ', 'cannot.')], 'end_turn', request).message['content']).toBe('I cannot.');
    expect(both(blocks, 'max_tokens', request).finish_reason).toBe('length');
  });

  it('of a free-text tool', () => {
    const tools = [{ type: 'custom', custom: { name: 'sh' } }];
    expect(both([toolBlock('c', 'sh', '{"input":"l', 's\\n"}')], 'tool_use', { tools }).message['tool_calls']).toEqual([
      { id: 'c', type: 'custom', custom: { name: 'sh', input: 'ls\n' } },
    ]);
  });

  it('of the deprecated functions', () => {
    const functions = [{ name: 'f' }];
    expect(both([toolBlock('c', 'f', '{"a":1}'), toolBlock('d', 'f')], 'tool_use', { functions })).toMatchObject({
      message: { function_call: { name: 'f', arguments: '{"a":1}' } },
      finish_reason: 'function_call',
    });
  });

  it('of an image, and of tools that the provider ran itself', () => {
    const image = { image: { format: 'png', source: { bytes: 'QUJD' } } };
    const server: Block = {
      whole: { toolUse: { toolUseId: 's', name: 'web', input: {}, type: 'server_tool_use' } },
      start: { toolUse: { toolUseId: 's', name: 'web', type: 'server_tool_use' } },
      deltas: [{ toolUse: { input: '{}' } }],
    };
    expect(both([server, { whole: image, deltas: [image] }, textBlock('x')], 'end_turn')).toEqual({
      message: {
        role: 'assistant',
        content: 'x',
        refusal: null,
        images: [{ type: 'image_url', index: 0, image_url: { url: 'data:image/png;base64,QUJD' } }],
      },
      finish_reason: 'stop',
    });
  });

  it('of citations, over the span of their own block', () => {
    const citations = [
      { title: 'X', location: { web: { url: 'https://x.example' } } },
      { location: { documentPage: {} } },
    ];
    const cited: Block = {
      whole: { citationsContent: { content: [{ text: 'Cold.' }], citations } },
      deltas: [{ text: 'Cold.' }, ...citations.map((citation) => ({ citation }))],
    };
    expect(both([textBlock('Grüße 👋 '), cited], 'end_turn').message['annotations']).toEqual([
      { type: 'url_citation', url_citation: { url: 'https://x.example', title: 'X', start_index: 9, end_index: 14 } },
    ]);
  });

  it.each([
    ['stop_sequence', [textBlock('x')], 'stop'],
    ['tool_use', [textBlock('x')], 'stop'],
    ['end_turn', [toolBlock('c', 'f')], 'tool_calls'],
    ['max_tokens', [toolBlock('c', 'f')], 'length'],
    ['model_context_window_exceeded', [textBlock('x')], 'length'],
    ['content_filtered', [textBlock('x')], 'content_filter'],
    ['guardrail_intervened', [textBlock('Sorry.')], 'content_filter'],
  ])('of the end %s', (stopReason, blocks, finishReason) =>
    expect(both(blocks, stopReason).finish_reason).toBe(finishReason),
  );

  it.each([['malformed_model_output'], ['malformed_tool_use'], ['word_of_next_year'], [null], [7], ['toString']])(
    'of the end %s, which is a failure',
    (stopReason) => {
      expect(() => exchange().completion(bodyOf([textBlock('x')], stopReason), OK)).toThrow('The response ended with');
      const read = readStream(exchange(), streamOf([textBlock('x')], stopReason), format);
      expect(read).toMatchObject({ complete: false, finish_reason: null, error: { kind: 'server_error' } });
    },
  );
});

describe('a completion', () => {
  it('has an envelope of its own', () => {
    const body = { ...bodyOf([textBlock('x')], 'end_turn'), serviceTier: { type: 'flex' } };
    expect(exchange().completion(body, OK)).toMatchObject({
      id: 'chatcmpl-req-1',
      object: 'chat.completion',
      created: 1_750_000_000,
      model: 'my-model',
      service_tier: 'flex',
      choices: [{ index: 0, native_finish_reason: 'end_turn' }],
    });
  });

  it.each([
    [{ ...usage, cacheReadInputTokens: 4, cacheWriteInputTokens: 3, totalTokens: 22 }, [17, 5, 22, 4, 3]],
    // Models that count the cache into their input: the total says so.
    [{ ...usage, cacheReadInputTokens: 4, cacheWriteInputTokens: 3 }, [10, 5, 15, 4, 3]],
    [{ inputTokens: -1, outputTokens: 2.5, totalTokens: 9 }, [0, 0, 0, 0, 0]],
    [{ inputTokens: 3, outputTokens: null }, [3, 0, 3, 0, 0]],
  ])('counts %j', (counted, [prompt, completion, total, cached, written]) => {
    const body = { ...bodyOf([textBlock('x')], 'end_turn'), usage: counted };
    expect(exchange().completion(body, OK).usage).toEqual({
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: total,
      prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    });
  });

  it.each([[{}], [null], [{ inputTokens: 'many' }]])('has no usage for %j', (counted) => {
    expect(exchange().completion({ ...bodyOf([textBlock('x')], 'end_turn'), usage: counted }, OK)).not.toHaveProperty(
      'usage',
    );
  });
});

describe('the end of a stream', () => {
  const blocks = [textBlock('Hi')];

  it('is its stop: without it nothing is complete, wherever it was cut', () => {
    const events = streamOf([reasoningBlock('a', 'S'), ...blocks, toolBlock('c', 'f', '{}')], 'tool_use');
    const stop = events.findIndex((one) => one.event === 'messageStop');
    for (let length = 0; length <= events.length; length++) {
      const read = readStream(exchange(), events.slice(0, length), format);
      expect(read.complete, `${length} events`).toBe(length > stop);
      expect(read.error).toBeUndefined();
    }
    const metadataOnly = [...events.slice(0, stop), ...events.slice(stop + 1), event('metadata', {})];
    expect(readStream(exchange(), metadataOnly, format).complete).toBe(false);
  });

  it('keeps usage that came before, and is told once', () => {
    const tail = [event('metadata', { metrics: {} }), event('metadata', { usage }), event('metadata', { metrics: {} })];
    const read = readStream(exchange(), streamOf(blocks, 'end_turn', tail), format);
    expect(read).toMatchObject({ complete: true, usage: { total_tokens: 15 } });
    expect(read.chunks.filter((chunk) => chunk.usage !== undefined)).toHaveLength(1);
    const early = [event('metadata', { usage }), ...streamOf(blocks, 'end_turn', [event('metadata', {})])];
    expect(readStream(exchange(), early, format)).toMatchObject({ complete: true, usage: { total_tokens: 15 } });
  });

  it('does not lose a finish reason to what comes behind it', () => {
    const tail = [
      event('contentBlockDelta', { contentBlockIndex: 9, delta: { text: 'late' } }),
      event('metadata', { usage }),
    ];
    expect(readStream(exchange(), streamOf(blocks, 'end_turn', tail), format)).toMatchObject({
      complete: true,
      message: { content: 'Hi' },
    });
  });

  it('opens with the role, once, and says nothing empty', () => {
    const odd = [{ ...textBlock('a', '', 'b') }, toolBlock('c', 'f', '', '{}')];
    const { chunks, toolIndexes } = readStream(exchange(), streamOf(odd, 'tool_use').slice(1), format);
    expect(chunks[0]!.choices![0]!.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.filter((chunk) => chunk.choices![0]?.delta?.content === '')).toHaveLength(1);
    expect(toolIndexes).toEqual([0, 0]);
    expect(new Set(chunks.map(({ id, created, model }) => JSON.stringify([id, created, model]))).size).toBe(1);
  });

  it('of blocks that are mixed keeps them apart by their index', () => {
    const start = (contentBlockIndex: number, toolUseId: string) =>
      event('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId, name: 'f' } } });
    const input = (contentBlockIndex: number, text: string) =>
      event('contentBlockDelta', { contentBlockIndex, delta: { toolUse: { input: text } } });
    const events = [start(1, 'a'), start(2, 'b'), input(2, '{"b"'), input(1, '{"a"'), input(2, ':2}'), input(1, ':1}')];
    const read = readStream(exchange(), [...events, event('messageStop', { stopReason: 'tool_use' })], format);
    expect(read.message).toMatchObject({
      tool_calls: [
        { id: 'a', function: { arguments: '{"a":1}' } },
        { id: 'b', function: { arguments: '{"b":2}' } },
      ],
    });
  });

  it('of one exchange is a stranger to every other', () => {
    const shared = exchange();
    const [one, other] = [shared.decoder(OK), shared.decoder(OK)];
    for (const item of streamOf(blocks, 'end_turn').slice(0, 3)) one.event(item);
    expect(other.event(event('messageStop', { stopReason: 'end_turn' }))).toHaveLength(2);
  });
});

describe('exceptions', () => {
  const start = event('messageStart', { role: 'assistant' });

  it.each([
    ['throttlingException', {}, 'rate_limited', 429],
    ['modelStreamErrorException', { originalStatusCode: 500 }, 'server_error', 424],
    ['modelStreamErrorException', { originalStatusCode: 429 }, 'rate_limited', 424],
    ['modelStreamErrorException', { originalStatusCode: 503 }, 'overloaded', 424],
    ['internalServerException', {}, 'server_error', 500],
    ['serviceUnavailableException', {}, 'overloaded', 503],
    ['validationException', {}, 'rejected', 400],
    ['modelTimeoutException', {}, undefined, 504],
    ['exceptionOfNextYear', {}, undefined, undefined],
  ])('%s %j end a stream as failed', (name, more, kind, status) => {
    const failure: UpstreamEvent = { ...event(name, { message: 'It broke.', ...more }), failed: true };
    for (const before of [[], [start], streamOf([textBlock('x')], 'end_turn')]) {
      const decoder = exchange().decoder(OK);
      for (const item of before) decoder.event(item);
      const chunks = decoder.event(failure);
      expect(chunks).toMatchObject([{ error: { message: 'It broke.' } }]);
      const said = format.decodeError!((chunks as object[])[0]);
      expect(said).toMatchObject({ message: 'It broke.', param: null });
      expect([said!.kind, said!.status]).toEqual([kind, status]);
      // Nothing turns a failed stream into a complete one.
      for (const item of streamOf([textBlock('x')], 'end_turn')) expect(decoder.event(item)).toEqual([]);
    }
  });

  it('say their name where they say nothing else', () => {
    for (const data of ['', '{}', 'null', '[1]']) {
      const [chunk] = exchange()
        .decoder(OK)
        .event({ event: 'internalServerException', data, failed: true }) as object[];
      expect(format.decodeError!(chunk)!.message).toMatch(/InternalServerException|null|\[1\]|\{\}/);
    }
  });
});

describe('an error response', () => {
  const read = (status: number, name: string | undefined, body: object = { message: 'x' }) =>
    format.decodeError!(body, { status, headers: name === undefined ? {} : { 'x-amzn-errortype': name } });

  it.each([
    [403, 'AccessDeniedException', 'auth'],
    [403, 'UnrecognizedClientException', 'auth'],
    [403, 'ExpiredTokenException', 'auth'],
    [403, 'InvalidSignatureException', 'auth'],
    [400, 'ValidationException', 'rejected'],
    [400, 'ServiceQuotaExceededException', 'quota'],
    [424, 'ModelErrorException', 'server_error'],
    [429, 'ThrottlingException', 'rate_limited'],
    [429, 'ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/', 'rate_limited'],
    [424, undefined, 'server_error'],
    [400, undefined, undefined],
  ])('%i %s is %s', (status, name, kind) => expect(read(status, name)?.kind).toBe(kind));

  it.each([
    ['x with on-demand throughput isn’t supported', 'model_missing'],
    ['The provided model identifier is invalid.', 'model_missing'],
    ['messages: roles must alternate', 'rejected'],
  ])('ValidationException "%s" is %s', (message, kind) =>
    expect(read(400, 'ValidationException', { message })?.kind).toBe(kind),
  );

  it('names itself in the body, too', () => {
    expect(read(400, undefined, { __type: 'com.amazon#ThrottlingException', Message: 'Slow.' })).toMatchObject({
      message: 'Slow.',
      code: 'ThrottlingException',
      kind: 'rate_limited',
    });
    expect(read(503, 'ServiceUnavailableException', {})?.message).toBe('ServiceUnavailableException');
  });

  it('never names accounts and resources', () => {
    const message = 'User: arn:aws:iam::123456789012:user/ops, account 123456789012, is not allowed: arn:aws-cn:x:y:z.';
    expect(read(403, 'AccessDeniedException', { message })?.message).toBe(
      'User: arn:…, account …, is not allowed: arn:…',
    );
  });
});
