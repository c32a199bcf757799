import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactNumber, parseExact } from '../../src/json/exact-numbers.js';

describe('parseExact', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '10000000000000000000000',
    '1234567890.12345678',
    '1e400',
    '-1e-400',
  ])('keeps the digits of %s', (text) => {
    const { list } = parseExact(`{"list":[${text}]}`) as { list: unknown[] };
    expect(isExactNumber(list[0])).toBe(true);
    expect(JSON.stringify({ list })).toBe(`{"list":[${text}]}`);
  });

  it.each(['0', '-0', '1.0', '1E5', '0.30000000000000004', '9007199254740991', '-0.00012345678901234567', '5e-324'])(
    'reads %s as a number also beside one that is kept',
    (text) => {
      const [long, plain] = parseExact(`[1234567890123456789,${text}]`) as unknown[];
      expect(isExactNumber(long)).toBe(true);
      expect(plain).toBe(Number(text));
    },
  );

  it('is JSON.parse for every JSON text of doubles', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // Written by JSON.stringify, no number has more digits than a double; large ones have an exponent.
        expect(JSON.stringify(parseExact(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('keeps every integer, however long', () => {
    fc.assert(
      fc.property(fc.bigInt(), (number) => {
        expect(JSON.stringify(parseExact(`{"a":{"b":[${number}]}}`))).toBe(`{"a":{"b":[${number}]}}`);
      }),
    );
  });

  it('throws what JSON.parse throws', () => {
    expect(() => parseExact('{"a":1234567890123456789')).toThrow(SyntaxError);
    expect(() => parseExact('{')).toThrow(SyntaxError);
  });
});
