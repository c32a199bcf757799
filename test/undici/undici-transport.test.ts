import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Transport, UpstreamHead, UpstreamUrl } from '../../src/contracts/transport.js';
import { createGateway } from '../../src/index.js';
import { chat, hang, raw, stream, transportContract } from '../../src/testing/index.js';
import { CALLERS_POOL, GUARDED_POOL } from '../../src/transports/agent-pool.js';
import { undiciTransport } from '../../src/undici/index.js';
import { readSse } from '../support/read-sse.js';
import { nameService } from '../support/name-service.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

describe('undici keeps the transport contract', () => {
  transportContract(it, () => undiciTransport());
});

it.each([
  [{ allowedOrigins: ['http://10.0.0.1'] }, /option allowedOrigins was removed. Set callerOverrides.allowedOrigins/],
  [{ lifo: true }, /lifo/],
  [null, /undiciTransport must be an object/],
])('is refused with %j', (options, message) => {
  expect(() => undiciTransport(options as never)).toThrow(message);
});

it.each([[undiciTransport], [{}], ['undici']])('is distinguished from what is no transport: %s', (transport) => {
  const providers = { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } };
  expect(() => createGateway({ keys: ['k'], providers, transport: transport as never })).toThrow(
    /^transport must be a transport/,
  );
});

describe('a connection', () => {
  it('resumes the TLS sessions of its own pool only: callers’ keys do not ride on the operator’s', async () => {
    trustOurAuthority();
    const resumed: boolean[] = [];
    const server = tls.createServer({ ...CERTIFICATE, maxVersion: 'TLSv1.2' }, (socket) => {
      resumed.push(socket.isSessionReused());
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}'));
    });
    const url = urlOf(await listenOn(server), 'https:', 'upstream.test');
    const transport = undiciTransport();
    for (const pool of ['', '', CALLERS_POOL, CALLERS_POOL]) {
      expect(await statusOf(transport, url, Buffer.from('{}'), pool)).toBe(200);
    }
    expect(resumed).toEqual([false, true, false, true]);
    transport.close();
    server.close();
  });

  it('offers no TLS session again with which a handshake has broken off', async () => {
    trustOurAuthority();
    const server = tls.createServer(
      {
        ...CERTIFICATE,
        maxVersion: 'TLSv1.2',
        secureOptions: constants.SSL_OP_NO_TICKET,
      },
      (socket) => {
        socket.on('error', () => socket.destroy());
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}'));
      },
    );
    // As behind a balancer whose session cache is out of order.
    const sessions = new Set<string>();
    server.on('newSession', (id: Buffer, _data, done) => {
      sessions.add(id.toString('hex'));
      done();
    });
    server.on('resumeSession', (id: Buffer, done) => {
      if (sessions.has(id.toString('hex'))) done(new Error('The session cache is out of order.'), null);
      else done(null, null);
    });
    server.on('tlsClientError', () => {});
    const port = await listenOn(server);
    const transport = undiciTransport();
    const url = urlOf(port, 'https:', 'upstream.test');
    const outcomes: (number | string)[] = [];
    for (let turn = 0; turn < 4; turn++) {
      outcomes.push(await statusOf(transport, url, Buffer.from('{}')).catch(() => 'broken off'));
    }
    expect(outcomes).toEqual([200, 'broken off', 200, 'broken off']);
    transport.close();
    server.close();
  });

  it.each([65_536, 70_000, 100_000])(
    'that closes behind a whole response of %i bytes, read late, loses none of them',
    async (length) => {
      const server = net.createServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`);
          socket.end(Buffer.alloc(length, 'a'));
        });
      });
      const url = urlOf(await listenOn(server));
      const transport = undiciTransport();
      const closed = new Promise<void>((resolve) =>
        server.once('connection', (socket) => socket.once('finish', resolve)),
      );
      const message = await new Promise<UpstreamHead['message']>((resolve, reject) => {
        transport.open(
          { url, headers: { 'content-length': '2' }, body: Buffer.from('{}'), fresh: false, pool: '' },
          { onConnected() {}, onFailure: ({ error }) => reject(error), onHead: (head) => resolve(head.message) },
        );
      });
      message.pause();
      await closed;
      // Some turns of the loop in which the end of the connection is read.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      let received = 0;
      for await (const chunk of message) received += (chunk as Buffer).length;
      expect({ received, complete: message.complete }).toEqual({ received: length, complete: true });
      transport.close();
      server.close();
    },
  );

  it('is not kept if the response came before all of the request was sent', async () => {
    let connections = 0;
    const server = net.createServer((socket) => {
      const isFirst = ++connections === 1;
      socket.on('error', () => socket.destroy());
      socket.once('data', () => {
        // The first reads no more of the request; its connection is open, and cannot be used again.
        if (isFirst) socket.pause();
        socket.write(`HTTP/1.1 ${isFirst ? '429 Slow Down' : '200 OK'}\r\ncontent-length: 2\r\n\r\n{}`);
      });
    });
    const url = urlOf(await listenOn(server));
    const transport = undiciTransport();
    expect(await statusOf(transport, url, Buffer.alloc(20_000_000))).toBe(429);
    expect(await statusOf(transport, url, Buffer.from('{}'))).toBe(200);
    expect(connections).toBe(2);
    transport.close();
    server.close();
  });
});

describe('a gateway that calls its providers through undici', () => {
  it('fails over, streams to the end, and reuses its connections', async () => {
    const [failing, healthy] = [
      await upstreamFor(stream('never', { afterEvents: 0, end: 'reset' })),
      await upstreamFor(stream('all of it')),
    ];
    const { post, gateway } = await gatewayOver([failing, healthy], { transport: undiciTransport() });
    for (let turn = 0; turn < 5; turn++) {
      const response = await post({ stream: true });
      expect(response.headers.get('x-nordlys-provider')).toBe('p1');
      expect((await readSse(response)).at(-1)).toBe('[DONE]');
    }
    expect(healthy.accepted).toBe(1);
    expect(gateway.status().sockets).toMatchObject({ active: 0 });
  });

  it('closes the upstream connection of a client that disconnects', async () => {
    const upstream = await upstreamFor(hang({ after: 'request' }));
    const { post } = await gatewayOver([upstream], { transport: undiciTransport() });
    const controller = new AbortController();
    const pending = post({ stream: true }, { signal: controller.signal }).catch(() => 'aborted');
    await upstream.nextRequest();
    controller.abort();
    expect(await pending).toBe('aborted');
    await upstream.allClosed();
  });

  it('treats an unrequested 100 as a failure, as undici does, and tries the next provider', async () => {
    const odd = await upstreamFor(raw('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    const { post } = await gatewayOver([odd, await upstreamFor(chat('well'))], { transport: undiciTransport() });
    const response = await post({});
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
  });

  it('dials a private address for a caller only if the request states that the operator listed it', async () => {
    const upstream = await upstreamFor(raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    const transport = undiciTransport();
    onTestFinished(() => transport.close());
    const url = urlOf(upstream.port);
    const refused = { code: 'ERR_NORDLYS_ADDRESS_BLOCKED' };
    await expect(statusOf(transport, url, Buffer.from('{}'), GUARDED_POOL)).rejects.toMatchObject(refused);
    expect(await statusOf(transport, { ...url, isListedAddress: true }, Buffer.from('{}'), GUARDED_POOL)).toBe(200);
    // The connection that is idle now must not serve a request without that setting.
    await expect(statusOf(transport, url, Buffer.from('{}'), GUARDED_POOL)).rejects.toMatchObject(refused);
    expect(upstream.ledger).toHaveLength(1);
  });
});

const file = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const CERTIFICATE = { cert: file('sound.pem'), key: file('sound.key') };

/** `upstream.test` is this machine, and its certificate a good one, until the test is over. */
function trustOurAuthority(): void {
  nameService({ 'upstream.test': '127.0.0.1' });
  onTestFinished(() => void vi.restoreAllMocks());
  const usual = tls.getCACertificates('default');
  tls.setDefaultCACertificates([file('authority.pem').toString()]);
  onTestFinished(() => tls.setDefaultCACertificates(usual));
}

function urlOf(port: number, protocol: 'http:' | 'https:' = 'http:', hostname = '127.0.0.1'): UpstreamUrl {
  return { origin: `${protocol}//${hostname}:${port}`, protocol, hostname, port: String(port), path: '/' };
}

async function listenOn(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

function statusOf(transport: Transport, url: UpstreamUrl, body: Buffer, pool = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    transport.open(
      { url, headers: { 'content-length': String(body.length) }, body, fresh: false, pool },
      {
        onConnected() {},
        onFailure: ({ error }) => reject(error),
        onHead({ status, message }) {
          message.resume().once('close', () => resolve(status));
        },
      },
    );
  });
}
