import { describe, expect, it } from 'vitest';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { readCases, runCase } from './cases.js';

const format = anthropic();

describe('published cases of Anthropic', () => {
  const rows = readCases('cases-anthropic.jsonl');
  it('are all there', () => expect(rows).toHaveLength(87));
  for (const row of rows) it(row.id, () => runCase(format, row));
});
