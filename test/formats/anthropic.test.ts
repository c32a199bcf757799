import { describe, expect, it } from 'vitest';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { readCases, runCase, type FormatCase } from './cases.js';

const format = anthropic();

/** Rows that are not certain and that the docs decide otherwise (docs/formats/anthropic.md). */
const DECIDED: Readonly<Record<string, (row: FormatCase) => FormatCase>> = {
  // An account without credit is the operator's quota, not a refused key; both move to the next candidate.
  'anthropic-error-402': (row) => ({ ...row, out: { ...(row.out as object), kind: 'quota' } }),
};

describe('published cases of Anthropic', () => {
  const rows = readCases('cases-anthropic.jsonl');
  it('are all there', () => expect(rows).toHaveLength(87));
  for (const row of rows) it(row.id, () => runCase(format, DECIDED[row.id]?.(row) ?? row));
});
