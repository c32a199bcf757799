import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/gateway-error.js';

const HEADER = 'x-nordlys-dry-run';

/** Whether the dry-run header is present, whatever its value. */
export function asksForPlan(req: IncomingMessage): boolean {
  return req.headers[HEADER] !== undefined;
}

/**
 * Whether the request asks for its plan instead of a response.
 * @throws GatewayError 400 for an unknown value, because a client that sends the header does not expect an upstream
 * call
 */
export function wantsDryRun(req: IncomingMessage): boolean {
  const value = req.headers[HEADER];
  if (value === undefined) return false;
  if (value === 'plan') return true;
  throw new GatewayError('invalid_value', `The header ${HEADER} has one possible value: "plan".`, { param: HEADER });
}
