import { bytes, LONG, read, type StoreCase } from './store-case.js';
import assert from 'node:assert/strict';

/** @internal Expiry of values. */
export const storeExpiryCases: readonly StoreCase[] = [
  [
    'keeps a value until it expires',
    async (store, time) => {
      await store.set('k', bytes('v'), time.now() + time.shortTtl * 10);
      await time.pass(time.shortTtl);
      assert.equal(await read(store, 'k'), 'v');
    },
  ],
  [
    'has no value once it has expired',
    async (store, time) => {
      await store.set('k', bytes('v'), time.now() + time.shortTtl);
      await time.pass(time.shortTtl * 2);
      assert.equal(await read(store, 'k'), undefined);
    },
  ],
  [
    'takes expiry as a moment, not as a span',
    async (store, time) => {
      const expiresAt = time.now() + time.shortTtl * 2;
      await time.pass(time.shortTtl);
      await store.set('k', bytes('v'), expiresAt);
      await time.pass(time.shortTtl * 2);
      assert.equal(await read(store, 'k'), undefined);
    },
  ],
  [
    'does not keep what has expired already',
    async (store, time) => {
      await store.set('past', bytes('v'), time.now() - 1_000);
      await store.set('zero', bytes('v'), 0);
      assert.equal(await read(store, 'past'), undefined);
      assert.equal(await read(store, 'zero'), undefined);
    },
  ],
  [
    'drops the older value if the newer one has expired already',
    async (store, time) => {
      await store.set('k', bytes('old'), time.now() + LONG);
      await store.set('k', bytes('new'), time.now() - 1_000);
      assert.equal(await read(store, 'k'), undefined);
    },
  ],
  [
    'gives an overwritten value the newer lifetime',
    async (store, time) => {
      await store.set('longer', bytes('1'), time.now() + time.shortTtl);
      await store.set('longer', bytes('2'), time.now() + time.shortTtl * 20);
      await store.set('shorter', bytes('1'), time.now() + LONG);
      await store.set('shorter', bytes('2'), time.now() + time.shortTtl);
      await time.pass(time.shortTtl * 2);
      assert.equal(await read(store, 'longer'), '2');
      assert.equal(await read(store, 'shorter'), undefined);
    },
  ],
  [
    'does not extend a lifetime by reading',
    async (store, time) => {
      await store.set('k', bytes('v'), time.now() + time.shortTtl * 2);
      await time.pass(time.shortTtl);
      await read(store, 'k');
      await time.pass(time.shortTtl * 1.5);
      assert.equal(await read(store, 'k'), undefined);
    },
  ],
];
