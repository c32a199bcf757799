import { readFileSync } from 'node:fs';
import * as genaiPrices from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import type { PriceCatalog } from '../../src/options/types.js';
import { createRegistry } from '../../src/route/registry.js';

const registryOf = (
  models: object | string[],
  priceCatalog: PriceCatalog | undefined = genaiPrices,
  baseUrl = 'https://api.openai.com/v1',
) => createRegistry({ priceCatalog, providers: { p: { baseUrl, models: models as never } } }).table.endpoints;

describe('priceCatalog', () => {
  it('fills in what an endpoint does not declare, by the address of its provider', () => {
    expect(registryOf(['gpt-4o'])).toMatchObject([
      { pricing: { prompt: 2.5, completion: 10, request: 0, image: 0 }, contextLength: 128_000 },
    ]);
  });

  it('looks up the upstream’s own model name', () => {
    expect(registryOf({ mine: { upstreamModel: 'gpt-4o' } })[0]?.pricing).toMatchObject({ prompt: 2.5 });
  });

  it('changes nothing that is declared', () => {
    expect(registryOf({ 'gpt-4o': { pricing: { prompt: 1, completion: 1 }, contextLength: 10 } })).toMatchObject([
      { pricing: { prompt: 1, completion: 1 }, contextLength: 10 },
    ]);
  });

  it('guesses nothing: another address, or another model, has no price', () => {
    expect(registryOf(['gpt-4o'], genaiPrices, 'http://127.0.0.1:8000/v1')[0]?.pricing).toBeUndefined();
    expect(registryOf(['my-own-model'])[0]?.pricing).toBeUndefined();
  });

  it('fills what the changelog names, and nothing else', () => {
    const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8');
    const promised = /^- `priceCatalog`: (.*?) out of/m.exec(changelog)?.[1]?.split(/, | and /);
    const bare = registryOf(['gpt-4o'], { calcPrice: () => null })[0]!;
    const filled = registryOf(['gpt-4o'])[0]!;
    const gained = Object.keys(filled).filter(
      (key) => Reflect.get(bare, key) === undefined && Reflect.get(filled, key) !== undefined,
    );
    expect({ promised, gained }).toEqual({
      promised: ['prices', 'context lengths'],
      gained: ['pricing', 'contextLength'],
    });
  });

  it('is refused when it is no price book', () => {
    expect(() => registryOf(['m'], {} as never)).toThrow(/priceCatalog must be the module @pydantic\/genai-prices/);
  });
});
