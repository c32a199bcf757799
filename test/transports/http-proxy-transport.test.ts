import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { AgentPool } from '../../src/transports/agent-pool.js';
import { httpProxyTransport } from '../../src/transports/http-proxy/http-proxy-transport.js';
import { chat, type FakeUpstream, fakeUpstream, raw, transportContract } from '../../src/testing/index.js';
import type { Transport, UpstreamHead } from '../../src/contracts/transport.js';

describe('http-proxy-middleware behind stand-ins keeps the transport contract', () => {
  transportContract(it, () => httpProxyTransport());
});

it('http-proxy-middleware skips an unrequested 100 (RFC 9110, 15.2.1)', async () => {
  await using upstream = await fakeUpstream({
    script: raw('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
  });
  const transport = httpProxyTransport();
  expect(await headOf(transport, upstream)).toMatchObject({ status: 200 });
  transport.close();
});

describe('what the stand-ins lean on in http-proxy-middleware 4.2 and httpxy 0.5', () => {
  it('the router may set agent and target of one request alone, the body goes out in one write, no header is added', async () => {
    await using upstream = await fakeUpstream({ script: chat('hi') });
    const used: string[] = [];
    const pool = new AgentPool((url, name, keepAlive) => {
      used.push(`${url.origin} ${name} ${keepAlive}`);
      return new http.Agent({ keepAlive });
    });
    const transport = httpProxyTransport(pool);
    const head = await headOf(transport, upstream);
    head.message.resume();
    await new Promise((resolve) => head.message.once('end', resolve));
    expect(used).toEqual([`${upstream.origin} a true`]);
    const [entry] = upstream.ledger;
    expect(entry).toMatchObject({ method: 'POST', path: '/v1/chat/completions?api-version=1', text: '{}' });
    expect(entry!.rawHeaders.map(([name]) => name.toLowerCase()).toSorted()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
    transport.close();
  });
});

function headOf(transport: Transport, upstream: FakeUpstream): Promise<UpstreamHead> {
  const { origin, hostname, port } = new URL(upstream.origin);
  return new Promise((resolve, reject) => {
    transport.open(
      {
        url: { origin, protocol: 'http:', hostname, port, path: '/v1/chat/completions?api-version=1' },
        headers: { 'content-type': 'application/json', 'content-length': '2' },
        body: Buffer.from('{}'),
        fresh: false,
        pool: 'a',
      },
      { onConnected() {}, onHead: resolve, onFailure: ({ error }) => reject(error) },
    );
  });
}
