import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../src/cache/recent-map.js';

const LIMIT = 10;

function filled(count: number): RecentMap<number> {
  const recent = new RecentMap<number>(LIMIT);
  for (let index = 0; index < count; index++) recent.set(`key ${index}`, index);
  return recent;
}

/** Which of the keys are still there. To look moves them, so a `recent` is looked at once. */
function kept(recent: RecentMap<number>, count: number): number[] {
  const keys = Array.from({ length: count }, (_, index) => index).toReversed();
  return keys.filter((index) => recent.get(`key ${index}`) === index).toReversed();
}

describe('a map of what is recent', () => {
  it('holds what was put in last, at least half as many as it may and never more', () => {
    for (let count = 1; count <= 40; count++) {
      const left = kept(filled(count), count);
      expect(left.length).toBeGreaterThanOrEqual(Math.min(count, LIMIT / 2 - 1));
      expect(left.length).toBeLessThanOrEqual(LIMIT);
      expect(left.at(-1)).toBe(count - 1);
    }
  });

  it('keeps what is asked for, however much comes', () => {
    const recent = filled(1);
    for (let index = 1; index <= 1_000; index++) {
      recent.set(`key ${index}`, index);
      if (index % 3 === 0) expect(recent.get('key 0')).toBe(0);
    }
  });

  it('gives the newest value of a key', () => {
    const recent = filled(LIMIT);
    recent.set('key 0', 100);
    expect(recent.get('key 0')).toBe(100);
  });

  it('can be emptied', () => {
    const recent = filled(LIMIT);
    recent.clear();
    expect(kept(recent, LIMIT)).toEqual([]);
  });
});
