import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/gateway-error.js';

const HEADER = 'x-nordlys-dry-run';

/** Whether the header is there at all, whatever it says. */
export function asksForPlan(req: IncomingMessage): boolean {
  return req.headers[HEADER] !== undefined;
}

/**
 * Whether the request asks for its plan instead of an answer.
 * @throws GatewayError 400 for any other value: whoever sends the header does not expect to pay for a call.
 */
export function wantsDryRun(req: IncomingMessage): boolean {
  const value = req.headers[HEADER];
  if (value === undefined) return false;
  if (value === 'plan') return true;
  throw new GatewayError('invalid_value', `The header ${HEADER} knows one value: "plan".`, { param: HEADER });
}
