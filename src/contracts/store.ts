/**
 * Keys that begin with this hold marks of a few bytes that every process must see at once, such as a purge: a store that
 * keeps copies in front of a shared server must not copy them.
 */
export const UNCOPIED_KEY_PREFIX = '!';

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
  /** Removes a value; an unknown key is no error. */
  delete(key: string): Promise<void> | void;
  /**
   * Forgets every entry whose key begins with `prefix`; all of them for an empty one. Rejects where it could not. For
   * stores that every process sees as one, or that belong to one process. Without it a purge hides entries under a new
   * generation of keys, and they go when they expire.
   */
  clear?(prefix: string): Promise<void> | void;
  /** Number of entries and bytes, where the store can tell. */
  size?(): { readonly entries: number; readonly bytes: number };
  /** Called by `gateway.close()`. */
  close?(): Promise<void> | void;
}
