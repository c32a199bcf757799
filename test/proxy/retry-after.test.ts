import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRetryAfter, retryAfterHeaders } from '../../src/proxy/retry-after.js';

const NOW = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT');

describe('readRetryAfter', () => {
  it.each<[string, Record<string, string | string[]>, number | undefined]>([
    ['no header', {}, undefined],
    ['seconds', { 'retry-after': '5' }, 5_000],
    ['a fraction of seconds', { 'retry-after': '5.5' }, 5_500],
    ['zero', { 'retry-after': '0' }, 0],
    ['milliseconds before seconds', { 'retry-after': '1', 'retry-after-ms': '174' }, 174],
    ['Azure’s milliseconds', { 'x-ms-retry-after-ms': '250', 'retry-after': '9' }, 250],
    ['junk in milliseconds, then seconds', { 'retry-after-ms': 'soon', 'retry-after': '2' }, 2_000],
    ['an hour, not shortened', { 'retry-after': '3600' }, 3_600_000],
    ['more than a month is nothing', { 'retry-after': '1000000000' }, undefined],
    ['negative', { 'retry-after': '-1' }, undefined],
    ['text', { 'retry-after': 'later' }, undefined],
    ['empty', { 'retry-after': '' }, undefined],
    ['hexadecimal', { 'retry-after': '0x10' }, undefined],
    ['exponent', { 'retry-after': '1e3' }, undefined],
    ['Infinity', { 'retry-after': 'Infinity' }, undefined],
    ['NaN', { 'retry-after': 'NaN' }, undefined],
    ['spaces around', { 'retry-after': ' 3 ' }, 3_000],
    ['two headers, the first counts', { 'retry-after': ['4', '8'] }, 4_000],
    ['two values in one', { 'retry-after': '4, 8' }, 4_000],
    ['a date against our clock', { 'retry-after': 'Sun, 22 Nov 2026 12:00:07 GMT' }, 7_000],
    [
      'a date against the upstream’s clock',
      { 'retry-after': 'Sun, 22 Nov 2026 13:00:07 GMT', date: 'Sun, 22 Nov 2026 13:00:00 GMT' },
      7_000,
    ],
    ['a date in the past', { 'retry-after': 'Sun, 22 Nov 2026 11:59:00 GMT' }, 0],
    ['a date far ahead', { 'retry-after': 'Sun, 22 Nov 2026 12:30:00 GMT' }, 1_800_000],
    ['a date that is none', { 'retry-after': 'Sun, 99 Nov 2026 12:00:07 GMT' }, undefined],
    ['a date in another form', { 'retry-after': '2026-11-22T12:00:07Z' }, undefined],
    ['a date and a broken Date header', { 'retry-after': 'Sun, 22 Nov 2026 12:00:07 GMT', date: 'yesterday' }, 7_000],
  ])('%s', (_what, headers, expected) => {
    expect(readRetryAfter(headers, NOW)).toBe(expected);
  });

  it('any text is absent, or between nothing and a month', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (seconds, ms, date) => {
        const wait = readRetryAfter({ 'retry-after': seconds, 'retry-after-ms': ms, date }, NOW);
        return wait === undefined || (wait >= 0 && wait <= 31 * 86_400_000);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('retryAfterHeaders', () => {
  it.each([
    [0, '1', '0'],
    [174, '1', '174'],
    [1_000, '1', '1000'],
    [1_001, '2', '1001'],
    [999.4, '1', '1000'],
  ])('%d ms is sent in seconds, rounded up, and in milliseconds', (ms, seconds, milliseconds) => {
    expect(retryAfterHeaders(ms)).toEqual({ 'retry-after': seconds, 'retry-after-ms': milliseconds });
  });
});
