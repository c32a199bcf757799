import http from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import type { GatewayOptions } from '../../src/index.js';
import { chat, error, type FakeUpstreamOptions } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { FakeClock } from '../support/fake-clock.js';
import { listen } from '../support/listen.js';

type Script = NonNullable<FakeUpstreamOptions['script']>;

/** `small` at the upstreams of `small`, `large` at one that works; and `ready()`, called without a key. */
async function readiness(small: readonly Script[], options: Partial<GatewayOptions> = {}) {
  const clock = new FakeClock();
  const upstreams = await Promise.all([chat('Hello.'), ...small].map((script) => upstreamFor(script)));
  const providers = Object.fromEntries(
    upstreams.map(({ baseUrl }, index) => [`p${index}`, { baseUrl, models: [index === 0 ? 'large' : 'small'] }]),
  );
  const made = await gatewayOver([], { providers, clock, maxAttempts: 1, ...options });
  const probe = await listen(http.createServer(made.gateway.ready));
  onTestFinished(() => probe[Symbol.asyncDispose]());
  const ready = async (): Promise<unknown[]> => {
    const response = await fetch(probe.url);
    return [response.status, await response.json()];
  };
  return { ...made, clock, upstreams, ready };
}

const READY = [200, { status: 'ready', models: [] }];
const WITHOUT_SMALL = [503, { status: 'unavailable', models: ['small'] }];

it('is ready before the first request', async () => {
  const { ready } = await readiness([chat('Hello.')]);
  expect(await ready()).toEqual(READY);
});

it('names the models whose endpoints are all in cooldown, until the cooldown has passed', async () => {
  const { ready, post, clock, gateway } = await readiness([error(429)]);
  await (await post({ model: 'large' })).text();
  await (await post({ model: 'small' })).text();
  expect(await ready()).toEqual(WITHOUT_SMALL);
  expect(gateway.status().endpoints.find(({ model }) => model === 'small')?.readiness?.coolsForMs).toBe(5_000);
  clock.advance(5_001);
  expect(await ready()).toEqual(READY);
});

it('names the models whose breakers are all open, until a probe is let through', async () => {
  const { ready, post, clock } = await readiness([error(500)]);
  for (let turn = 0; turn < 5; turn++) await (await post({ model: 'small' })).text();
  expect(await ready()).toEqual(WITHOUT_SMALL);
  clock.advance(40_000);
  expect(await ready()).toEqual(READY);
});

it('is ready while one endpoint of each model is available', async () => {
  const { ready, post } = await readiness([error(429), chat('Hello.')], {
    maxAttempts: 2,
    random: () => 0,
  });
  expect((await post({ model: 'small' })).status).toBe(200);
  expect(await ready()).toEqual(READY);
});

it('follows the provider table, and is not ready while draining; health is about the process alone', async () => {
  const { ready, post, gateway, upstreams } = await readiness([error(429)]);
  await (await post({ model: 'small' })).text();
  expect(await ready()).toEqual(WITHOUT_SMALL);
  const probe = await listen(http.createServer(gateway.health));
  onTestFinished(() => probe[Symbol.asyncDispose]());
  expect((await fetch(probe.url)).status).toBe(200);
  gateway.update({ p0: { baseUrl: upstreams[0]!.baseUrl, models: ['large'] } });
  expect(await ready()).toEqual(READY);
  await gateway.drain();
  expect(await ready()).toEqual([503, { status: 'draining', models: [] }]);
  expect((await fetch(probe.url)).status).toBe(503);
});
