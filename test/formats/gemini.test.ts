import { describe, expect, it } from 'vitest';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { formatCases, runCase } from './gemini-cases.js';

describe('the published cases of Gemini', () => {
  const rows = formatCases('cases-gemini.jsonl');

  it.each(rows.map((row) => [row.id, row] as const))('%s', (_id, row) => {
    runCase(gemini(), row);
    expect.hasAssertions();
  });
});
