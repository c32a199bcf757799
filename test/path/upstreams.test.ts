import { describe, expect, it } from 'vitest';
import { shortfallOf } from '../support/row-expectations.js';
import { neighbourRows, runRow, upstreamRows } from '../support/upstream-rows.js';

describe('real upstreams in public bug reports', () => {
  // Some of them send nothing for seconds; they are independent.
  it.concurrent.each([...upstreamRows, ...neighbourRows].map((row) => [row.id, row.situation, row] as const))(
    '%s: %s',
    async (_id, _situation, row) => {
      expect(shortfallOf(row.expect, await runRow(row))).toBe('');
    },
  );
});
