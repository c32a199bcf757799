import type { ContractTest } from '../../src/testing/index.js';

/** What a suite declares, to be run by hand: the names of the cases that fail. */
export async function failuresOf(declare: (test: ContractTest) => void, only = /./): Promise<string[]> {
  const cases: [name: string, run: () => Promise<void>][] = [];
  declare((name, run) => cases.push([name, run]));
  const failed: string[] = [];
  for (const [name, run] of cases.filter(([name]) => only.test(name))) {
    await run().catch(() => failed.push(name));
  }
  return failed;
}
