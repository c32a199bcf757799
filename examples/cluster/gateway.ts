// One of the gateway processes. It reports its port to the parent process.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'redis';
import { createGateway, redisStore } from 'nordlys-proxy';

const { REDIS_URL = '', UPSTREAM_URL = '', CACHE_SECRET = '' } = process.env;

const redis = createClient({ url: REDIS_URL, disableOfflineQueue: true });
// Without a listener a lost connection would end the process; the cache continues without Redis.
redis.on('error', () => {});
await redis.connect();

const gateway = createGateway({
  keys: ['demo-key'],
  providers: { demo: { baseUrl: UPSTREAM_URL, models: ['demo-model'] } },
  cache: { store: redisStore(redis, { secret: CACHE_SECRET }), ttlMs: 60_000 },
});

const server = http.createServer(gateway).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => process.exit());
