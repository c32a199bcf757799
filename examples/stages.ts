// The five stages one by one, with middleware of your own between them.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { authenticate, cache, getContext, errorHandler, proxy, route, validate } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();

const app = express();
const seen: string[] = [];

app.post(
  '/v1/chat/completions',
  authenticate({ keys: ['ada-key'] }),
  (req, res, next) => {
    // Between two stages, `getContext(req)` returns what is known so far: here, the caller.
    seen.push(getContext(req).caller?.id ?? 'unknown');
    if (req.get('x-plan') === 'free')
      return void res
        .status(402)
        .json({ error: { message: 'Please upgrade.', type: 'billing', param: null, code: null } });
    next();
  },
  validate({ bodyLimit: 1_000_000 }),
  (req, _res, next) => {
    seen.push(`${getContext(req).request?.messages.length} message`);
    next();
  },
  route({ providers: { demo: { baseUrl: upstream.baseUrl, models: ['demo-model'] } } }),
  cache({ maxEntries: 100 }),
  proxy({ maxAttempts: 3 }),
);
app.use(errorHandler());

const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
const send = (headers: Record<string, string>): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] }),
  });

assert.equal((await send({})).status, 401);
assert.equal((await send({ 'x-api-key': 'ada-key', 'x-plan': 'free' })).status, 402);
const response = await send({ 'x-api-key': 'ada-key' });
assert.equal(response.status, 200);
assert.equal(response.headers.get('x-nordlys-cache'), 'MISS');
assert.equal((await send({ 'x-api-key': 'ada-key' })).headers.get('x-nordlys-cache'), 'HIT');
assert.equal(upstream.ledger.length, 1);
process.stdout.write(`four requests, one upstream call. Between the stages: ${seen.slice(-2).join(', ')}\n`);

server.closeAllConnections();
server.close();
