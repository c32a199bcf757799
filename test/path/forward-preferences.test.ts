import { expect, it } from 'vitest';
import { completion } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

/** A provider of the host's own, and one that routes by the `provider` object itself. */
async function withRouter(forwardPreferences = true) {
  const [own, router] = [await upstreamFor(completion('own')), await upstreamFor(completion('router'))];
  const { post, gateway } = await gatewayOver([], {
    providers: {
      own: { baseUrl: own.baseUrl, models: ['m'] },
      router: { baseUrl: router.baseUrl, forwardPreferences, models: ['m'] },
    },
  });
  return { post, gateway, own, router };
}

it('a provider that forwards is sent the object as it came, and no other is', async () => {
  const { post, own, router } = await withRouter();
  const provider = { sort: 'price', order: ['DeepInfra', 'own'], something_new: true };
  const first = await post({ provider, provider_order: ['own'] }).then((response) => response.status);
  expect(first).toBe(400);
  expect((await post({ provider: { ...provider, order: ['own'] } })).headers.get('x-nordlys-provider')).toBe('own');
  expect(own.ledger.at(-1)?.json).not.toHaveProperty('provider');
  expect((await post({ provider })).headers.get('x-nordlys-provider')).toBe('router');
  expect(router.ledger.at(-1)?.json).toMatchObject({ provider });
});

it('names that only the upstream has select the provider that forwards', async () => {
  const { post, own, router } = await withRouter();
  const served = async (provider: object) => (await post({ provider })).headers.get('x-nordlys-provider');
  expect(await served({ only: ['anthropic', 'google'] })).toBe('router');
  expect(await served({ only: ['own'] })).toBe('own');
  expect(await served({ ignore: ['azure'] })).toBe('own');
  expect(await served({ ignore: ['azure', 'own'] })).toBe('router');
  expect(await served({ order: ['anthropic'], allow_fallbacks: false })).toBe('router');
  expect(own.ledger).toHaveLength(2);
  expect(router.ledger).toHaveLength(3);
});

it("the flat fields stay the gateway's own", async () => {
  const { post, router } = await withRouter();
  expect((await post({ provider_only: ['anthropic'] })).status).toBe(400);
  expect((await post({ provider_only: ['router'], provider_sort: 'price' })).status).toBe(200);
  expect(router.ledger.at(-1)?.json).not.toHaveProperty('provider_sort');
});

it("without the option the object is the gateway's alone", async () => {
  const { post, router } = await withRouter(false);
  expect((await post({ provider: { only: ['anthropic'] } })).status).toBe(400);
  expect((await post({ provider: { only: ['router'] } })).status).toBe(200);
  expect(router.ledger.at(-1)?.json).not.toHaveProperty('provider');
});
