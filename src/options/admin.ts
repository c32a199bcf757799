import type { ByMethod, Caller } from '../contracts/caller.js';

/** Who may see what the gateway says of itself: `gateway.metrics` and what the status page shows. */
export interface AdminOptions {
  /**
   * Which callers may: a function that returns `true` for them, or `false` for none. Not asked about requests without a
   * caller, which may not.
   * @defaultValue every caller, or none where `adminKeys` are given
   */
  readonly admin?: ByMethod<[caller: Caller], boolean> | false | undefined;
  /** Keys that may see these pages and nothing else: a scraper with one of them cannot spend. @defaultValue none */
  readonly adminKeys?: readonly string[] | undefined;
}
