import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../../src/util/bounded-map.js';

const LIMIT = 10;

function filled(count: number): BoundedMap<number> {
  const map = new BoundedMap<number>(LIMIT);
  for (let index = 0; index < count; index++) map.set(`key ${index}`, index);
  return map;
}

describe('a bounded map', () => {
  it('holds the newest entries, never more than its limit', () => {
    const map = filled(25);
    expect(map.size).toBe(LIMIT);
    expect(map.get('key 14')).toBeUndefined();
    expect(map.get('key 15')).toBe(15);
    expect(map.get('key 24')).toBe(24);
  });

  it('keeps an entry that is read, however many are added', () => {
    const map = filled(1);
    for (let index = 1; index <= 1_000; index++) {
      map.set(`key ${index}`, index);
      if (index % 3 === 0) expect(map.get('key 0')).toBe(0);
    }
  });

  it('replaces and deletes values', () => {
    const map = filled(LIMIT);
    map.set('key 0', 100);
    expect(map.get('key 0')).toBe(100);
    map.delete('key 0');
    expect(map.get('key 0')).toBeUndefined();
    expect(map.size).toBe(LIMIT - 1);
  });

  it('can be emptied', () => {
    const map = filled(LIMIT);
    map.clear();
    expect(map.size).toBe(0);
    expect(map.get('key 1')).toBeUndefined();
  });
});
