import type { Transport } from '../contracts/transport.js';
import type { ContractTest } from './contract-test.js';
import { fakeUpstream } from './fake-upstream.js';
import { transportAbortCases } from './transport-abort-cases.js';
import { transportAnswerCases } from './transport-answer-cases.js';
import { transportFailureCases } from './transport-failure-cases.js';
import { transportPoolCases } from './transport-pool-cases.js';

/** How quick a transport has to be. */
export interface TransportContractOptions {
  /** Within this an aborted call must have closed its socket. @defaultValue `100` */
  readonly abortMs?: number | undefined;
}

/**
 * Declares the tests that every transport must pass, over real sockets: what reaches the upstream, what comes of every
 * kind of answer, who may share a connection, and that an abandoned call costs nothing.
 *
 * @param makeTransport makes a new transport; the suite closes it
 * @example
 * transportContract(test, () => undiciTransport());
 */
export function transportContract(
  test: ContractTest,
  makeTransport: () => Transport | Promise<Transport>,
  options: TransportContractOptions = {},
): void {
  const cases = [...transportAnswerCases, ...transportPoolCases, ...transportFailureCases, ...transportAbortCases];
  for (const [name, run] of cases) {
    test(`a transport ${name}`, async () => {
      const upstream = await fakeUpstream();
      const transport = await makeTransport();
      try {
        await run({ upstream, transport, abortMs: options.abortMs ?? 100 });
      } finally {
        transport.close();
        await upstream.close();
      }
    });
  }
}
