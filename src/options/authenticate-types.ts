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
        /** Looks a key up. `undefined` is a 401. Throws only when it could not find out (the client gets 503). */
        readonly verifyKey: VerifyKey;
        readonly keys?: never;
        readonly caller?: never;
        readonly allowedOrigins?: never;
      }
    | {
        /** The host has authenticated already. */
        readonly keys: false;
        /** Who that was, from the host's own request object. `undefined` is a 401 unless `anonymous` is set. */
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

/** Whether requests of nobody are taken. */
export interface AnonymousOptions {
  /**
   * Takes requests without a key, and those for which `caller` returns `undefined`. They have no caller: no cache, no
   * limit of their own. A key that is unknown or malformed stays a 401.
   * @defaultValue `false`
   */
  readonly anonymous?: boolean | undefined;
}
