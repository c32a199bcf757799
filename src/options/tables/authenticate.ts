import type { ReadCaller, VerifyKey } from '../../contracts/caller.js';
import type { AdminOptions } from '../admin.js';
import type { AuthenticateOptions } from '../authenticate-types.js';
import { optionError } from '../checks.js';
import { defineOptions, type RowsFor } from '../group.js';
import { keyList } from '../key-list.js';
import { custom } from '../row.js';
import { flag, func, wordList } from '../rows.js';

export const AUTHENTICATE = defineOptions({
  path: 'authenticate',
  prefix: '',
  rows: {
    keys: custom(
      'a list of keys, `false`',
      (path, value): readonly string[] | false =>
        value === false
          ? false
          : keyList(path, value, ' Where the host authenticates its users itself, set keys: false.'),
      'The keys that may call. `false`: the host has authenticated the request already.',
    ),
    verifyKey: func<VerifyKey>(
      '(key, req) => caller',
      'Finds the caller of a key, in place of `keys`. `undefined` is a 401; an error it throws is a 503.',
    ),
    caller: func<ReadCaller>(
      '(req) => caller',
      'With `keys: false`: who the host has authenticated. `undefined` is a 401 unless `anonymous` is set.',
    ),
    anonymous: flag(
      'Accepts requests without a key, and those for which `caller` returns `undefined`. They are not cached.',
    ).or(false),
    allowedOrigins: wordList(
      "With `keys: false`: origins other than the host's own whose pages may send requests.",
    ).defaultsTo('none'),
  } satisfies RowsFor<AuthenticateOptions>,
});

type IsAdmin = Exclude<AdminOptions['admin'], false | undefined>;

export const ADMIN = defineOptions({
  path: 'createGateway',
  prefix: '',
  rows: {
    admin: custom(
      '`(caller) => boolean`, `false`',
      (path, value): IsAdmin | false => {
        if (value === false || typeof value === 'function') return value as IsAdmin | false;
        throw optionError(path, 'must be a function that is given the caller, or false', value);
      },
      'Which callers may see the metrics and the status page; `false`: none.',
    ).defaultsTo('every caller; none where `adminKeys` are given'),
    adminKeys: custom(
      'a list of keys',
      (path, value) => keyList(path, value),
      'Keys that may see the metrics and the status page, and may do nothing else.',
    ).defaultsTo('none'),
  } satisfies RowsFor<AdminOptions>,
});
