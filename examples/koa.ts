// The same gateway in Koa, beside the app's other middleware.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();
const gateway = createGateway({
  keys: ['demo-key'],
  providers: { demo: { baseUrl: upstream.baseUrl, models: ['demo-model'] } },
});

const app = new Koa();
app.use((ctx, next) => {
  if (!ctx.path.startsWith('/v1/')) return next();
  ctx.respond = false; // the gateway responds itself
  gateway(ctx.req, ctx.res);
  return once(ctx.res, 'close');
});
app.use((ctx) => {
  ctx.body = 'The rest of the app';
});

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const response = await fetch(`${origin}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
  body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] }),
});
assert.equal(response.status, 200);
assert.equal(response.headers.get('x-nordlys-provider'), 'demo');
await response.text();
assert.equal(await (await fetch(origin)).text(), 'The rest of the app');
process.stdout.write('Koa served a response\n');

await gateway.close();
server.closeAllConnections();
server.close();
