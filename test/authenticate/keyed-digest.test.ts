import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyedDigest } from '../../src/authenticate/keyed-digest.js';

it('is HMAC-SHA256', () => {
  const secret = randomBytes(32);
  const digest = keyedDigest(secret);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(digest(text)).toEqual(createHmac('sha256', secret).update(text).digest('binary'));
    }),
  );
});
