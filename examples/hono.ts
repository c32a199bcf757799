// The same gateway in Hono on Node. On Bun, Deno and Workers: app.all('/v1/*', (c) => gateway.fetch(c.req.raw)).
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { serve, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();
const gateway = createGateway({
  keys: ['demo-key'],
  providers: { demo: { baseUrl: upstream.baseUrl, models: ['demo-model'] } },
});

const app = new Hono<{ Bindings: HttpBindings }>();
app.get('/', (c) => c.text('The rest of the app'));
app.all('/v1/*', (c) => {
  gateway(c.env.incoming, c.env.outgoing);
  return RESPONSE_ALREADY_SENT;
});

const request = {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
  body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] }),
};
const address = await new Promise<AddressInfo>((resolve) => {
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, resolve);
  server.unref();
});
const response = await fetch(`http://127.0.0.1:${address.port}/v1/chat/completions`, request);
assert.equal(response.status, 200);
assert.equal(response.headers.get('x-nordlys-provider'), 'demo');
await response.text();

// Without a server, as the other runtimes call it.
const fetched = await gateway.fetch(new Request('http://localhost/v1/chat/completions', request));
assert.equal(fetched.status, 200);
await fetched.text();
process.stdout.write('Hono served a response\n');

await gateway.close();
