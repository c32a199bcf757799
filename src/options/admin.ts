import type { ByMethod, Caller } from '../contracts/caller.js';

/** Who may read `gateway.metrics` and the status page. */
export interface AdminOptions {
  /**
   * A function that returns `true` for callers that may, or `false` for none. It is not called for requests without a
   * caller, which may not.
   * @defaultValue every caller, or none where `adminKeys` are given
   */
  readonly admin?: ByMethod<[caller: Caller], boolean> | false | undefined;
  /** Keys for these pages only: a scraper with such a key cannot call models. @defaultValue none */
  readonly adminKeys?: readonly string[] | undefined;
}
