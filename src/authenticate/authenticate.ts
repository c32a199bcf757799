import type { IncomingMessage } from 'node:http';
import type { Caller } from '../contracts/caller.js';
import type { Clock } from '../contracts/clock.js';
import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import { waitFor } from '../util/wait-for.js';
import { GatewayError, HostCodeError } from '../errors/gateway-error.js';
import type { AuthenticateOptions } from '../options/authenticate-types.js';
import { AUTHENTICATE } from '../options/tables/authenticate.js';
import { carriesKey, readApiKey } from './api-key.js';
import { crossSiteGuard } from './cross-site.js';
import { staticKeys } from './static-keys.js';
import { isPromise } from '../util/is-promise.js';

type FindCaller = (key: string, req: IncomingMessage) => Caller | undefined | Promise<Caller | undefined>;

/** The longest time that a lookup may take, in milliseconds. */
const LOOKUP_MS = 10_000;

/** Writes `context.caller`, or refuses the request. @throws TypeError for options that contradict each other */
export function authenticateStage(options: AuthenticateOptions, clock: Clock): Stage {
  const { keys, verifyKey, caller, anonymous, allowedOrigins } = AUTHENTICATE.read(options);
  if (keys !== undefined && keys !== false && verifyKey !== undefined) {
    throw new TypeError('keys and verifyKey exclude each other: give one of them.');
  }
  if (keys === false && verifyKey !== undefined) {
    throw new TypeError(
      'keys: false means that the host has authenticated, so verifyKey would never be called: give one of them.',
    );
  }
  if (caller !== undefined && keys !== false) {
    throw new TypeError('caller is called only with keys: false, where the host has authenticated.');
  }
  if (allowedOrigins !== undefined && keys !== false) {
    throw new TypeError(
      'allowedOrigins is looked at only with keys: false. AdminRoutes of other origins may call with a key of their own.',
    );
  }
  if (keys === false) {
    const refuseCrossSite = crossSiteGuard(allowedOrigins);
    const readCaller = trustHost(caller, anonymous, clock);
    return function authenticatedByHost(context) {
      refuseCrossSite(context.req);
      return readCaller(context);
    };
  }
  return askForKey(verifyKey ?? staticLookup(keys), anonymous, clock);
}

function staticLookup(keys: readonly string[] | undefined): FindCaller {
  if (keys !== undefined) return staticKeys(keys);
  throw new TypeError(
    'Configure who may call: keys: [...], verifyKey: (key, req) => …, or keys: false where the host has authenticated.',
  );
}

function askForKey(findCaller: FindCaller, isOpen: boolean, clock: Clock): Stage {
  return function authenticateRequest(context) {
    const key = readApiKey(context.req);
    if (key === undefined) {
      if (isOpen && !carriesKey(context.req)) return 'next';
      throw invalidKey();
    }
    return whenKnown(
      () => findCaller(key, context.req),
      { context, clock, source: 'verifyKey' },
      (caller) => admit(context, caller),
    );
  };
}

/** The host has authenticated the request: reads its caller only. */
function trustHost(
  callerOf: ((req: IncomingMessage) => Caller | undefined) | undefined,
  isOpen: boolean,
  clock: Clock,
): Stage {
  if (callerOf === undefined) return () => 'next';
  return function readHostCaller(context) {
    return whenKnown(
      () => callerOf(context.req),
      { context, clock, source: 'caller' },
      (caller) => {
        if (!hasNoCaller(caller)) context.caller = checked(caller, 'caller');
        else if (!isOpen) throw notSignedIn();
        return 'next';
      },
    );
  };
}

/** How a caller is looked up. */
interface Lookup {
  readonly context: RequestContext;
  readonly clock: Clock;
  /** The option whose function looks the caller up. */
  readonly source: 'verifyKey' | 'caller';
}

/** Synchronous where the host's function is; a promise that does not settle in time is an error. */
function whenKnown(
  lookUp: () => Caller | undefined | Promise<Caller | undefined>,
  { context: { cancelSignal }, clock, source }: Lookup,
  goOn: (caller: Caller | undefined) => StageOutcome,
): StageOutcome | Promise<StageOutcome> {
  let found: Caller | undefined | Promise<Caller | undefined>;
  try {
    found = lookUp();
  } catch (error) {
    throw unavailable(error);
  }
  if (!isPromise(found)) return goOn(found);
  return waitFor(() => found, { clock, cancelSignal, limitMs: LOOKUP_MS }).then(
    (waited) => {
      if (waited.kind === 'value') return goOn(waited.value);
      const why =
        waited.kind === 'timed-out' ? `${source} gave no result within ${LOOKUP_MS} ms` : 'the client disconnected';
      throw unavailable(new HostCodeError(why));
    },
    (error: unknown) => {
      throw unavailable(error);
    },
  );
}

function admit(context: RequestContext, caller: Caller | undefined): StageOutcome {
  if (hasNoCaller(caller)) throw invalidKey();
  context.caller = checked(caller, 'verifyKey');
  return 'next';
}

/** Lookups written in JavaScript return `null` or `false` for an unknown key. */
function hasNoCaller(caller: unknown): caller is undefined {
  return caller === undefined || caller === null || caller === false;
}

/** @throws GatewayError for a caller without an id: it would share cache and limits with every other such caller */
function checked(caller: Caller, source: string): Caller {
  if (typeof caller === 'object' && typeof caller.id === 'string' && caller.id !== '') return caller;
  const received = typeof caller === 'object' ? 'an object without an id' : `a ${typeof caller}`;
  throw unavailable(new HostCodeError(`${source} must give { id: string } or undefined, and gave ${received}`));
}

function unavailable(cause: unknown): GatewayError {
  return new GatewayError('authentication_unavailable', 'The caller could not be checked. Try again in a moment.', {
    headers: { 'retry-after': '1', 'retry-after-ms': '1000' },
    cause,
  });
}

/** The host found no caller for this request. */
function notSignedIn(): GatewayError {
  return new GatewayError('invalid_api_key', 'This request does not come from a signed-in user.', {
    headers: { 'www-authenticate': 'Bearer realm="nordlys-proxy"' },
  });
}

/** The same error for a key that is missing, malformed, unknown or revoked. */
function invalidKey(): GatewayError {
  return new GatewayError(
    'invalid_api_key',
    'Missing or incorrect API key. Send it as "Authorization: Bearer <key>" or as "X-API-Key: <key>".',
    { headers: { 'www-authenticate': 'Bearer realm="nordlys-proxy"' } },
  );
}
