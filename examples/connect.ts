// The same gateway in Connect.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import connect from 'connect';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();
const gateway = createGateway({
  keys: ['demo-key'],
  providers: { demo: { baseUrl: upstream.baseUrl, models: ['demo-model'] } },
});

const app = connect();
app.use('/v1/chat/completions', gateway);

const server = http.createServer(app).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
  body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] }),
});
assert.equal(response.status, 200);
assert.equal(response.headers.get('x-nordlys-provider'), 'demo');
await response.text();
process.stdout.write('Connect served a response\n');

await gateway.close();
server.closeAllConnections();
server.close();
