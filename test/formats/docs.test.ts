import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pageUrl, TABLES, withMembers } from '../../docs/generate-formats.js';

it.each(Object.entries(TABLES))('docs/formats/%s.md has the table that the code uses', (name, table) => {
  const page = readFileSync(pageUrl(name), 'utf8');
  // The formatter pads tables; only the cells count.
  expect(cellsOf(page)).toEqual(cellsOf(withMembers(page, table)));
});

function cellsOf(page: string): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}
