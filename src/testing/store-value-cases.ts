import assert from 'node:assert/strict';
import { bytes, LONG, read, type StoreCase } from './store-case.js';

// Keys that break stores which keep entries in an object, split keys, or insert them into a protocol unescaped.
const ODD_KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '0',
  '-1',
  'a:b',
  'a::b',
  'a/b',
  '../a',
  '*',
  'a*',
  'a b',
  '%00',
  '{a}',
  'x'.repeat(200),
] as const;

/** @internal Keys and values. */
export const storeValueCases: readonly StoreCase[] = [
  [
    'has nothing under a key that was never set',
    async (store) => {
      assert.equal(await read(store, 'never'), undefined);
      for (const key of ODD_KEYS) assert.equal(await read(store, key), undefined, key);
    },
  ],
  [
    'gives back what was set',
    async (store, time) => {
      await store.set('k', bytes('v'), time.now() + LONG);
      assert.equal(await read(store, 'k'), 'v');
      assert.equal(await read(store, 'k'), 'v', 'also the second time');
    },
  ],
  [
    'gives back the newer of two values',
    async (store, time) => {
      await store.set('k', bytes('old'), time.now() + LONG);
      await store.set('k', bytes('new'), time.now() + LONG);
      assert.equal(await read(store, 'k'), 'new');
    },
  ],
  [
    'drops what is deleted, and nothing else',
    async (store, time) => {
      await store.set('a', bytes('1'), time.now() + LONG);
      await store.set('b', bytes('2'), time.now() + LONG);
      await store.delete('a');
      await store.delete('never');
      assert.equal(await read(store, 'a'), undefined);
      assert.equal(await read(store, 'b'), '2');
    },
  ],
  [
    'keeps every byte',
    async (store, time) => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      await store.set('all', all, time.now() + LONG);
      await store.set('empty', new Uint8Array(0), time.now() + LONG);
      assert.equal(await read(store, 'all'), Buffer.from(all).toString('latin1'));
      assert.equal(await read(store, 'empty'), '', 'an empty value is a value');
    },
  ],
  [
    'keeps a view on a larger buffer as the view',
    async (store, time) => {
      await store.set('k', Buffer.from('xxvxx').subarray(2, 3), time.now() + LONG);
      assert.equal(await read(store, 'k'), 'v');
    },
  ],
  [
    'keeps odd keys apart',
    async (store, time) => {
      for (const key of ODD_KEYS) {
        await store.set(key, bytes(key), time.now() + LONG);
        assert.equal(await read(store, key), key, key);
      }
      for (const key of ODD_KEYS) assert.ok([key, undefined].includes(await read(store, key)), key);
    },
  ],
  [
    'never returns the value of another key',
    async (store, time) => {
      const keys = Array.from({ length: 200 }, (_, index) => `tenant-${index % 7}:${index}`);
      await Promise.all(keys.map((key) => store.set(key, bytes(key), time.now() + LONG)));
      // The store may have evicted all but the last one.
      const values = await Promise.all(keys.map((key) => read(store, key)));
      values.forEach((value, index) => assert.ok(value === undefined || value === keys[index], keys[index]));
    },
  ],
  [
    'supports concurrent reads, writes and deletions',
    async (store, time) => {
      const expiresAt = time.now() + LONG;
      const seen = await Promise.all(
        Array.from({ length: 100 }, async (_, turn) => {
          await store.set('k', bytes(`v${turn}`), expiresAt);
          if (turn % 10 === 3) await store.delete('k');
          return read(store, 'k');
        }),
      );
      for (const value of seen) assert.match(value ?? 'v0', /^v\d+$/);
      await store.set('k', bytes('last'), expiresAt);
      assert.equal(await read(store, 'k'), 'last');
    },
  ],
  [
    'reports its size, where it can',
    async (store, time) => {
      if (store.size === undefined) return;
      assert.deepEqual(store.size(), { entries: 0, bytes: 0 });
      await store.set('k', bytes('some bytes'), time.now() + LONG);
      const { entries, bytes: kept } = store.size();
      assert.equal(entries, 1);
      assert.ok(kept >= 10, 'counts the bytes of the value');
      await store.delete('k');
      assert.deepEqual(store.size(), { entries: 0, bytes: 0 });
    },
  ],
  [
    'clears what begins with a prefix, and nothing else, where it can',
    async (store, time) => {
      if (store.clear === undefined) return;
      const expiresAt = time.now() + LONG;
      for (const key of ['a:1', 'a:2', 'ab:1', 'b:a:1', '*:1', 'A:1']) await store.set(key, bytes(key), expiresAt);
      await store.clear('a:');
      assert.equal(await read(store, 'a:1'), undefined);
      assert.equal(await read(store, 'a:2'), undefined);
      for (const key of ['ab:1', 'b:a:1', '*:1', 'A:1']) assert.equal(await read(store, key), key, key);
      await store.clear('*');
      assert.equal(await read(store, '*:1'), undefined);
      assert.equal(await read(store, 'ab:1'), 'ab:1', 'a prefix is no pattern');
      await store.set('a:1', bytes('again'), expiresAt);
      assert.equal(await read(store, 'a:1'), 'again');
    },
  ],
  [
    'clears everything, where it can',
    async (store, time) => {
      if (store.clear === undefined) return;
      for (const key of ['a:1', 'b:1', '']) await store.set(key, bytes('v'), time.now() + LONG);
      await store.clear('');
      for (const key of ['a:1', 'b:1', '']) assert.equal(await read(store, key), undefined, key);
      await store.clear('');
    },
  ],
  [
    'can be closed twice',
    async (store) => {
      await store.close?.();
    },
  ],
];

/** @internal A store must keep one value of `largestValue` bytes. */
export function bigValueCase(largest: number): StoreCase {
  return [
    `keeps a value of ${largest} bytes`,
    async (store, time) => {
      const value = Buffer.alloc(largest, 'abc');
      await store.set('big', value, time.now() + LONG);
      assert.equal(await read(store, 'big'), value.toString('latin1'));
    },
  ];
}
