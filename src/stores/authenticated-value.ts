import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A value whose signature was verified. */
export interface Unsealed {
  readonly value: Uint8Array;
  /** Unix time in milliseconds. */
  readonly expiresAt: number;
}

export interface ValueSigner {
  seal(key: string, value: Uint8Array, expiresAt: number): Buffer;
  /** `undefined` where these are not the bytes that `seal` returned for this key. */
  unseal(key: string, sealed: Uint8Array): Unsealed | undefined;
}

const VERSION = 1;
const MAC_START = 9;
const VALUE_START = MAC_START + 32;

/**
 * Authenticates values against others who can write to the store. Version, expiry and MAC precede the value; the MAC
 * covers them and the key, so that a value cannot be moved to another key.
 */
export function createValueSigner(secret: string): ValueSigner {
  const macKey = createHash('sha256').update('nordlys-proxy/cache-seal/').update(secret).digest();

  // Keys hold no NUL, so the boundary between key and value is unambiguous.
  const macOf = (head: Uint8Array, key: string, value: Uint8Array): Buffer =>
    createHmac('sha256', macKey).update(head).update(key).update('\0').update(value).digest();

  return {
    seal(key, value, expiresAt) {
      const sealed = Buffer.allocUnsafe(VALUE_START + value.byteLength);
      sealed.writeUInt8(VERSION, 0);
      sealed.writeDoubleBE(expiresAt, 1);
      sealed.set(macOf(sealed.subarray(0, MAC_START), key, value), MAC_START);
      sealed.set(value, VALUE_START);
      return sealed;
    },
    unseal(key, bytes) {
      const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (sealed.length < VALUE_START || sealed[0] !== VERSION) return undefined;
      const value = sealed.subarray(VALUE_START);
      const mac = macOf(sealed.subarray(0, MAC_START), key, value);
      if (!timingSafeEqual(mac, sealed.subarray(MAC_START, VALUE_START))) return undefined;
      return { value, expiresAt: sealed.readDoubleBE(1) };
    },
  };
}
