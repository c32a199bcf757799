import { expect, it } from 'vitest';
import { GatewayError, type GatewayOptions } from '../../src/index.js';
import { completion } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

async function withModels(options: Partial<GatewayOptions> = {}) {
  const upstream = await upstreamFor(completion('Hello.'));
  return gatewayOver([], {
    providers: { acme: { baseUrl: upstream.baseUrl, models: ['large', 'small'] } },
    aliases: { best: ['large', 'small'], cheap: 'small', fast: 'large:nitro' },
    ...options,
  });
}

/** The `models` that `beforeRoute` gets for a request. */
async function modelsFor(request: object, options: Partial<GatewayOptions> = {}): Promise<readonly string[]> {
  let received: readonly string[] = ['never called'];
  const beforeRoute = ({ models }: { models: readonly string[] }) => void (received = models);
  const { post } = await withModels({ ...options, hooks: { ...options.hooks, beforeRoute } });
  await post({ model: undefined, ...request });
  return received;
}

it.each([
  [{ model: 'large' }, ['large']],
  [{ model: 'large:nitro' }, ['large']],
  [{ model: 'large:floor' }, ['large']],
  [{ model: 'acme:large' }, ['large']],
  [{ model: 'acme:large:nitro' }, ['large']],
  [{ model: 'best' }, ['large', 'small']],
  [{ model: 'best:floor' }, ['large', 'small']],
  [{ model: 'fast' }, ['large']],
  [{ model: 'small', models: ['large'] }, ['small', 'large']],
  [{ models: ['cheap', 'large', 'small'] }, ['small', 'large']],
  [{ model: 'unknown' }, []],
  [{}, []],
])('beforeRoute gets the models of %j', async (request, models) => {
  expect(await modelsFor(request)).toEqual(models);
});

it('the default model and the choice of a routing hook are passed as well', async () => {
  expect(await modelsFor({}, { defaultModel: 'best' })).toEqual(['large', 'small']);
  expect(await modelsFor({ model: 'auto' }, { hooks: { selectCandidates: () => undefined } })).toEqual([
    'large',
    'small',
  ]);
});

it('an access check by them has no way around', async () => {
  const { post } = await withModels({
    hooks: {
      beforeRoute: ({ models }) => {
        if (models.includes('large')) throw new GatewayError('permission_denied', 'Not on your plan.');
      },
    },
  });
  for (const model of ['large', 'large:nitro', 'large:floor', 'acme:large', 'ACME:large', 'best', 'fast']) {
    expect([model, (await post({ model })).status]).toEqual([model, 403]);
  }
  expect((await post({ model: 'small', models: ['large'] })).status).toBe(403);
  expect((await post({ model: 'cheap' })).status).toBe(200);
  expect((await post({ model: 'Large' })).status).toBe(404);
});

it('an unknown name may still be replaced', async () => {
  const { post } = await withModels({
    hooks: { beforeRoute: ({ request, models }) => (models.length === 0 ? { ...request, model: 'small' } : undefined) },
  });
  expect((await post({ model: 'gpt-9' })).headers.get('x-nordlys-model')).toBe('small');
});
