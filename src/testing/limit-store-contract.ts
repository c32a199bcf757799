import type { LimitStore } from '../contracts/limit-store.js';
import { delay, type ContractTest } from './contract-test.js';
import { limitLeaseCases } from './limit-lease-cases.js';
import { limitSharedCases } from './limit-shared-cases.js';
import { limitWindowCases } from './limit-window-cases.js';

/** What the suite must know of a limit store. */
export interface LimitStoreContractOptions {
  /**
   * `injected`: the store reads the time from the `now` it is given, so the suite needs no waiting.
   * `real`: it has a clock of its own (a server), and the suite waits for it.
   * @defaultValue `'injected'`
   */
  readonly time?: 'injected' | 'real' | undefined;
}

/** Creates a store. `now` returns Unix time in milliseconds, as the suite sets it. No group is used twice. */
export type MakeLimitStore = (now: () => number) => LimitStore | Promise<LimitStore>;

let groups = 0;

/**
 * Declares the tests that every limit store must pass.
 *
 * @example
 * limitStoreContract(test, (now) => myLimits({ now }));
 */
export function limitStoreContract(
  test: ContractTest,
  makeStore: MakeLimitStore,
  options: LimitStoreContractOptions = {},
): void {
  for (const [name, run] of [...limitLeaseCases, ...limitWindowCases, ...limitSharedCases]) {
    test(`a limit store ${name}`, async () => {
      let offset = 0;
      const isReal = options.time === 'real';
      const now = (): number => (isReal ? Date.now() : 1_750_000_000_000 + offset);
      const store = await makeStore(now);
      const pass = async (ms: number): Promise<void> => {
        if (isReal) await delay(ms);
        else offset += ms;
      };
      try {
        await run({ store, group: `contract ${process.pid} ${groups++}`, now, pass });
      } finally {
        await store.close?.();
      }
    });
  }
}
