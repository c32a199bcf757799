import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GUARDS } from '../bench/chaos/guards/list.ts';

const root = join(import.meta.dirname, '..');

describe('bench/chaos/guards/list.ts', () => {
  test('names each guard once', () => {
    expect(GUARDS.length).toBeGreaterThan(0);
    expect(new Set(GUARDS.map(({ about }) => about)).size).toBe(GUARDS.length);
  });

  test.each(GUARDS)('$about: is in $file', ({ file, from, to, tests }) => {
    expect(existsSync(join(root, file)), `${file} does not exist`).toBe(true);
    const occurrences = readFileSync(join(root, file), 'utf8').split(from).length - 1;
    expect(occurrences, `${JSON.stringify(from)} must occur exactly once in ${file}`).toBe(1);
    expect(to).not.toBe(from);
    expect(tests.length).toBeGreaterThan(0);
    for (const name of tests) {
      const exists = existsSync(join(root, name)) || existsSync(join(root, `${name}.test.ts`));
      expect(exists, `${name} is neither a folder nor a test`).toBe(true);
    }
  });
});
