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
    [
      'a number that is no status',
      { error: { code: 20_012, message: 'Model missing.' } },
      said('Model missing.', { code: '20012' }),
    ],
    ['a code without a message', { error: { code: 'rate_limited' } }, said('rate_limited', { code: 'rate_limited' })],
    [
      'a type without a message',
      { error: { type: 'server_error', message: '' } },
      said('server_error', { type: 'server_error' }),
    ],
    [
      'the members without an envelope',
      { object: 'error', message: 'Bad.', type: 'x', code: 7 },
      said('Bad.', { type: 'x', code: '7' }),
    ],
    [
      "Mistral's list in a message",
      { object: 'error', message: { detail: [{ loc: ['body', 'stop'], msg: 'Too many.' }] }, type: 'x' },
      said('stop: Too many.', { type: 'x' }),
    ],
    ["Zhipu's", { code: 500, msg: 'boom', success: false }, said('boom', { status: 500 })],
    [
      "Zhipu's with a code of its own",
      { code: '1113', msg: 'no balance', success: false },
      said('no balance', { code: '1113' }),
    ],
    ["Baidu's", { error_code: 17, error_msg: 'Daily limit reached' }, said('Daily limit reached', { code: '17' })],
    [
      "MiniMax's",
      { base_resp: { status_code: 1008, status_msg: 'insufficient balance' }, choices: null },
      said('insufficient balance', { code: '1008', kind: 'quota' }),
    ],
    ["MiniMax's without a message", { base_resp: { status_code: 9999 } }, said('Status 9999', { code: '9999' })],
    [
      "Cloudflare's list",
      { success: false, errors: [{ code: 10_000, message: 'Authentication error' }], result: null },
      said('Authentication error', { code: '10000' }),
    ],
    [
      'a problem document',
      { type: 'about:blank', title: 'Gone', status: 410 },
      said('Gone', { type: 'about:blank', status: 410 }),
    ],
    [
      "Spring's",
      { status: 404, error: 'Not Found', message: 'No such path', path: '/' },
      said('No such path', { status: 404 }),
    ],
    [
      'an error in a detail',
      { detail: { error: { message: 'Too long.', code: 'c' } } },
      said('Too long.', { code: 'c' }),
    ],
    ['an error in an error', { error: { error: { message: 'Deep.' } } }, said('Deep.')],
    ["xAI's", { code: 'Some phrase', error: 'No credits.' }, said('No credits.', { code: 'Some phrase' })],
    [
      "AWS's",
      { __type: 'com.amazon#ThrottlingException', Message: 'Slow.' },
      said('Slow.', { code: 'ThrottlingException' }),
    ],
    [
      "Google's with its reason",
      [
        {
          error: {
            code: 400,
            message: 'Bad key.',
            status: 'INVALID_ARGUMENT',
            details: [{ reason: 'API_KEY_INVALID' }],
          },
        },
      ],
      said('Bad key.', { code: 'INVALID_ARGUMENT', status: 400, reasons: ['API_KEY_INVALID'] }),
    ],
    [
      "Azure's with its inner code",
      {
        error: {
          message: 'Filtered.',
          code: 'content_filter',
          status: 400,
          innererror: { code: 'ResponsibleAIPolicyViolation' },
        },
      },
      said('Filtered.', { code: 'content_filter', status: 400, reasons: ['ResponsibleAIPolicyViolation'] }),
    ],
    ['a base_resp of success', { base_resp: { status_code: 0, status_msg: 'success' }, message: 'Bad.' }, said('Bad.')],
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
  ])('%j is no error', (body) => expect(decode(body)).toBeUndefined());

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

  test('of any form is read or ignored, without throwing', () => {
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

describe('a wait in an error body', () => {
  test.each<[string, unknown, number | undefined]>([
    ['a message with seconds', { error: { message: 'Please try again in 34.07s.' } }, 34_070],
    ['milliseconds', { error: { message: 'Rate limit reached. Please try again in 174ms. AttemptTicket x' } }, 174],
    ['minutes and seconds', { error: { message: 'Please try again in 6m0s.' } }, 360_000],
    ['hours, minutes and seconds', { error: { message: 'try again in 1h2m3.5s' } }, 3_723_500],
    ["Azure's message", { error: { message: 'Please retry after 20 seconds.' } }, 20_000],
    ["Azure's singular", { error: { message: 'Please retry after 1 second.' } }, 1_000],
    ["Google's message", { error: { message: 'Please retry in 13.38s.' } }, 13_380],
    ['a message with units', { error: { message: 'Please wait 2 minutes and retry.' } }, 120_000],
    ["Django's message", { detail: 'Request was throttled. Expected available in 26 seconds.' }, 26_000],
    ['the header in a text', { error: { message: 'Limited. Retry-After: 30' } }, 30_000],
    ['a wait in about', { error: { message: 'Try again in about 5 seconds' } }, 5_000],
    ['RetryInfo', { error: { message: 'x', details: [{ reason: 'r' }, { '@type': 'y', retryDelay: '34s' }] } }, 34_000],
    [
      'RetryInfo as an object',
      { error: { message: 'x', details: [{ retryDelay: { seconds: '7', nanos: 5e8 } }] } },
      7_500,
    ],
    ['retry_after', { error: { message: 'x', retry_after: 12 } }, 12_000],
    ['retry_after as text', { error: { message: 'x', retry_after: '1.5' } }, 1_500],
    ['retry_after beside the envelope', { error: { message: 'x' }, retry_after: 3 }, 3_000],
    ['retry_after without an envelope', { message: 'x', retryAfter: 4 }, 4_000],
    ['retry_after_ms', { error: { message: 'x', retry_after_ms: 250, retry_after: 9 } }, 250],
    ['in the metadata', { error: { message: 'x', code: 429, metadata: { retry_after_seconds: 8 } } }, 8_000],
    ["Hugging Face's loading time", { error: 'Model x is currently loading', estimated_time: 20 }, 20_000],
    ['a member before the message', { error: { message: 'try again in 9s', retry_after: 2 } }, 2_000],
    [
      "of a router's provider",
      {
        error: {
          message: 'Provider returned error',
          code: 429,
          metadata: { raw: '{"error":{"message":"try again in 3s"}}' },
        },
      },
      3_000,
    ],
    ['an hour is not shortened', { error: { message: 'try again in 1h' } }, 3_600_000],
    ['a year is no wait', { error: { message: 'x', retry_after: 31_536_000 } }, undefined],
    ['a negative one', { error: { message: 'x', retry_after: -1 } }, undefined],
    ['no number', { error: { message: 'Please try again in a moment.', retry_after: 'soon' } }, undefined],
    ['a number without a unit', { error: { message: 'try again in 20' } }, undefined],
    ['another number of seconds', { error: { message: 'The request took 20 seconds.' } }, undefined],
    ['a unit that is only the beginning of a word', { error: { message: 'try again in 3 sessions' } }, undefined],
  ])('%s', (_, body, expected) => expect(decode(body)?.retryAfterMs).toBe(expected));
});

test("AWS's name of an error is in a header", () => {
  const head = { status: 400, headers: { 'x-amzn-errortype': 'ThrottlingException:http://internal/' } };
  expect(openai.decodeError?.({ message: 'Slow.' }, head)?.reasons).toEqual(['ThrottlingException']);
});

test('requests and responses travel as they are', () => {
  expect(openai).toMatchObject({ name: 'openai', path: '/chat/completions' });
  expect(openai.encodeRequest).toBeUndefined();
  expect(openai.decodeCompletion).toBeUndefined();
  expect(openai.createChunkDecoder).toBeUndefined();
});
