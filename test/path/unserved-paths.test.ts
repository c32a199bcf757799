import connect from 'connect';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const UNSERVED = [
  '/embeddings',
  '/completions',
  '/messages',
  '/moderations',
  '/audio/speech',
  '/audio/transcriptions',
  '/images/generations',
  '/images/edits/',
];

async function posting(mount: (gateway: Gateway) => unknown, options: Partial<GatewayOptions> = {}) {
  const { baseUrl } = await gatewayOver([await upstreamFor()], options, mount as never);
  const origin = baseUrl.replace('/v1', '');
  return (path: string, method = 'POST') =>
    fetch(origin + path, {
      method,
      ...(method === 'POST' && { body: '{}', headers: { 'content-type': 'application/json' } }),
    });
}

describe('an endpoint that the gateway does not serve', () => {
  const mounts: readonly [string, string, (gateway: Gateway) => unknown][] = [
    ['Express at /v1', '/v1', (gateway) => express().use('/v1', gateway)],
    ['Connect at /v1', '/v1', (gateway) => connect().use('/v1', gateway)],
    ['Express at /llm', '/llm', (gateway) => express().use('/llm', gateway)],
    ['Express at /llm, called with /v1', '/llm/v1', (gateway) => express().use('/llm', gateway)],
  ];
  it.each(mounts)('gets a JSON error that lists the served paths: %s', async (_name, base, mount) => {
    const post = await posting(mount);
    for (const path of UNSERVED) {
      const response = await post(`${base}${path}?a=b`);
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/json; charset=utf-8',
      ]);
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe('unknown_url');
      expect(error.message).toContain('POST …/chat/completions');
      expect(error.message).toContain(`not POST …${path.replace(/\/$/, '')}.`);
    }
  });

  it.each([
    ['/v1', true],
    ['/v1', false],
  ])('is passed to a handler that is mounted later, with next (%s)', async (base, isServed) => {
    const post = await posting(
      (gateway) => {
        const app = express().use(base, gateway);
        if (isServed) app.post(`${base}/{*rest}`, (_req, res) => void res.json({ served: 'by the host' }));
        return app;
      },
      { unservedPaths: 'next' },
    );
    for (const path of UNSERVED) {
      const response = await post(base + path);
      expect(response.status).toBe(isServed ? 200 : 404);
      if (isServed) expect(await response.json()).toEqual({ served: 'by the host' });
    }
  });

  it('is served by a handler that is mounted earlier, whatever the option', async () => {
    const post = await posting((gateway) =>
      express()
        .post('/v1/embeddings', (_req, res) => void res.json({ mine: true }))
        .use('/v1', gateway),
    );
    expect(await (await post('/v1/embeddings')).json()).toEqual({ mine: true });
  });

  it.each([
    ['of another method', '/v1/embeddings', 'GET'],
    ['that is not known', '/v1/invoices', 'POST'],
    ['that only ends like one', '/v1/my/embeddings', 'POST'],
    ['that only begins like one', '/v1/audio', 'POST'],
    ['beside the base path', '/embeddings', 'POST'],
  ])('stays the host’s: one %s', async (_what, path, method) => {
    const post = await posting((gateway) => {
      const app = express().use('/v1', gateway);
      app.use((_req, res) => void res.status(418).end());
      return app;
    });
    expect((await post(path, method)).status).toBe(418);
  });

  it('is passed to the host if the gateway is mounted before everything', async () => {
    const post = await posting((gateway) => express().use(gateway, (_req, res) => void res.status(418).end()));
    for (const path of UNSERVED) expect((await post(`/v1${path}`)).status).toBe(418);
  });

  it('goes to the host’s error handler with errorHandling: next', async () => {
    const post = await posting(
      (gateway) =>
        express()
          .use('/v1', gateway)
          .use(
            ((error, _req, res, _next) =>
              void res.status(error.status).json({ mine: error.code })) as express.ErrorRequestHandler,
          ),
      { errorHandling: 'next' },
    );
    expect(await (await post('/v1/embeddings')).json()).toEqual({ mine: 'unknown_url' });
  });

  it('is reported to the operator once', async () => {
    const reported: string[] = [];
    const post = await posting((gateway) => express().use('/v1', gateway), {
      onDiagnostic: ({ code }) => void reported.push(code),
    });
    for (const path of UNSERVED) await post(`/v1${path}`);
    expect(reported).toEqual(['NORDLYS_WRONG_PATH']);
  });

  it.each([['reply'], [true], [1]])('refuses %j as an option', (unservedPaths) => {
    const providers = { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } };
    expect(() => createGateway({ keys: ['k'], providers, unservedPaths } as never)).toThrow(/^unservedPaths must be/);
  });
});
