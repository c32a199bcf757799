import assert from 'node:assert/strict';
import type { CacheStore } from '../contracts/store.js';

/** @internal One test of a store that is empty. */
export type StoreCase = readonly [name: string, run: (store: CacheStore, time: StoreTime) => Promise<void>];

/** @internal The time that a store under test lives in. */
export interface StoreTime {
  readonly now: () => number;
  /** A lifetime that can be waited for. */
  readonly shortTtl: number;
  pass(ms: number): Promise<void>;
}

/** @internal A moment that no test reaches, counted from `now`. */
export const LONG = 60_000;

/** @internal */
export const bytes = (text: string): Uint8Array => Buffer.from(text);

/** @internal The text under `key`; stores may answer with a promise or without. */
export async function read(store: CacheStore, key: string): Promise<string | undefined> {
  const value = await store.get(key);
  if (value === undefined) return undefined;
  assert.ok(value instanceof Uint8Array, 'a value is bytes');
  return Buffer.from(value).toString('latin1');
}
