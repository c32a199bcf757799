import { describe, expect, it } from 'vitest';
import { carriesData, isAuxiliaryName, isErrorObject } from '../../src/chat/error-object.js';

const errors: readonly object[] = [
  { error: { message: 'no' } },
  { error: 'no' },
  { error: true },
  { choices: [{ index: 0, delta: { content: 'x' } }], error: { message: 'no' } },
  { object: 'error', message: 'no' },
  { type: 'error', error: { type: 'overloaded_error' } },
  { type: 'response.failed' },
  { type: 'api_error' },
  { code: 500, msg: 'boom', success: false },
  { code: 1301, msg: 'unsafe' },
  { code: 'InvalidApiKey', message: 'no', request_id: 'r' },
  { code: '50501', message: 'busy', data: null },
  { code: 503 },
  { success: false },
  { ok: false, description: 'no' },
  { detail: 'Internal error' },
  { detail: [{ loc: ['body'], msg: 'no' }] },
  { detail: { reason: 'no' } },
  { error_code: 336003, error_msg: 'no' },
  { error_code: '17', error_msg: 'no', id: 'x' },
  { errcode: 40001, errmsg: 'no' },
  { errorMessage: 'no' },
  { ErrorMsg: { Msg: 'no', Code: 2001 }, choices: [] },
  { errors: [{ message: 'no' }] },
  { Response: { Error: { Code: 'AuthFailure', Message: 'no' } } },
  { base_resp: { status_code: 1004, status_msg: 'no' } },
  { choices: null, base_resp: { status_code: 1002, status_msg: 'no' } },
  { choices: [{ index: 0, delta: { content: '' } }], base_resp: { status_code: 1027 } },
  { choices: [], base_resp: { status_code: '1008' } },
  { header: { code: 10_013, message: 'no' } },
  { status: 500, title: 'Internal Server Error', type: 'about:blank' },
  { status: 'error', message: 'no' },
  { statusCode: 429, message: 'no' },
  { message: 'no' },
  { Message: 'no', __type: 'ThrottlingException' },
  { choices: [], object: 'error', message: 'no' },
  { choices: [{ index: 0, delta: {}, finish_reason: 'error' }] },
  { error: {} },
  { fault: { faultstring: 'no' } },
  { choices: [{ finish_reason: 'stop' }, { finish_reason: 'error' }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'insufficient_system_resource' }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'network_error' }] },
  { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'abort' }] },
];

const others: readonly object[] = [
  {},
  { error: null },
  { error: '' },
  { error: false },
  { choices: [{ index: 0, delta: { content: 'x' } }], error: null },
  { choices: [{ index: 0, delta: { content: 'x' } }], message: 'x', code: 500 },
  { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }], base_resp: { status_code: 0 } },
  {
    choices: [
      { message: { content: 'x' }, finish_reason: 'stop' },
      { message: {}, finish_reason: 'error' },
    ],
  },
  { choices: [{ index: 0, delta: { content: 'x' } }], error: {} },
  { choices: [], message: 'searching' },
  { prompt_filter_results: [] },
  { usage: { total_tokens: 3 } },
  { usage: { total_tokens: 3 }, code: 0, msg: 'success' },
  { usage: { total_tokens: 3 }, code: 200, message: 'OK' },
  { success: true, message: 'done' },
  { citations: ['https://x'] },
  { type: 'ping' },
  { type: 'heartbeat', message: 'still here' },
  { status: 'processing', message: 'You are number 3' },
  { event: 'keepalive', msg: 'x' },
  { error_code: 0, error_msg: '' },
  { base_resp: { status_code: 0, status_msg: 'success' } },
  { type: 'message_start', message: { id: 'm' } },
  { id: 'x', object: 'chat.completion.chunk' },
];

describe('isErrorObject', () => {
  it.each(errors.map((value) => [JSON.stringify(value), value]))('detects an error in %s', (_text, value) => {
    expect(isErrorObject({ ...(value as object) })).toBe(true);
  });

  it.each(others.map((value) => [JSON.stringify(value), value]))('detects no error in %s', (_text, value) => {
    expect(isErrorObject({ ...(value as object) })).toBe(false);
  });
});

describe('auxiliary events', () => {
  it('are known by their name', () => {
    expect(['ping', 'Heartbeat', 'keep-alive'].every(isAuxiliaryName)).toBe(true);
    expect(['message', 'error', undefined, 7].some(isAuxiliaryName)).toBe(false);
  });

  it.each([
    [{ usage: { total_tokens: 1 } }, true],
    [{ object: 'chat.completion.chunk', x_groq: {} }, true],
    [{ citations: ['x'] }, true],
    [{ search_results: [] }, true],
    [{ prompt_filter_results: [] }, false],
    [{ type: 'ping' }, false],
    [{ usage: null }, false],
  ])('%o carries data of the response: %s', (value, carries) => {
    expect(carriesData(value)).toBe(carries);
  });
});
