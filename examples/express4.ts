// The same gateway in Express 4.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import express from 'express4';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();
const gateway = createGateway({
  keys: ['demo-key'],
  providers: { demo: { baseUrl: upstream.baseUrl, models: ['demo-model'] } },
});

const app = express();
app.use(express.json());
app.use('/v1/chat/completions', gateway);
app.get('/v1/models', gateway.models);

const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-key' };

const response = await fetch(`${origin}/v1/chat/completions`, {
  method: 'POST',
  headers,
  body: JSON.stringify({ model: 'demo-model', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
});
assert.equal(response.status, 200);
assert.ok((await response.text()).endsWith('data: [DONE]\n\n'));
const models = (await (await fetch(`${origin}/v1/models`, { headers })).json()) as { data: { id: string }[] };
assert.deepEqual(
  models.data.map(({ id }) => id),
  ['demo-model'],
);
process.stdout.write('Express 4 streamed a response and listed its models\n');

await gateway.close();
server.closeAllConnections();
server.close();
