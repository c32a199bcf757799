import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GATEWAY_ERRORS } from '../src/index.js';

it('the page of errors has every code, and no other', () => {
  const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const firstCells = page.split('\n').flatMap((line) => /^\| (`[^|]+) \|/.exec(line)?.[1] ?? []);
  const named = new Set(firstCells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code)));
  expect([...named].toSorted()).toEqual(Object.keys(GATEWAY_ERRORS).toSorted());
});
