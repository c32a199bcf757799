import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import { GatewayError } from '../errors/gateway-error.js';
import { optionError } from '../options/checks.js';
import type { AdminOptions } from '../options/admin.js';
import { ADMIN, AUTHENTICATE } from '../options/tables/authenticate.js';
import type { AuthenticateOptions } from '../options/authenticate-types.js';
import { readApiKey } from './api-key.js';
import { staticKeys } from './static-keys.js';

export interface AdminGuard {
  /** Admits callers that may see metrics and status, and refuses all others. */
  readonly stage: Stage;
  /** `admin` or `adminKeys` is set; otherwise access is up to the host. */
  readonly decides: boolean;
}

type IsAdmin = (context: RequestContext) => boolean;

/**
 * @param authenticate - finds the caller of a key that is not among `adminKeys`
 * @throws TypeError for an invalid option, and for a key in both `keys` and `adminKeys`
 */
export function adminGuard(options: AdminOptions & AuthenticateOptions, authenticate: Stage): AdminGuard {
  const { keys, anonymous } = AUTHENTICATE.read(options);
  const { admin, adminKeys } = ADMIN.read(options);
  const isAdmin = resolveAdmin(admin, adminKeys !== undefined, anonymous);
  const adminOf = adminKeys === undefined ? undefined : resolveAdminKeys(adminKeys, keys);

  function check(context: RequestContext, outcome: StageOutcome): StageOutcome {
    if (outcome !== 'next' || isAdmin(context)) return outcome;
    throw new GatewayError('permission_denied', 'This caller may not see the pages about this gateway.');
  }

  return {
    decides: keys !== false || admin !== undefined || adminKeys !== undefined,
    stage(context) {
      const key = adminOf === undefined ? undefined : readApiKey(context.req);
      const owner = key === undefined ? undefined : adminOf?.(key);
      if (owner !== undefined) {
        context.caller = owner;
        return 'next';
      }
      const found = authenticate(context);
      return found instanceof Promise ? found.then((outcome) => check(context, outcome)) : check(context, found);
    },
  };
}

function resolveAdmin(admin: AdminOptions['admin'], hasAdminKeys: boolean, anonymous: boolean): IsAdmin {
  if (admin === false) return () => false;
  // A promise is not `true`: a check that is asynchronous by mistake admits no caller.
  if (admin !== undefined) return ({ caller }) => caller !== undefined && admin(caller) === true;
  if (hasAdminKeys) return () => false;
  // Anonymous clients may call, but must not see the requests of others.
  return anonymous ? ({ caller }) => caller !== undefined : () => true;
}

function resolveAdminKeys(
  adminKeys: readonly string[],
  keys: readonly string[] | false | undefined,
): ReturnType<typeof staticKeys> {
  const both = Array.isArray(keys) ? adminKeys.findIndex((key) => keys.includes(key)) : -1;
  if (both === -1) return staticKeys(adminKeys);
  throw optionError(`adminKeys[${both}]`, 'is also one of keys: a key for these pages must not be able to spend');
}
