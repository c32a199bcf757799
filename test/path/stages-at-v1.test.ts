import connect from 'connect';
import express from 'express';
import type { RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { authenticate, cache, proxy, route, validate, type Middleware } from '../../src/index.js';
import { completion } from '../../src/testing/index.js';
import { listen } from '../support/listen.js';
import { upstreamFor } from './fixtures.js';

const mounts: readonly [string, (chain: readonly Middleware[]) => RequestListener][] = [
  ['Express, at /v1', (chain) => express().use('/v1', ...chain)],
  ['Express, at /api', (chain) => express().use('/api', ...chain)],
  ['Express, everywhere', (chain) => express().use(...chain)],
  [
    'Connect, at /v1',
    (chain) => {
      const app = connect();
      for (const stage of chain) app.use('/v1', stage);
      return app;
    },
  ],
];

it.each(mounts)('a chain of stages serves chat completions and nothing else: %s', async (name, mount) => {
  const upstream = await upstreamFor(completion('Hello.'));
  const chain = [
    authenticate({ keys: ['k'] }),
    validate(),
    route({ providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'] } } }),
    cache(),
    proxy(),
  ];
  const { url, close } = await listen(mount(chain));
  onTestFinished(close);
  const base = url + (name.includes('/api') ? '/api' : '/v1');
  const post = async (path: string, key = 'k') => {
    const headers = { 'content-type': 'application/json', 'x-api-key': key };
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], input: 'hi' });
    return (await fetch(base + path, { method: 'POST', headers, body })).status;
  };
  expect(await post('/chat/completions')).toBe(200);
  for (const path of ['/embeddings', '/completions', '/responses', '/models', '/moderations', '/audio/speech']) {
    expect([path, await post(path)]).toEqual([path, 404]);
    // Later middleware may rely on `authenticate`.
    expect([path, await post(path, 'wrong')]).toEqual([path, 401]);
  }
  expect(upstream.ledger).toHaveLength(1);
});

it('a chain at a path of the host serves that path', async () => {
  const upstream = await upstreamFor(completion('Hello.'));
  const app = express();
  app.use('/ask', validate(), route({ providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'] } } }));
  app.use(authenticate({ keys: false }), proxy());
  const { url, close } = await listen(app);
  onTestFinished(close);
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(`${url}/ask`, { method: 'POST', headers, body })).status).toBe(200);
});
