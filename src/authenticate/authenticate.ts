import type { IncomingMessage } from 'node:http';
import type { Caller } from '../contracts/caller.js';
import type { RequestContext, Stage, StageOutcome } from '../context.js';
import { GatewayError } from '../errors.js';
import type { AuthenticateOptions } from '../options.js';
import { readApiKey } from './api-key.js';
import { staticKeys } from './static-keys.js';

type FindCaller = (key: string, req: IncomingMessage) => Caller | undefined | Promise<Caller | undefined>;

/** WHO ASKS: writes `context.caller`, or refuses. */
export function authenticateStage(options: AuthenticateOptions): Stage {
  if (options.keys === false) return trustHost(options.caller);
  const findCaller = callerLookup(options);

  return function authenticateRequest(context) {
    const key = readApiKey(context.req);
    if (key === undefined) throw refusal();
    const found = lookUp(findCaller, key, context.req);
    if (found instanceof Promise) return found.then((caller) => admit(context, caller), throwUnavailable);
    return admit(context, found);
  };
}

function callerLookup({ keys, verifyKey }: Exclude<AuthenticateOptions, { keys: false }>): FindCaller {
  if (verifyKey === undefined && keys === undefined) {
    throw new TypeError(
      'Say who may call: keys: [...], verifyKey: (key, req) => …, or keys: false where the host has authenticated.',
    );
  }
  if (verifyKey === undefined) return staticKeys(keys);
  if (keys !== undefined) throw new TypeError('keys and verifyKey exclude each other: give one of them.');
  if (typeof verifyKey !== 'function') {
    throw new TypeError(`verifyKey must be a function (key, req) → caller, got ${typeof verifyKey}.`);
  }
  return verifyKey;
}

/** The host authenticated; all we ask is who it was. */
function trustHost(callerOf: ((req: IncomingMessage) => Caller | undefined) | undefined): Stage {
  if (callerOf === undefined) return () => 'next';
  if (typeof callerOf !== 'function') {
    throw new TypeError(`caller must be a function (req) → caller, got ${typeof callerOf}.`);
  }
  return function readHostCaller(context) {
    const caller = callerOf(context.req);
    if (caller !== undefined && caller !== null) context.caller = checked(caller, 'caller');
    return 'next';
  };
}

function lookUp(
  findCaller: FindCaller,
  key: string,
  req: IncomingMessage,
): Caller | undefined | Promise<Caller | undefined> {
  try {
    const found = findCaller(key, req);
    return isThenable(found) ? Promise.resolve(found) : found;
  } catch (error) {
    return throwUnavailable(error);
  }
}

function isThenable(value: Caller | undefined | Promise<Caller | undefined>): value is Promise<Caller | undefined> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

function admit(context: RequestContext, caller: Caller | undefined): StageOutcome {
  if (caller === undefined || caller === null) throw refusal();
  context.caller = checked(caller, 'verifyKey');
  return 'next';
}

/** A caller without an id would share the cache and the limits of every other such caller: never let one in. */
function checked(caller: Caller, source: string): Caller {
  if (typeof caller === 'object' && typeof caller.id === 'string' && caller.id !== '') return caller;
  throw unavailable(new TypeError(`${source} must give { id: string } or undefined.`));
}

function throwUnavailable(cause: unknown): never {
  throw unavailable(cause);
}

function unavailable(cause: unknown): GatewayError {
  return new GatewayError('authentication_unavailable', 'The API key could not be checked. Try again in a moment.', {
    headers: { 'retry-after': '1', 'retry-after-ms': '1000' },
    cause,
  });
}

/** The same answer for a key that is missing, malformed, unknown or revoked. */
function refusal(): GatewayError {
  return new GatewayError(
    'invalid_api_key',
    'Missing or incorrect API key. Send it as "Authorization: Bearer <key>" or as "X-API-Key: <key>".',
    { headers: { 'www-authenticate': 'Bearer realm="nordlys-proxy"' } },
  );
}
