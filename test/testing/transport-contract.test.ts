import { describe, expect, it, test } from 'vitest';
import { transportContract } from '../../src/testing/index.js';
import { failuresOf } from './contract-runner.js';
import { plainTransport, type Flaws } from './plain-transport.js';

describe('a transport of node:http keeps the contract', () => {
  transportContract(test, () => plainTransport());
});

describe('the contract catches a transport', () => {
  it.each<{ flaws: Flaws; caught: RegExp }>([
    { flaws: { handsOnUpgrades: true }, caught: /takes an upgrade/ },
    { flaws: { countsNoInterim: true }, caught: /more than five interim responses/ },
    { flaws: { keepsSocketOnAbort: true }, caught: /aborted before the head/ },
    { flaws: { sharesPools: true }, caught: /between pools/ },
    { flaws: { ignoresFresh: true }, caught: /of its own for a fresh/ },
  ])('with $flaws', async ({ flaws, caught }) => {
    const declared = failuresOf((declare) => transportContract(declare, () => plainTransport(flaws)), caught);
    expect(await declared).toHaveLength(1);
  });
});
