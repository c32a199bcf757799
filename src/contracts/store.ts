/**
 * Keys with this prefix hold small entries that every process must see at once, such as a purge: a store that keeps
 * local copies in front of a shared server must not copy them.
 */
export const UNCOPIED_KEY_PREFIX = '!';

/**
 * Stores cached responses. Values are opaque bytes; keys are short ASCII strings. A store may lose entries at any time,
 * but never returns a value under another key.
 */
export interface CacheStore {
  /**
   * The value of `key`; `undefined` if there is none or it has expired. A returned value must not be modified later.
   */
  get(key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /**
   * Stores `value` until `expiresAt`.
   * @param expiresAt Unix time in milliseconds; a time in the past means: do not store.
   */
  set(key: string, value: Uint8Array, expiresAt: number): Promise<void> | void;
  /** Removes a value; an unknown key is no error. */
  delete(key: string): Promise<void> | void;
  /**
   * Deletes every entry whose key begins with `prefix`; all entries for an empty prefix. Rejects on failure. For stores
   * that all processes share without local copies, or that belong to one process. Without it, a purge switches to a new
   * generation of keys, and the old entries remain until they expire.
   */
  clear?(prefix: string): Promise<void> | void;
  /** Number of entries and bytes, if the store knows them. */
  size?(): { readonly entries: number; readonly bytes: number };
  /** Called by `gateway.close()`. */
  close?(): Promise<void> | void;
}
