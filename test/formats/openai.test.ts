import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openai } from '../../src/formats/openai.js';

const decode = (body: unknown) => openai.decodeError?.(body);
const said = (message: string, rest: object = {}) => ({ message, type: null, param: null, code: null, ...rest });

describe('an error body', () => {
  test.each([
    [
      "OpenAI's envelope",
      { error: { message: 'Bad.', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' } },
      said('Bad.', { type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' }),
    ],
    ['a text where the object should be', { error: 'model not loaded' }, said('model not loaded')],
    [
      'a bare message',
      { object: 'error', message: 'Bad.', type: 'BadRequestError', code: 400 },
      said('Bad.', { type: 'BadRequestError', status: 400 }),
    ],
    ["FastAPI's detail as text", { detail: 'Not Found' }, said('Not Found')],
    [
      "FastAPI's detail as list",
      {
        detail: [
          { loc: ['body', 'messages', 0, 'role'], msg: 'field required', type: 'missing' },
          { msg: 'and more' },
          7,
        ],
      },
      said('messages.0.role: field required; and more'),
    ],
    ['a detail inside of error', { error: { detail: 'Slow down.' } }, said('Slow down.')],
    [
      "Anthropic's",
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      said('Overloaded', { type: 'overloaded_error', status: 503 }),
    ],
    [
      "Anthropic's rate limit",
      { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down.' } },
      said('Slow down.', { type: 'rate_limit_error', status: 429 }),
    ],
    [
      "OpenRouter's with a numeric code",
      { error: { code: 429, message: 'Slow down.' } },
      said('Slow down.', { status: 429 }),
    ],
    [
      "OpenRouter's with a word for the code",
      { error: { code: 400, message: 'Too long.', metadata: { error_type: 'context_length_exceeded' } } },
      said('Too long.', { code: 'context_length_exceeded', status: 400 }),
    ],
    [
      "OpenRouter's with the provider's own text",
      {
        error: {
          code: 502,
          message: 'Provider returned error',
          metadata: { raw: 'upstream went away', provider_name: 'X' },
        },
      },
      said('Provider returned error: upstream went away', { status: 502 }),
    ],
    [
      "OpenRouter's with the provider's own JSON",
      {
        error: {
          code: 400,
          message: 'Provider returned error',
          metadata: { raw: '{"error":{"message":"max_tokens is too large"}}' },
        },
      },
      said('Provider returned error: max_tokens is too large', { status: 400 }),
    ],
    [
      "OpenRouter's with the provider's own object",
      { error: { code: 400, message: 'Provider returned error', metadata: { raw: { detail: 'no such tool' } } } },
      said('Provider returned error: no such tool', { status: 400 }),
    ],
    [
      "Google's list of one",
      [{ error: { code: 403, message: 'Key expired.', status: 'PERMISSION_DENIED' } }],
      said('Key expired.', { code: 'PERMISSION_DENIED', status: 403 }),
    ],
    ['a code of three digits in text', { error: { code: '503', message: 'Busy.' } }, said('Busy.', { status: 503 })],
    ['a number that is no status', { error: { code: 20_012, message: 'Model missing.' } }, said('Model missing.')],
    ['a code without a message', { error: { code: 'rate_limited' } }, said('rate_limited', { code: 'rate_limited' })],
    [
      'a type without a message',
      { error: { type: 'server_error', message: '' } },
      said('server_error', { type: 'server_error' }),
    ],
  ])('%s', (_, body, expected) => {
    expect(decode(body)).toEqual(expected);
  });

  test.each([
    [null],
    [undefined],
    [''],
    ['text'],
    [7],
    [[]],
    [[{}, {}]],
    [{}],
    [{ error: null }],
    [{ error: {} }],
    [{ error: '' }],
    [{ detail: [] }],
    [{ detail: {} }],
    [{ choices: [] }],
    [{ message: 5 }],
  ])('%j says nothing', (body) => expect(decode(body)).toBeUndefined());

  test('is cut to a thousand characters', () => {
    expect(decode({ error: 'x'.repeat(100_000) })?.message).toHaveLength(1_000);
  });

  test('that nests without end is given up', () => {
    let nested: unknown = { message: 'deep' };
    for (let level = 0; level < 50_000; level++)
      nested = { error: { message: `m${level}`, metadata: { raw: nested } } };
    expect(decode(nested)?.message.length).toBeLessThan(1_001);
    let list: unknown = 'x';
    for (let level = 0; level < 50_000; level++) list = [list];
    expect(decode(list)).toBeUndefined();
    expect(decode({ detail: [{ msg: 'x', loc: [list] }] })?.message).toBe('x');
  });

  test('of any form is read or left, never thrown at', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (body) => {
        const read = decode({ error: body });
        if (read !== undefined) expect(read.message).not.toBe('');
        decode(body);
      }),
      { numRuns: 500 },
    );
  });
});

test('requests and answers travel as they are', () => {
  expect(openai).toMatchObject({ name: 'openai', path: '/chat/completions' });
  expect(openai.encodeRequest).toBeUndefined();
  expect(openai.decodeCompletion).toBeUndefined();
  expect(openai.createChunkDecoder).toBeUndefined();
});
