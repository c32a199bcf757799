import { describe, expect, it, test } from 'vitest';
import { storeContract } from '../../src/testing/index.js';
import { failuresOf } from './contract-runner.js';
import { mapStore, type StoreFlaws } from './map-store.js';

describe('a store of a Map keeps the contract', () => {
  storeContract(test, (now) => mapStore(now));
});

describe('a store with a clock of its own keeps the contract', () => {
  storeContract(test, async () => mapStore(Date.now), { time: 'real', shortestTtlMs: 40 });
});

describe('a store that drops everything at once meets only the unconditional cases', () => {
  it('never returns a value for the wrong key', async () => {
    const forgetful = { get: () => undefined, set: () => {}, delete: () => {} };
    const failed = await failuresOf((declare) => storeContract(declare, () => forgetful));
    expect(failed).toContain('a store gives back what was set');
    expect(failed).not.toContain('a store never returns the value of another key');
  });
});

describe('the contract catches a store', () => {
  it.each<{ flaws: StoreFlaws; caught: string }>([
    { flaws: { neverExpires: true }, caught: 'a store has no value once it has expired' },
    { flaws: { keepsThePast: true }, caught: 'a store does not keep what has expired already' },
    { flaws: { slidesExpiry: true }, caught: 'a store does not extend a lifetime by reading' },
    { flaws: { losesNewerLife: true }, caught: 'a store gives an overwritten value the newer lifetime' },
    { flaws: { textOnly: true }, caught: 'a store keeps every byte' },
    { flaws: { keepsWholeBuffers: true }, caught: 'a store keeps a view on a larger buffer as the view' },
    { flaws: { cutsKeysAtColon: true }, caught: 'a store never returns the value of another key' },
  ])('with $flaws', async ({ flaws, caught }) => {
    expect(await failuresOf((declare) => storeContract(declare, (now) => mapStore(now, flaws)))).toContain(caught);
  });
});
