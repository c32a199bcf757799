import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { kindOfStatus } from '../../src/proxy/failure-kind.js';

const decode = gemini().decodeError!;

function google(status: string, members: JsonObject = {}): JsonObject {
  return { error: { message: 'm', status, ...members } };
}

describe('an error of Google', () => {
  const statuses: [word: string, status: number, kind: string][] = [
    ['INVALID_ARGUMENT', 400, 'rejected'],
    ['OUT_OF_RANGE', 400, 'rejected'],
    ['FAILED_PRECONDITION', 400, 'auth'],
    ['UNAUTHENTICATED', 401, 'auth'],
    ['PERMISSION_DENIED', 403, 'auth'],
    ['NOT_FOUND', 404, 'model_missing'],
    ['ABORTED', 409, 'conflict'],
    ['ALREADY_EXISTS', 409, 'conflict'],
    ['RESOURCE_EXHAUSTED', 429, 'rate_limited'],
    ['CANCELLED', 499, 'try_later'],
    ['INTERNAL', 500, 'server_error'],
    ['UNKNOWN', 500, 'server_error'],
    ['DATA_LOSS', 500, 'server_error'],
    ['UNIMPLEMENTED', 501, 'model_missing'],
    ['UNAVAILABLE', 503, 'overloaded'],
    ['DEADLINE_EXCEEDED', 504, 'upstream_timeout'],
  ];
  it.each(statuses)('%s', (word, status, kind) => {
    for (const body of [google(word), [google(word, { code: status })]]) {
      const said = decode(body);
      expect(said).toMatchObject({ message: 'm', code: word, type: null, param: null, status });
      expect(said?.kind ?? kindOfStatus(status, false)).toBe(kind);
    }
  });

  it('uses the status of the response if it names no known one', () => {
    const head = { status: 418, headers: {} };
    expect(decode(google('A_WORD_OF_NEXT_YEAR'), head)).toMatchObject({ code: 'A_WORD_OF_NEXT_YEAR', status: 418 });
    expect(decode(google('A_WORD_OF_NEXT_YEAR', { code: 503 }), head)).toMatchObject({ status: 503 });
    expect(decode({ error: { status: 'INTERNAL' } })).toMatchObject({ message: 'INTERNAL' });
  });

  it('of a refused key is no fault of the request', () => {
    const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' };
    expect(decode(google('INVALID_ARGUMENT', { code: 400, details: [info] }))?.kind).toBe('auth');
    expect(
      decode(google('INVALID_ARGUMENT', { message: 'API key not valid. Please pass a valid API key.' }))?.kind,
    ).toBe('auth');
    expect(decode(google('INVALID_ARGUMENT', { details: [{ reason: 'FIELD_INVALID' }, null, 'x'] }))?.kind).toBe(
      'rejected',
    );
  });

  const waits: [what: string, members: JsonObject, ms: number | undefined][] = [
    ['seconds', { details: [{ retryDelay: '13.38s' }] }, 13_380],
    ['no time', { details: [{ retryDelay: '0s' }] }, 0],
    ['minutes', { details: [{ retryDelay: '1m30s' }] }, 90_000],
    ['milliseconds', { message: 'Please retry in 850.5ms.' }, 851],
    ['hours in the message', { message: 'Please retry in 1h2m3s.' }, 3_723_000],
    ['the details before the message', { message: 'retry in 2s', details: [{ retryDelay: '5s' }] }, 5_000],
    ['nothing', { message: 'Try again soon.', details: [{ retryDelay: 'soon' }] }, undefined],
    ['a broken delay', { details: [{ retryDelay: 7 }] }, undefined],
  ];
  it.each(waits)('reads the wait: %s', (_what, members, ms) => {
    expect(decode(google('RESOURCE_EXHAUSTED', members))?.retryAfterMs).toBe(ms);
  });

  it.each([
    [{ message: 'Quota exceeded for metric x, limit: 0, model: y' }, 'quota'],
    [{ message: 'limit: 0.5' }, 'rate_limited'],
    [{ message: 'limit: 10' }, 'rate_limited'],
    [{ details: [{ violations: [{ quotaId: 'RequestsPerDay' }] }] }, 'quota'],
    [{ details: [{ violations: [{ quotaId: 'RequestsPerMinute' }, null] }] }, 'rate_limited'],
    [{ message: 'You exceeded your current quota' }, 'rate_limited'],
  ])('%j is a %s', (members, kind) => {
    expect(decode(google('RESOURCE_EXHAUSTED', members))?.kind).toBe(kind);
  });

  it('names no project and no key of the operator', () => {
    const message =
      'Consumer projects/12345678 of organizations/my-org: project_number:987654321 key AIzaSyA1234567890abc is off.';
    const said = decode(google('PERMISSION_DENIED', { message }))?.message;
    expect(said).not.toMatch(/12345678|my-org|987654321|AIza/);
    expect(said).toContain('is off.');
    expect(
      decode(google('NOT_FOUND', { message: 'models/gemini-9 is not found for API version v1beta' }))?.message,
    ).toBe('models/gemini-9 is not found for API version v1beta');
    expect(decode(google('INTERNAL', { message: 'x'.repeat(5_000) }))?.message).toHaveLength(1_000);
  });
});

describe('an error of another kind', () => {
  it('is read as proxies in between write it', () => {
    expect(decode({ error: { message: 'm', type: 't', code: 'c' } })).toMatchObject({
      message: 'm',
      type: 't',
      code: 'c',
    });
    expect(decode({ error: 'plain' })).toMatchObject({ message: 'plain' });
  });

  it.each([undefined, null, 42, '', [], {}, { error: null }, { error: 7 }, [null], [{}, {}]])(
    '%j is no error',
    (body) => {
      expect(decode(body)).toBeUndefined();
    },
  );
});
