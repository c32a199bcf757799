import { describe, expect, it, onTestFinished } from 'vitest';
import type { UpstreamNetwork } from '../../src/contracts/network.js';
import type { Transport, UpstreamRequest } from '../../src/contracts/transport.js';
import { resolveBaseUrl } from '../../src/route/options/base-url.js';
import { resolveNetwork } from '../../src/route/options/network-options.js';
import { chat, fakeUpstream, hang, transportContract, type FakeUpstream } from '../../src/testing/index.js';
import { eventually } from '../../src/testing/contract-test.js';
import { probe, readBody } from '../../src/testing/transport-probe.js';
import { CALLERS_POOL, GUARDED_POOL } from '../../src/transports/agent-pool.js';
import { httpProxyTransport } from '../../src/transports/http-proxy/http-proxy-transport.js';
import { undiciTransport } from '../../src/undici/index.js';
import type { NetworkOptions } from '../../src/index.js';
import { connectProxy, type ConnectProxy } from '../support/connect-proxy.js';
import { certificate, SERVER, tlsFront, unixFront } from '../support/front.js';

const TRANSPORTS = [
  ['http-proxy-middleware', httpProxyTransport],
  ['undici', undiciTransport],
] as const;
const AUTHORITY = certificate('authority.pem');
const CLIENT = { cert: certificate('client.pem'), key: certificate('client.key') };

async function upstreamFor(): Promise<FakeUpstream> {
  const upstream = await fakeUpstream({ script: chat('hello') });
  onTestFinished(() => upstream.close());
  return upstream;
}

/** A request as the gateway makes it for a provider with these options. */
function requestFor(baseUrl: string, options: NetworkOptions, changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const url = resolveBaseUrl('baseUrl', baseUrl, '/chat/completions');
  const body = Buffer.from('{"model":"m","messages":[]}');
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    authorization: 'Bearer k-e-y',
  };
  const network = resolveNetwork('network', options, url);
  return { url, headers, body, fresh: false, pool: '', network, ...changes };
}

/** `transport` as a provider with `network` calls it, for the transport contract. */
function within(transport: Transport, network: (request: UpstreamRequest) => UpstreamNetwork | undefined): Transport {
  return {
    ...transport,
    open: (request, events) => transport.open({ ...request, network: network(request) }, events),
  };
}

describe.each(TRANSPORTS)('the network of a provider, by %s', (_name, makeTransport) => {
  const open = (): Transport => {
    const transport = makeTransport();
    onTestFinished(() => transport.close());
    return transport;
  };
  const post = async (transport: Transport, request: UpstreamRequest): Promise<string> => {
    const { text, complete } = await readBody(await probe(transport, request).head());
    expect(complete).toBe(true);
    await eventually('the connection is idle', () => transport.sockets().active === 0);
    return text;
  };
  const failureOf = async (request: UpstreamRequest): Promise<object> => {
    const call = probe(open(), request);
    const { error, connected } = await call.failure();
    expect(call.events).toEqual(['failure']);
    return { code: error.code, message: error.message, connected };
  };

  describe('through a proxy', () => {
    it.each([
      ['plain', {}, 'http'],
      ['with TLS to the proxy', { tls: SERVER }, 'https'],
    ])('%s: https in a tunnel, of which the proxy reads nothing but host and port', async (_how, settings, scheme) => {
      const upstream = await upstreamFor();
      const front = await tlsFront(upstream.port);
      const proxy = await connectProxy({ ...settings, hosts: { 'llm.test': '127.0.0.1' } });
      const network = { proxy: `${scheme}://127.0.0.1:${proxy.port}`, ca: AUTHORITY };
      const transport = open();
      // The name is looked up by the proxy: on this machine it means nothing.
      const request = requestFor(`https://llm.test:${front.port}/v1`, network);
      for (let turn = 0; turn < 3; turn++) expect(await post(transport, request)).toContain('hello');
      expect(proxy.accepted).toBe(1);
      expect(proxy.requests).toEqual([
        `CONNECT llm.test:${front.port} HTTP/1.1\r\nhost: llm.test:${front.port}\r\n\r\n`,
      ]);
      expect(proxy.tunnelled).not.toMatch(/k-e-y|hello/);
      expect(front.handshakes).toEqual([{ servername: 'llm.test', client: undefined }]);
      expect(upstream.ledger[0]!.headers['authorization']).toBe('Bearer k-e-y');
    });

    it('plain http, in a tunnel as well, with the credentials of the address', async () => {
      const upstream = await upstreamFor();
      const proxy = await connectProxy({ credentials: 'us er:p@ss:w%rd' });
      const network = { proxy: `http://us%20er:p%40ss%3Aw%25rd@127.0.0.1:${proxy.port}` };
      expect(await post(open(), requestFor(upstream.baseUrl, network))).toContain('hello');
      expect(upstream.ledger[0]!.headers).not.toHaveProperty('proxy-authorization');
    });

    it('an IP address: its certificate must be for that address', async () => {
      const upstream = await upstreamFor();
      const front = await tlsFront(upstream.port);
      const proxy = await connectProxy({ hosts: { '127.0.0.9': '127.0.0.1' } });
      const network = { proxy: `http://127.0.0.1:${proxy.port}`, ca: AUTHORITY };
      expect(await post(open(), requestFor(`https://127.0.0.1:${front.port}/v1`, network))).toContain('hello');
      const failure = await failureOf(requestFor(`https://127.0.0.9:${front.port}/v1`, network));
      expect(failure).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', connected: false });
      expect(upstream.ledger).toHaveLength(1);
    });

    const bad = (status: string, rest = '\r\n\r\n'): string => `HTTP/1.1 ${status}${rest}`;
    it.each([
      ['407', { credentials: 'other:one' }, 'PROXY_AUTH', /responded 407/],
      ['403', { responds: bad('403 Forbidden') }, 'PROXY_REFUSED', /responded 403/],
      ['502', { responds: bad('502 Bad', '\r\ncontent-length: 3\r\n\r\nno!') }, 'PROXY_REFUSED', /responded 502/],
      ['a redirect', { responds: bad('302 Found', '\r\nlocation: /\r\n\r\n') }, 'PROXY_REFUSED', /responded 302/],
      ['garbage', { responds: 'SSH-2.0-OpenSSH\r\n' }, 'PROXY_INVALID', /no valid response \(HPE_/],
      ['half a head', { responds: 'HTTP/1.1 200 OK\r\nx: ' }, 'PROXY_INVALID', /no valid response \(/],
      ['nothing', { responds: '' }, 'PROXY_INVALID', /no valid response \(ECONNRESET\)/],
      [
        'a huge head',
        { responds: bad('200 OK', `\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`) },
        'PROXY_INVALID',
        /HPE_HEADER/,
      ],
      [
        'bytes of its own',
        { adds: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}' },
        'PROXY_INVALID',
        /data of its own/,
      ],
    ] as const)(
      'that responds with %s: nothing is sent, and the cause is stated',
      async (_what, settings, code, message) => {
        const upstream = await upstreamFor();
        const proxy = await connectProxy(settings);
        const network = { proxy: `http://gate:pass-word@127.0.0.1:${proxy.port}` };
        const failure = await failureOf(requestFor(upstream.baseUrl, network));
        expect(failure).toEqual({
          code: `ERR_NORDLYS_${code}`,
          message: expect.stringMatching(message),
          connected: false,
        });
        expect(JSON.stringify(failure)).toContain(`http://127.0.0.1:${proxy.port}`);
        expect(JSON.stringify(failure)).not.toMatch(/gate|pass-word/);
        expect(upstream.ledger).toHaveLength(0);
        await eventually('no connection to the proxy remains', () => proxy.connections === 0);
      },
    );

    it('without a listener, or not covered by its certificate', async () => {
      const upstream = await upstreamFor();
      const closed = await fakeUpstream();
      await closed.close();
      expect(await failureOf(requestFor(upstream.baseUrl, { proxy: `http://127.0.0.1:${closed.port}` }))).toMatchObject(
        {
          code: 'ERR_NORDLYS_PROXY_UNREACHABLE',
          message: `The proxy http://127.0.0.1:${closed.port} could not be connected to (ECONNREFUSED).`,
        },
      );
      const proxy = await connectProxy({ tls: SERVER });
      expect(await failureOf(requestFor(upstream.baseUrl, { proxy: `https://127.0.0.1:${proxy.port}` }))).toMatchObject(
        {
          code: 'ERR_NORDLYS_PROXY_UNREACHABLE',
          message: expect.stringMatching(/could not be connected to \(UNABLE_TO/),
        },
      );
      expect(upstream.ledger).toHaveLength(0);
    });

    it.each([
      ['for its response', { responds: 'never' }, 'http', 1],
      ['for the TLS of the upstream', {}, 'https', 1],
    ] as const)(
      'aborted while it waits %s: the tunnel closes within 100 ms',
      async (_what, settings, scheme, requests) => {
        // A server that accepts and sends nothing.
        const hanging = await connectProxy({ responds: 'never' });
        const proxy = await connectProxy(settings);
        const transport = open();
        const request = requestFor(`${scheme}://127.0.0.1:${hanging.port}/v1`, {
          proxy: `http://127.0.0.1:${proxy.port}`,
        });
        const call = probe(transport, request);
        await eventually('the proxy was called', () => proxy.requests.length === requests);
        if (scheme === 'https') await eventually('the tunnel is open', () => hanging.connections === 1);
        expect(transport.sockets()).toEqual({ active: 1, idle: 0 });
        const abortedAt = performance.now();
        call.abort();
        await eventually('the tunnel closed', () => proxy.connections + hanging.connections === 0);
        expect(performance.now() - abortedAt).toBeLessThan(100);
        await eventually('nothing is counted any more', () => transport.sockets().active === 0);
        expect(transport.sockets()).toEqual({ active: 0, idle: 0 });
        expect(call.events).toEqual([]);
      },
    );

    it('aborted before there is a connection to the proxy: nothing follows', async () => {
      const proxy = await connectProxy();
      const transport = open();
      const call = probe(transport, requestFor('http://127.0.0.1:9/v1', { proxy: `http://127.0.0.1:${proxy.port}` }));
      call.abort();
      await eventually('all is closed', () => proxy.connections === 0 && transport.sockets().active === 0);
      expect(call.events).toEqual([]);
      expect(proxy.requests).toEqual([]);
    });

    it('aborted while the upstream works: both ends of the tunnel close', async () => {
      const upstream = await upstreamFor();
      upstream.always(hang());
      const proxy = await connectProxy();
      const call = probe(open(), requestFor(upstream.baseUrl, { proxy: `http://127.0.0.1:${proxy.port}` }));
      const entry = await upstream.nextRequest();
      call.abort();
      expect((await upstream.closed(entry)).closedBy).toBe('client');
      await eventually('no connection to the proxy remains', () => proxy.connections === 0);
    });
  });

  describe('certificates', () => {
    it('of an authority that Node does not know are taken with ca, and refused without', async () => {
      const upstream = await upstreamFor();
      const front = await tlsFront(upstream.port);
      const baseUrl = `https://127.0.0.1:${front.port}/v1`;
      for (const ca of [AUTHORITY, AUTHORITY.toString(), [AUTHORITY], AUTHORITY.toString().replaceAll('\n', '\r\n')]) {
        expect(await post(open(), requestFor(baseUrl, { ca }))).toContain('hello');
      }
      const failure = await failureOf(requestFor(baseUrl, {}));
      expect(failure).toMatchObject({ code: expect.stringMatching(/^UNABLE_TO/), connected: false });
      expect(upstream.ledger).toHaveLength(4);
    });

    it('are verified whatever NODE_TLS_REJECT_UNAUTHORIZED is', async () => {
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      onTestFinished(() => {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
      });
      const upstream = await upstreamFor();
      const front = await tlsFront(upstream.port);
      const failure = await failureOf(requestFor(`https://127.0.0.1:${front.port}/v1`, { servername: 'llm.test' }));
      expect(failure).toMatchObject({ connected: false });
      expect(upstream.ledger).toHaveLength(0);
    });

    it('must be for servername where that is given', async () => {
      const upstream = await upstreamFor();
      const front = await tlsFront(upstream.port);
      const baseUrl = `https://127.0.0.1:${front.port}/v1`;
      const network = { ca: AUTHORITY, servername: 'llm.test' };
      expect(await post(open(), requestFor(baseUrl, network))).toContain('hello');
      expect(front.handshakes[0]).toMatchObject({ servername: 'llm.test' });
      const failure = await failureOf(requestFor(baseUrl, { ...network, servername: 'other.test' }));
      expect(failure).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    });

    it.each([
      ['a plain key', CLIENT],
      ['an encrypted one', { ...CLIENT, key: certificate('client.encrypted.key'), passphrase: 'key-passphrase' }],
    ])('of the client, with %s, reach an upstream that requires them (mTLS)', async (_what, client) => {
      const upstream = await upstreamFor();
      const front = await tlsFront(upstream.port, { requestCert: true, rejectUnauthorized: true, ca: AUTHORITY });
      const baseUrl = `https://127.0.0.1:${front.port}/v1`;
      expect(await post(open(), requestFor(baseUrl, { ...client, ca: AUTHORITY }))).toContain('hello');
      expect(front.handshakes).toEqual([{ servername: false, client: 'gateway' }]);
      const proxy = await connectProxy({ tls: { ...SERVER, requestCert: true, rejectUnauthorized: false } });
      const throughProxy = { ...client, ca: AUTHORITY, proxy: `https://127.0.0.1:${proxy.port}` };
      expect(await post(open(), requestFor(baseUrl, throughProxy))).toContain('hello');
      // Without one the upstream breaks off, and nothing was read.
      const call = probe(open(), requestFor(baseUrl, { ca: AUTHORITY }));
      await call.failure();
      expect(upstream.ledger).toHaveLength(2);
    });
  });

  describe('a unix socket', () => {
    it.each(['http', 'https'])('replaces host and port (%s)', async (scheme) => {
      const upstream = await upstreamFor();
      const socketPath = await unixFront(scheme === 'http' ? upstream.port : (await tlsFront(upstream.port)).port);
      const network = { socketPath, ...(scheme === 'https' && { ca: AUTHORITY }) };
      const transport = open();
      const request = requestFor(`${scheme}://llm.test/v1`, network);
      for (let turn = 0; turn < 3; turn++) expect(await post(transport, request)).toContain('hello');
      expect(upstream.accepted).toBe(1);
      expect(upstream.ledger[0]!.headers['host']).toMatch(/^llm\.test(:\d+)?$/);
    });

    it('that is not there', async () => {
      const failure = await failureOf(requestFor('http://localhost/v1', { socketPath: '/nonexistent/llm.sock' }));
      expect(failure).toMatchObject({ code: 'ENOENT', connected: false });
    });
  });

  it('shares connections within equal settings and one pool only', async () => {
    const upstream = await upstreamFor();
    const [first, second] = [await connectProxy(), await connectProxy()];
    const transport = open();
    const via = ({ port }: ConnectProxy, user = ''): NetworkOptions => ({ proxy: `http://${user}127.0.0.1:${port}` });
    const steps: [NetworkOptions, string][] = [
      [via(first), ''],
      [via(second), ''],
      [via(first, 'a:b@'), ''],
      [via(first), CALLERS_POOL],
      [{}, ''],
    ];
    for (let turn = 0; turn < 2; turn++) {
      for (const [options, pool] of steps) await post(transport, requestFor(upstream.baseUrl, options, { pool }));
    }
    expect([first.accepted, second.accepted, upstream.accepted]).toEqual([3, 1, 5]);
    expect(transport.sockets()).toEqual({ active: 0, idle: 5 });
  });

  it('a fresh connection is opened anew, through the same proxy', async () => {
    const upstream = await upstreamFor();
    const proxy = await connectProxy();
    const transport = open();
    const options = { proxy: `http://127.0.0.1:${proxy.port}` };
    await post(transport, requestFor(upstream.baseUrl, options));
    await post(transport, requestFor(upstream.baseUrl, options, { fresh: true }));
    expect(proxy.accepted).toBe(2);
  });

  it('is nothing to an address that a caller chose: that goes through the guard, even by mistake', async () => {
    const upstream = await upstreamFor();
    const proxy = await connectProxy();
    const request = requestFor(upstream.baseUrl, { proxy: `http://127.0.0.1:${proxy.port}` }, { pool: GUARDED_POOL });
    const { error } = await probe(open(), request).failure();
    expect(error.code).toBe('ERR_NORDLYS_ADDRESS_BLOCKED');
    expect(proxy.accepted + upstream.accepted).toBe(0);
  });
});

describe.each(TRANSPORTS)('%s keeps the transport contract', (_name, makeTransport) => {
  // A proxy reports an upstream that refuses connections with a message of its own.
  const notThroughProxies = 'reports that nothing was sent when the connection is refused';

  describe('through a proxy', () => {
    const test = (name: string, run: () => Promise<void>): void => {
      if (!name.endsWith(notThroughProxies)) it(name, run);
    };
    transportContract(test, async () => {
      const proxy = await connectProxy();
      const options = { proxy: `http://127.0.0.1:${proxy.port}` };
      return within(makeTransport(), ({ url }) => resolveNetwork('network', options, url));
    });
  });

  describe('with a network that changes nothing', () => {
    const network = {
      id: 'plain',
      socketPath: undefined,
      proxy: undefined,
      secureContext: undefined,
      servername: undefined,
      secrets: () => [],
    };
    transportContract(it, () => within(makeTransport(), () => network));
  });
});
