import { describe, expect, it } from 'vitest';
import { shortfallOf } from '../support/row-expectations.js';
import { neighbourRows, runRow, upstreamRows } from '../support/upstream-rows.js';

describe('what public bug reports say of real upstreams', () => {
  // Some of them are silent for seconds; none knows of another.
  it.concurrent.each([...upstreamRows, ...neighbourRows].map((row) => [row.id, row.situation, row] as const))(
    '%s: %s',
    async (_id, _situation, row) => {
      expect(shortfallOf(row.expect, await runRow(row))).toBe('');
    },
  );
});
