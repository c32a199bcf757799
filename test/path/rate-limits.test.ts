import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import { createClient } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { authenticate, getContext, errorHandler, GatewayError, proxy, route, validate } from '../../src/index.js';
import { hasRedis, startRedis } from '../stores/redis-server.js';
import { listen } from '../support/listen.js';
import { upstreamFor } from './fixtures.js';

const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });

describe.skipIf(!hasRedis)('rate limits across processes (skipped where no redis-server is installed)', () => {
  it('two processes count the same caller together, and another one apart', async () => {
    const server = await startRedis();
    onTestFinished(() => server.kill());
    const { baseUrl } = await upstreamFor();
    const [one, two] = [await process(server.port, baseUrl), await process(server.port, baseUrl)];
    const statuses: number[] = [];
    for (const url of [one, two, one, two]) statuses.push((await post(url, 'ada-key')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await post(one, 'ada-key');
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'requests' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await post(two, 'bob-key')).status).toBe(200);
  });

  /** What one process would mount. */
  async function process(redisPort: number, baseUrl: string): Promise<string> {
    const redis = createClient({ socket: { host: '127.0.0.1', port: redisPort } });
    redis.on('error', () => undefined);
    await redis.connect();
    const perCaller = rateLimit({
      windowMs: 60_000,
      limit: 3,
      keyGenerator: (req) => getContext(req).caller!.id,
      store: new RedisStore({ prefix: 'rate:', sendCommand: (...words) => redis.sendCommand(words) }),
      passOnStoreError: true,
      handler: (_req, _res, next) =>
        next(
          new GatewayError('rate_limit_exceeded', 'Too many requests. Try again later.', {
            headers: { 'retry-after': '60' },
          }),
        ),
    });
    const app = express().use(
      '/v1/chat/completions',
      authenticate({ keys: ['ada-key', 'bob-key'] }),
      perCaller,
      validate(),
      route({ providers: { demo: { baseUrl, models: ['m'] } } }),
      proxy(),
    );
    app.use(errorHandler());
    const listening = await listen(app);
    onTestFinished(async () => {
      await listening[Symbol.asyncDispose]();
      redis.destroy();
    });
    return `${listening.url}/v1/chat/completions`;
  }

  const post = (url: string, key: string): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body,
    });
});
