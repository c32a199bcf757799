import type { ReadCaller, VerifyKey } from '../contracts/caller.js';

/** Who may call, and who a caller is. */
export type AuthenticateOptions = AnonymousOptions &
  (
    | {
        /** The keys that may call, compared by digest. The caller's id is a prefix of the key's SHA-256. */
        readonly keys: readonly string[];
        readonly verifyKey?: never;
        readonly caller?: never;
        readonly allowedOrigins?: never;
      }
    | {
        /** Finds the caller of a key. `undefined` is a 401; a thrown error is a 503, for a lookup that failed. */
        readonly verifyKey: VerifyKey;
        readonly keys?: never;
        readonly caller?: never;
        readonly allowedOrigins?: never;
      }
    | {
        /** The host has authenticated already. */
        readonly keys: false;
        /** Reads the caller from the host's own request object. `undefined` is a 401 unless `anonymous` is set. */
        readonly caller?: ReadCaller | undefined;
        /**
         * Origins (`https://app.example.com`) besides the host's own whose pages may send requests. A browser adds the
         * host's cookies to requests of every site, so those of all others are refused (403).
         * @defaultValue none
         */
        readonly allowedOrigins?: readonly string[] | undefined;
        readonly verifyKey?: never;
      }
  );

/** Whether requests without a caller are accepted. */
export interface AnonymousOptions {
  /**
   * Accepts requests without a key, and those for which `caller` returns `undefined`. They have no caller, so no cache
   * and no limits of their own. An unknown or malformed key is still a 401.
   * @defaultValue `false`
   */
  readonly anonymous?: boolean | undefined;
}
