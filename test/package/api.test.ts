import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { apiPage } from '../../docs/generate-api.js';
import { publicNames } from '../support/public-names.js';

it('every public name says what it is for', () => {
  expect(
    publicNames()
      .filter(({ summary }) => summary === undefined || summary === '')
      .map(({ entry, name }) => `${entry}: ${name}`),
  ).toEqual([]);
});

it('docs/api.md is what `node docs/generate-api.ts` writes', () => {
  expect(readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')).toBe(apiPage());
});
