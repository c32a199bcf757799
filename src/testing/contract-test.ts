/**
 * How a contract suite declares a test: `test` or `it` of vitest, jest, mocha, `node:test` …
 * A test fails when `run` throws or rejects.
 */
export type ContractTest = (name: string, run: () => Promise<void>) => unknown;

/** @internal Waits until `condition` holds; fails with `what` when it does not within `ms`. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, ms = 2_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not within ${ms} ms: ${what}.`);
    await delay(2);
  }
}

/** @internal */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @internal Freezes `value` deeply, so that code that changes it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
