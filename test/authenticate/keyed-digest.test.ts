import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyedDigest } from '../../src/authenticate/keyed-digest.js';

it('is SHA-256 of the pepper and the text', () => {
  const pepper = randomBytes(32).toString('hex');
  const digest = keyedDigest(pepper);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(digest(text)).toEqual(createHash('sha256').update(pepper).update(text).digest('binary'));
    }),
  );
});
