/**
 * Where cached answers live. Values are opaque bytes; keys are short ASCII strings.
 * A store may lose anything at any time, but never returns a value under another key.
 */
export interface CacheStore {
  /** The value kept under `key`, or `undefined` when there is none or it has expired. What was given must not change any more. */
  get(key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /**
   * Keeps `value` until `expiresAt`.
   * @param expiresAt Unix time in milliseconds; already past means: do not keep.
   */
  set(key: string, value: Uint8Array, expiresAt: number): Promise<void> | void;
  delete(key: string): Promise<void> | void;
  /** Number of entries and bytes, where the store can tell. */
  size?(): { readonly entries: number; readonly bytes: number };
  close?(): Promise<void> | void;
}
