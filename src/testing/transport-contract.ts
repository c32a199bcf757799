import type { Transport } from '../contracts/transport.js';
import type { ContractTest } from './contract-test.js';
import { fakeUpstream } from './fake-upstream.js';
import { transportAbortCases } from './transport-abort-cases.js';
import { transportResponseCases } from './transport-response-cases.js';
import { transportFailureCases } from './transport-failure-cases.js';
import { transportPoolCases } from './transport-pool-cases.js';

/** Limits that a transport must keep. */
export interface TransportContractOptions {
  /** Milliseconds in which an aborted call must have closed its socket. @defaultValue `100` */
  readonly abortMs?: number | undefined;
}

/**
 * Declares the tests that every transport must pass, over real sockets: what reaches the upstream, how each kind of
 * response is delivered, which requests may share a connection, and that an aborted call leaves nothing open.
 *
 * @param makeTransport - creates a transport; the suite closes it
 * @example
 * transportContract(test, () => undiciTransport());
 */
export function transportContract(
  test: ContractTest,
  makeTransport: () => Transport | Promise<Transport>,
  options: TransportContractOptions = {},
): void {
  const cases = [...transportResponseCases, ...transportPoolCases, ...transportFailureCases, ...transportAbortCases];
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
