import type { Endpoint } from '../../src/contracts/routing.js';
import { endpointAt } from '../support/endpoint.js';

/** The endpoint at this place of the table. */
export function endpoint(position: number): Endpoint {
  const timeouts = { connectMs: 2_000, idleMs: 4_000, totalMs: 30_000 };
  return endpointAt(`http://p${position}.test/v1`, `p${position}`, { position, timeouts });
}
