// No framework at all: a gateway is a request listener.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();
const gateway = createGateway({
  keys: ['demo-key'],
  providers: { demo: { baseUrl: upstream.baseUrl, models: ['demo-model'] } },
});

const server = http.createServer(gateway).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-key' };

const response = await fetch(`${origin}/v1/chat/completions`, {
  method: 'POST',
  headers,
  body: JSON.stringify({ model: 'demo-model', messages: [{ role: 'user', content: 'Hello' }] }),
});
assert.equal(response.status, 200);
await response.text();

// Other endpoints of the API get an error that names the supported ones.
const lost = await fetch(`${origin}/v1/responses`, { method: 'POST', headers, body: '{}' });
assert.equal(lost.status, 404);
const { error } = (await lost.json()) as { error: { message: string } };
assert.match(error.message, /not the Responses API/);
process.stdout.write('node:http served a response, and an error that helps a Responses API client\n');

await gateway.close();
server.closeAllConnections();
server.close();
