import { createGateway, GatewayError } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';
import manifest from 'nordlys-proxy/package.json' with { type: 'json' };
import http from 'node:http';

await using upstream = await fakeUpstream();
const gateway = createGateway({ keys: ['k'], providers: { demo: { baseUrl: upstream.baseUrl, models: ['m'] } } });
const server = http.createServer(gateway).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const response = await fetch(`http://127.0.0.1:${server.address().port}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-api-key': 'k' },
  body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
});
const { choices } = await response.json();
console.log(manifest.name, typeof GatewayError, choices[0].message.content);
await gateway.close();
server.closeAllConnections();
server.close();
