import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { kindOfTransportFailure } from '../../src/proxy/failure-kind.js';
import { chat, raw, reset, stale, type FakeUpstream } from '../../src/testing/index.js';
import { runChild } from '../support/child.js';
import { nameService } from '../support/name-service.js';
import { expectSpareResponse, faultyAndSpare, gatewayOver, SHORT, SPARE, textOf, upstreamFor } from './fixtures.js';

afterEach(() => vi.restoreAllMocks());

/** A gateway whose first provider is known by name. */
async function namedAndSpare(host: string, port?: number, scheme = 'http') {
  const [named, spare] = [await upstreamFor(chat('by name')), await upstreamFor(chat(SPARE))];
  const set = await gatewayOver([named, spare], {
    timeouts: SHORT,
    providers: {
      p0: { baseUrl: `${scheme}://${host}:${port ?? named.port}/v1`, apiKey: 'operator-secret-0', models: ['m'] },
      p1: { baseUrl: spare.baseUrl, apiKey: 'operator-secret-1', models: ['m'] },
    },
  });
  return { ...set, faulty: named, spare };
}

const noSuchName = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });

describe('F01 the name service', () => {
  it('does not know the name: the next provider responds', async () => {
    nameService({ 'missing.test': noSuchName });
    await expectSpareResponse(await namedAndSpare('missing.test'));
  });

  it('hangs: the next provider responds, and the name is looked up once', async () => {
    const lookups = nameService({ 'hanging.test': 'hang' });
    const set = await namedAndSpare('hanging.test');
    const texts = await Promise.all(Array.from({ length: 20 }, async () => textOf(await set.post({}))));
    expect(texts).toEqual(Array<string>(20).fill(SPARE));
    expect(lookups).toEqual(['hanging.test']);
  });

  it('is looked up once for two hundred concurrent requests, and then not for a while', async () => {
    const lookups = nameService({ 'upstream.test': '127.0.0.1' });
    const { post } = await namedAndSpare('upstream.test');
    const texts = await Promise.all(Array.from({ length: 200 }, async () => textOf(await post({}))));
    expect(new Set(texts)).toEqual(new Set(['by name']));
    expect(lookups).toEqual(['upstream.test']);
  });
});

describe('F02 no connection', () => {
  it('refused: once more at once, then the next provider', async () => {
    const set = await faultyAndSpare(chat('unreachable'));
    await set.faulty.refuse();
    const outcomes: string[] = [];
    const response = await set.post({});
    outcomes.push(response.headers.get('x-nordlys-attempts')!);
    expect(await textOf(response)).toBe(SPARE);
    expect(outcomes).toEqual(['3']);
  });

  it('unreachable: the next provider responds', async () => {
    // No route leads to the broadcast address: Linux fails with ENETUNREACH.
    nameService({ 'far.test': '255.255.255.255' });
    await expectSpareResponse(await namedAndSpare('far.test'));
  });

  it.each(['EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'])(
    '%s is a provider that cannot be reached, and moves on',
    (code) => expect(kindOfTransportFailure(code, false)).toBe('unreachable'),
  );
});

it('F03 the connection hangs: the next provider responds within the connect timeout', async () => {
  const stopped = runChild(new URL('programs/stopped-listener.ts', import.meta.url));
  const port = (await stopped.message()) as number;
  stopped.process.kill('SIGSTOP');
  // The kernel accepts connections until the queue is full; later ones hang.
  const queue = Array.from({ length: 8 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
  onTestFinished(() => queue.forEach((socket) => socket.destroy()));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const spare = await upstreamFor(chat(SPARE));
  const { post } = await gatewayOver([{ baseUrl: `http://127.0.0.1:${port}/v1` } as FakeUpstream, spare], {
    timeouts: SHORT,
  });
  const startedAt = performance.now();
  expect(await textOf(await post({}))).toBe(SPARE);
  expect(performance.now() - startedAt).toBeLessThan(SHORT.connectMs + 600);
});

describe('F04 TLS', () => {
  const file = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));

  async function secureAndSpare(certificate: string, trusted: boolean) {
    nameService({ 'upstream.test': '127.0.0.1' });
    const usual = tls.getCACertificates('default');
    if (trusted) tls.setDefaultCACertificates([file('authority.pem').toString()]);
    onTestFinished(() => tls.setDefaultCACertificates(usual));
    const requests: string[] = [];
    const server = tls.createServer(
      { cert: file(`${certificate}.pem`), key: file(`${certificate}.key`) },
      (socket) => void socket.on('data', (bytes) => void requests.push(bytes.toString())).on('error', () => {}),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const set = await namedAndSpare('upstream.test', (server.address() as net.AddressInfo).port, 'https');
    return { ...set, requests };
  }

  it.each([
    ['of an untrusted authority', 'sound', false],
    ['that has expired', 'expired', true],
    ['for another name', 'other-name', true],
  ])('a certificate %s: not a byte is sent, and the next provider responds', async (_what, certificate, trusted) => {
    const set = await secureAndSpare(certificate, trusted);
    await expectSpareResponse(set);
    expect(set.requests).toEqual([]);
  });

  it('a server without TLS: the next provider responds', async () => {
    nameService({ 'upstream.test': '127.0.0.1' });
    const plain = await upstreamFor();
    const set = await namedAndSpare('upstream.test', plain.port, 'https');
    for (const stream of [false, true]) expect(await textOf(await set.post({ stream }))).toBe(SPARE);
    expect(plain.ledger).toHaveLength(0);
  });
});

describe('F05 a kept connection that the upstream has closed', () => {
  it('resets as it is used: the request is repeated on a new one, and counted once', async () => {
    const { post, faulty } = await faultyAndSpare(stale(chat('fresh')));
    for (let time = 0; time < 5; time++) {
      const response = await post({ stream: time % 2 === 0 });
      expect(response.headers.get('x-nordlys-attempts')).toBe('1');
      expect(await textOf(response)).toBe('fresh');
    }
    // One connection a request, and a second one that had been closed.
    expect(faulty.ledger).toHaveLength(5);
  });

  it('that sends garbage instead was not closed: the request is not repeated', async () => {
    const upstream = await upstreamFor(chat('fresh'));
    const { post } = await gatewayOver([upstream], { maxAttempts: 1 });
    expect(await textOf(await post({}))).toBe('fresh');
    upstream.always(raw('HTTP/9.9 nonsense\r\n\r\n'));
    expect((await post({})).status).toBe(502);
    expect(upstream.ledger).toHaveLength(2);
  });

  it('is closed just as the next request is sent: none of a hundred is lost or served twice', async () => {
    const upstream = await upstreamFor({ script: chat('fresh'), idleTimeoutMs: 30 });
    const { post } = await gatewayOver([upstream], { maxAttempts: 1 });
    for (let time = 0; time < 100; time++) {
      const wait = 28 + (time % 5);
      await new Promise((resolve) => setTimeout(resolve, wait));
      expect(await textOf(await post({}))).toBe('fresh');
    }
    expect(upstream.ledger.filter(({ completed }) => completed)).toHaveLength(100);
  });
});

describe('F06 a reset before the head', () => {
  it('on a new connection: the next provider responds, and the call may be billed', async () => {
    const records: boolean[] = [];
    const set = await faultyAndSpare(reset(), {
      hooks: { afterAttempt: ({ record }) => void records.push(record.possiblyBilled) },
    });
    expect(await textOf(await set.post({}))).toBe(SPARE);
    expect(records).toEqual([true, false]);
  });

  it.each([
    ['with retryNonIdempotent: false', {}, { retryNonIdempotent: false }],
    ['when the response was to be stored at the provider', { store: true }, {}],
  ])('%s no other provider is called', async (_when, body, options) => {
    const { post, spare } = await faultyAndSpare(reset(), options);
    expect((await post(body)).status).toBe(502);
    expect(spare.ledger).toHaveLength(0);
  });
});
