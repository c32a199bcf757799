import { randomBytes } from 'node:crypto';

/** Unique among the processes that share a store. */
const PROCESS = randomBytes(12).toString('base64url');
let leases = 0;

/** The name of a new lease. It is part of every call of the store, so it is short. */
export function newLeaseName(): string {
  return `${PROCESS}-${++leases}`;
}
