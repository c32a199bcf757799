import { describe, expect, it } from 'vitest';
import { createValueSigner } from '../../src/stores/authenticated-value.js';

const VALUE = Buffer.from('a response');
const sealer = createValueSigner('a secret of some length');
const sealed = sealer.seal('key', VALUE, 1_750_000_000_000);

describe('a seal', () => {
  it('opens for the value, the key and the secret that it was made with', () => {
    const unsealed = createValueSigner('a secret of some length').unseal('key', sealed);
    expect(unsealed?.expiresAt).toBe(1_750_000_000_000);
    expect(Buffer.from(unsealed!.value)).toEqual(VALUE);
  });

  it('does not open under another key', () => {
    expect(sealer.unseal('other', sealed)).toBeUndefined();
  });

  it('does not open with another secret', () => {
    expect(createValueSigner('another secret of some length').unseal('key', sealed)).toBeUndefined();
  });

  it('does not open when a single bit was changed, wherever', () => {
    for (let position = 0; position < sealed.length; position++) {
      const forged = Buffer.from(sealed);
      forged[position]! ^= 1;
      expect(sealer.unseal('key', forged), `byte ${position}`).toBeUndefined();
    }
  });

  it('does not open when something is missing or added', () => {
    for (let length = 0; length < sealed.length; length++)
      expect(sealer.unseal('key', sealed.subarray(0, length))).toBeUndefined();
    expect(sealer.unseal('key', Buffer.concat([sealed, Buffer.from('!')]))).toBeUndefined();
  });

  it('does not open when bytes are moved from the key to the value', () => {
    const moved = Buffer.concat([sealed.subarray(0, 41), Buffer.from('y'), VALUE]);
    expect(sealer.unseal('ke', moved)).toBeUndefined();
  });

  it('holds an empty value', () => {
    expect(sealer.unseal('k', sealer.seal('k', new Uint8Array(0), 1))?.value.byteLength).toBe(0);
  });
});
