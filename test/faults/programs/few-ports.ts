// Runs in a network of its own with four ephemeral ports: after a few connections to the upstream none is free.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createGateway } from '../../../src/index.js';
import { chat, fakeUpstream, hang } from '../../../src/testing/index.js';

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const upstream = await fakeUpstream({ script: hang() });
const gateway = createGateway({
  keys: false,
  maxAttempts: 1,
  providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'] } },
});
const server = createServer(gateway);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '40000 40003\n');

/** Each client comes from an address of its own, so that only the gateway runs out of ports. */
let clients = 1;
function post(onStatus: (status: number | undefined) => void): void {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  const sent = request(
    {
      port,
      host: '127.0.0.1',
      localAddress: `127.0.1.${clients++}`,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    },
    (response) => onStatus(response.resume().statusCode),
  );
  sent.on('error', () => {});
  sent.end(body);
}

let refused: unknown;
for (let sent = 0; sent < 8 && refused === undefined; sent++) {
  const status = new Promise((resolve) => post(resolve));
  refused = await Promise.race([status, upstream.nextRequest().then(() => undefined)]);
}
const { failures } = gateway.status().endpoints[0]!.readiness!.breaker;
await upstream.refuse();
await upstream.resume();
upstream.always(chat('again'));
const after = await new Promise((resolve) => post(resolve));
process.send!({ refused, failures, after });
process.exit();
