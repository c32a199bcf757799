import { describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '../../src/contracts/wire-format.js';
import { readStream, OK } from './bedrock-cases.js';
import { format, usage, exchange, textBlock, toolBlock, reasoningBlock, event, streamOf } from './bedrock-read.js';

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

  it('keeps usage that came before, and is sent once', () => {
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

  it('opens with the role, once, and sends no empty delta', () => {
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

  it('is a failure for a response of endless calls', () => {
    const decoder = exchange().decoder(OK);
    const start = (contentBlockIndex: number) =>
      event('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId: 'c', name: 'f' } } });
    for (let index = 0; index < 128; index++) decoder.event(start(index));
    expect(() => decoder.event(start(128))).toThrow('too many calls');
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
    ['modelTimeoutException', {}, 'upstream_timeout', 504],
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

  it('have their name as message if they have no other', () => {
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
