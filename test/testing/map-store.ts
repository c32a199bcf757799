import type { CacheStore } from '../../src/contracts/store.js';

/** What a plain store gets wrong, where a test wants it to. */
export interface StoreFlaws {
  readonly neverExpires?: boolean;
  readonly keepsThePast?: boolean;
  readonly slidesExpiry?: boolean;
  readonly textOnly?: boolean;
  readonly keepsWholeBuffers?: boolean;
  readonly cutsKeysAtColon?: boolean;
  readonly losesNewerLife?: boolean;
}

interface Kept {
  readonly value: Uint8Array;
  expiresAt: number;
}

/** A store of a Map and nothing else: the contract suite is measured against it. */
export function mapStore(now: () => number, flaws: StoreFlaws = {}): CacheStore {
  const entries = new Map<string, Kept>();
  const keyOf = (key: string): string => (flaws.cutsKeysAtColon === true ? (key.split(':')[0] ?? '') : key);

  return {
    async get(key) {
      const kept = entries.get(keyOf(key));
      if (kept === undefined || (kept.expiresAt <= now() && flaws.neverExpires !== true)) return undefined;
      if (flaws.slidesExpiry === true) kept.expiresAt += 60_000;
      return kept.value;
    },
    async set(key, value, expiresAt) {
      if (expiresAt <= now() && flaws.keepsThePast !== true) {
        entries.delete(keyOf(key));
        return;
      }
      const life = flaws.losesNewerLife === true ? (entries.get(keyOf(key))?.expiresAt ?? expiresAt) : expiresAt;
      const kept = { value: spoil(value, flaws), expiresAt: flaws.keepsThePast === true ? Infinity : life };
      entries.set(keyOf(key), kept);
    },
    async delete(key) {
      entries.delete(keyOf(key));
    },
    size: () => ({
      entries: entries.size,
      bytes: [...entries.values()].reduce((sum, kept) => sum + kept.value.length, 0),
    }),
  };
}

function spoil(value: Uint8Array, flaws: StoreFlaws): Uint8Array {
  if (flaws.textOnly === true) return Buffer.from(Buffer.from(value).toString('utf8'));
  return flaws.keepsWholeBuffers === true ? new Uint8Array(value.buffer) : value;
}
