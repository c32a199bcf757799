import { describe, expect, it } from 'vitest';
import { BodyIndex } from '../../src/cache/body-index.js';

const MIB = 1024 * 1024;
const body = (text: string): Buffer => Buffer.from(text);

/** Two bodies of one length that differ far from their ends only, where hardly a byte is looked at. */
function lookalikes(): [Buffer, Buffer] {
  const one = Buffer.alloc(100_000, 'a');
  const other = Buffer.from(one);
  other.write('b', 10);
  return [one, other];
}

describe('known bodies', () => {
  it('are known again by their bytes', () => {
    const bodies = new BodyIndex();
    bodies.keep('a', body('{"n":1}'), 'one');
    bodies.keep('a', body('{"n":2}'), 'two');
    expect(bodies.nameOf('a', body('{"n":1}'))).toBe('one');
    expect(bodies.nameOf('a', body('{"n":2}'))).toBe('two');
    expect(bodies.nameOf('a', body('{"n":3}'))).toBeUndefined();
    expect(bodies.nameOf('a', body('{"n":1} '))).toBeUndefined();
  });

  it('are unknown to other tenants', () => {
    const bodies = new BodyIndex();
    bodies.keep('a', body('{"n":1}'), 'one');
    expect(bodies.nameOf('b', body('{"n":1}'))).toBeUndefined();
  });

  it('are compared byte by byte: of two that look alike only the later one is known', () => {
    const bodies = new BodyIndex();
    const [one, other] = lookalikes();
    bodies.keep('a', one, 'one');
    expect(bodies.nameOf('a', other)).toBeUndefined();
    bodies.keep('a', other, 'other');
    expect(bodies.nameOf('a', other)).toBe('other');
    expect(bodies.nameOf('a', one)).toBeUndefined();
  });

  it('are copies: what becomes of the bytes that came does not matter', () => {
    const bodies = new BodyIndex();
    const came = body('{"n":1}');
    bodies.keep('a', came, 'one');
    came.fill(0);
    expect(bodies.nameOf('a', body('{"n":1}'))).toBe('one');
  });

  it('take no more than their share of memory, and no large ones', () => {
    const bodies = new BodyIndex();
    const large = Buffer.alloc(256 * 1024 + 1);
    bodies.keep('a', large, 'large');
    expect(bodies.nameOf('a', large)).toBeUndefined();
    bodies.keep('a', Buffer.alloc(0), 'empty');
    expect(bodies.nameOf('a', Buffer.alloc(0))).toBeUndefined();

    const many = Array.from({ length: 100 }, (_, index) => Buffer.alloc(MIB / 4, String.fromCharCode(65 + index)));
    for (const [index, each] of many.entries()) bodies.keep('a', each, String(index));
    const remaining = many.filter((each) => bodies.nameOf('a', each) !== undefined);
    expect(remaining).toHaveLength(64);
    expect(remaining.at(-1)).toBe(many.at(-1));
  });

  it('are few', () => {
    const bodies = new BodyIndex();
    for (let index = 0; index < 3_000; index++) bodies.keep('a', body(`{"n":${index}}`), String(index));
    const remaining = Array.from({ length: 3_000 }, (_, index) => bodies.nameOf('a', body(`{"n":${index}}`)));
    expect(remaining.filter((name) => name !== undefined).length).toBeLessThanOrEqual(2_000);
    expect(remaining.at(-1)).toBe('2999');
  });

  it('are removed by clear', () => {
    const bodies = new BodyIndex();
    bodies.keep('a', body('{"n":1}'), 'one');
    bodies.clear();
    expect(bodies.nameOf('a', body('{"n":1}'))).toBeUndefined();
  });
});
