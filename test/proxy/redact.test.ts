import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../src/proxy/response/redact.js';

describe('redact', () => {
  it.each([
    ['the key of this call', 'Incorrect API key provided: my-secret-key.', 'Incorrect API key provided: [redacted].'],
    ['anything that looks like a key', 'sk-proj-abcdef123456 and AIzaSyA1234567890', '[redacted] and [redacted]'],
    ['a bearer token', 'Authorization: Bearer abc.def-ghi failed', 'Authorization: [redacted] failed'],
    ['an organisation', 'for org-AbCdEfGh1234', 'for [redacted]'],
  ])('takes out %s', (_what, text, expected) => {
    expect(redact(text, ['my-secret-key'])).toBe(expected);
  });

  it('takes control characters out, and leaves line ends', () => {
    expect(redact('a\u0000b\u001bc\nd', [])).toBe('abc\nd');
  });

  it('sees a key that control characters break up', () => {
    expect(redact('my-sec\u0000ret-key', ['my-secret-key'])).toBe('[redacted]');
  });

  it.each(['base64', 'base64url', 'hex'] as const)('knows a secret in %s', (encoding) => {
    expect(redact(`Got ${Buffer.from('my-secret-key').toString(encoding)}.`, ['my-secret-key'])).toBe(
      'Got [redacted].',
    );
  });

  it('never shows the secret, wherever it stands and however long the text is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), fc.string({ maxLength: 2_000 }), (before, after) => {
        const secret = 'canary-0123456789';
        const shown = redact(before + secret + after, [secret]);
        return !shown.includes(secret) && shown.length <= 513;
      }),
    );
  });
});
