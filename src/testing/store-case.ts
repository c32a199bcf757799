import assert from 'node:assert/strict';
import type { CacheStore } from '../contracts/store.js';

/** @internal One test of a store, which is empty at its start. */
export type StoreCase = readonly [name: string, run: (store: CacheStore, time: StoreTime) => Promise<void>];

/** @internal The time of a store under test. */
export interface StoreTime {
  readonly now: () => number;
  /** A lifetime that is short enough to wait for. */
  readonly shortTtl: number;
  pass(ms: number): Promise<void>;
}

/** @internal Milliseconds from `now` to a moment that no test reaches. */
export const LONG = 60_000;

/** @internal */
export const bytes = (text: string): Uint8Array => Buffer.from(text);

/** @internal The text under `key`. */
export async function read(store: CacheStore, key: string): Promise<string | undefined> {
  const value = await store.get(key);
  if (value === undefined) return undefined;
  assert.ok(value instanceof Uint8Array, 'a value is bytes');
  return Buffer.from(value).toString('latin1');
}
