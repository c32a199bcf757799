import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import { GatewayError } from '../errors/gateway-error.js';
import { optionError } from '../options/checks.js';
import type { AdminOptions } from '../options/admin.js';
import type { AuthenticateOptions } from '../options/types.js';
import { readApiKey } from './api-key.js';
import { staticKeys } from './static-keys.js';

export interface AdminGuard {
  /** Lets those pass who may see the pages about the gateway, and refuses all others. */
  readonly stage: Stage;
  /** The gateway itself decides who may see them; without it that is left to the host. */
  readonly decides: boolean;
}

type IsAdmin = (context: RequestContext) => boolean;

/**
 * @param authenticate - Finds the caller where the key is none of `adminKeys`.
 * @throws TypeError for an option that is wrong, and for a key that can see and spend.
 */
export function adminGuard(options: AdminOptions & AuthenticateOptions, authenticate: Stage): AdminGuard {
  const isAdmin = resolveAdmin(options);
  const adminOf = resolveAdminKeys(options);

  function check(context: RequestContext, outcome: StageOutcome): StageOutcome {
    if (outcome !== 'next' || isAdmin(context)) return outcome;
    throw new GatewayError('permission_denied', 'This caller may not see the pages about this gateway.');
  }

  return {
    decides: options.keys !== false || options.admin !== undefined || options.adminKeys !== undefined,
    stage(context) {
      const key = adminOf === undefined ? undefined : readApiKey(context.req);
      const admin = key === undefined ? undefined : adminOf?.(key);
      if (admin !== undefined) {
        context.caller = admin;
        return 'next';
      }
      const found = authenticate(context);
      return found instanceof Promise ? found.then((outcome) => check(context, outcome)) : check(context, found);
    },
  };
}

function resolveAdmin({ admin, adminKeys, anonymous }: AdminOptions & AuthenticateOptions): IsAdmin {
  if (admin === false) return () => false;
  if (typeof admin === 'function') {
    // A promise is no `true`: a check that is asynchronous by mistake lets no one in.
    return ({ caller }) => caller !== undefined && admin(caller) === true;
  }
  if (admin !== undefined) throw optionError('admin', 'must be a function that is given the caller, or false', admin);
  if (adminKeys !== undefined) return () => false;
  // Whoever may ask without a key need not see what others ask.
  return anonymous === true ? ({ caller }) => caller !== undefined : () => true;
}

function resolveAdminKeys({
  adminKeys,
  keys,
}: AdminOptions & AuthenticateOptions): ReturnType<typeof staticKeys> | undefined {
  if (adminKeys === undefined) return undefined;
  const adminOf = staticKeys(adminKeys, 'adminKeys');
  const both = Array.isArray(keys) ? adminKeys.findIndex((key) => keys.includes(key)) : -1;
  if (both === -1) return adminOf;
  throw optionError(`adminKeys[${both}]`, 'is also one of keys: a key for these pages must not be able to spend');
}
