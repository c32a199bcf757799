import request from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import type { AttemptRecord, GatewayOptions, NetworkOptions } from '../../src/index.js';
import { createGateway } from '../../src/index.js';
import { chat, error, type FakeUpstream } from '../../src/testing/index.js';
import { undiciTransport } from '../../src/undici/index.js';
import { connectProxy } from '../support/connect-proxy.js';
import { certificate, tlsFront } from '../support/front.js';
import { readSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor, type Set } from './fixtures.js';

const SPARE = 'from the spare';
const TRANSPORTS = [
  ['http-proxy-middleware', () => undefined],
  ['undici', undiciTransport],
] as const;

describe.each(TRANSPORTS)('a gateway whose provider has a network of its own, by %s', (_name, transport) => {
  interface Watched extends Set {
    readonly records: AttemptRecord[];
    /** All log lines. */
    log(): string;
  }

  /** p0 with `network`, then p1 without. */
  async function over(
    first: Pick<FakeUpstream, 'baseUrl'>,
    network: NetworkOptions,
    options: Partial<GatewayOptions> = {},
  ): Promise<Watched> {
    const spare = await upstreamFor(chat(SPARE));
    const records: AttemptRecord[] = [];
    const lines: unknown[] = [];
    const write = (...given: unknown[]): void => void lines.push(given);
    const providers = {
      p0: { baseUrl: first.baseUrl, apiKey: 'operator-secret-0', models: ['m'], network },
      p1: { baseUrl: spare.baseUrl, models: ['m'] },
    };
    const set = await gatewayOver([], {
      providers,
      logger: { debug: write, info: write, warn: write, error: write },
      hooks: { afterAttempt: ({ record }) => void records.push(record) },
      transport: transport(),
      ...options,
    } as Partial<GatewayOptions>);
    return { ...set, records, log: () => JSON.stringify(lines) };
  }

  const providerOf = async (response: Response): Promise<string | null> => {
    await response.text();
    return response.headers.get('x-nordlys-provider');
  };

  it('responds and streams through a proxy, over TLS', async () => {
    const upstream = await upstreamFor(chat('hello'));
    const front = await tlsFront(upstream.port);
    const proxy = await connectProxy({ credentials: 'gate:pass-word' });
    const { post } = await over(
      { baseUrl: `https://127.0.0.1:${front.port}/v1` },
      { proxy: `http://gate:pass-word@127.0.0.1:${proxy.port}`, ca: certificate('authority.pem') },
    );
    const response = await post({});
    expect(response.headers.get('x-nordlys-provider')).toBe('p0');
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'hello' } }] });
    expect((await readSse(await post({ stream: true }))).at(-1)).toBe('[DONE]');
    expect(proxy.accepted).toBe(1);
    expect(upstream.ledger).toHaveLength(2);
  });

  it.each([
    ['proxy_auth', { credentials: 'other:pair' }, 407],
    ['proxy_refused', { responds: 'HTTP/1.1 502 Bad Gateway\r\n\r\n' }, 502],
    ['proxy_invalid', { responds: 'hello there\r\n\r\n' }, undefined],
    ['proxy_unreachable', undefined, undefined],
  ])('%s: the next provider responds, and record and log state the cause', async (kind, settings, status) => {
    const upstream = await upstreamFor(chat('hello'));
    const port = settings === undefined ? 1 : (await connectProxy(settings)).port;
    const { post, records, log, gateway } = await over(upstream, { proxy: `http://gate:pass-word@127.0.0.1:${port}` });
    expect(await providerOf(await post({}))).toBe('p1');
    expect(records[0]).toMatchObject({
      provider: 'p0',
      outcome: kind,
      status: undefined,
      possiblyBilled: false,
      upstreamError: { status, type: null, code: kind, message: expect.stringContaining(`http://127.0.0.1:${port}`) },
    });
    expect(log()).toContain(`http://127.0.0.1:${port}`);
    const shown = log() + JSON.stringify([records, gateway.status()]) + (await metricsOf(gateway));
    const basic = Buffer.from('gate:pass-word').toString('base64');
    for (const secret of ['pass-word', basic, 'operator-secret']) expect(shown).not.toContain(secret);
    expect(upstream.ledger).toHaveLength(0);
  });

  it('a client gets no detail of the proxy, and the breaker of the endpoint opens', async () => {
    const upstream = await upstreamFor(chat('hello'));
    const proxy = await connectProxy({ responds: 'HTTP/1.1 502 Bad Gateway\r\n\r\n' });
    const network = { proxy: `http://127.0.0.1:${proxy.port}` };
    const providers = { p0: { baseUrl: upstream.baseUrl, models: ['m'], network } };
    const { post, gateway } = await over(upstream, network, { providers, upstreamErrors: 'message', maxAttempts: 1 });
    for (let turn = 0; turn < 10; turn++) {
      const response = await post({});
      expect([502, 503]).toContain(response.status);
      expect(await response.text()).not.toMatch(/proxy|CONNECT|127\.0\.0\.1/);
    }
    expect(JSON.stringify(gateway.status())).toContain('"open"');
  });

  it('connectMs covers the proxy: one that sends nothing times out', async () => {
    const upstream = await upstreamFor(chat('hello'));
    const proxy = await connectProxy({ responds: 'never' });
    const { post, records } = await over(
      upstream,
      { proxy: `http://127.0.0.1:${proxy.port}` },
      { timeouts: { connectMs: 100 } },
    );
    expect(await providerOf(await post({}))).toBe('p1');
    expect(records[0]).toMatchObject({ outcome: 'connect_timeout', possiblyBilled: false });
    await vi.waitFor(() => expect(proxy.connections).toBe(0));
  });

  it('a client that disconnects ends the wait for the proxy', async () => {
    const upstream = await upstreamFor(chat('hello'));
    const proxy = await connectProxy({ responds: 'never' });
    const { post } = await over(upstream, { proxy: `http://127.0.0.1:${proxy.port}` });
    const controller = new AbortController();
    const pending = post({}, { signal: controller.signal }).catch(() => 'aborted');
    await vi.waitFor(() => expect(proxy.requests).toHaveLength(1));
    controller.abort();
    expect(await pending).toBe('aborted');
    await vi.waitFor(() => expect(proxy.connections).toBe(0));
  });

  it("a caller's own key goes to the provider's address through its proxy, on a connection of its own", async () => {
    const upstream = await upstreamFor(chat('hello'));
    const proxy = await connectProxy();
    const { post } = await over(upstream, { proxy: `http://127.0.0.1:${proxy.port}` });
    const own = { provider_configs: { p0: { api_key: 'callers-own-key' } } };
    for (const body of [{}, own, {}, own]) expect(await providerOf(await post(body))).toBe('p0');
    expect(proxy.accepted).toBe(2);
    expect(upstream.ledger.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer operator-secret-0',
      'Bearer callers-own-key',
      'Bearer operator-secret-0',
      'Bearer callers-own-key',
    ]);
  });

  it("a caller's own address is never reached through the proxy, which would reach what the guard refuses", async () => {
    const upstream = await upstreamFor(chat('hello'));
    const internal = await upstreamFor(chat('internal'));
    const proxy = await connectProxy({ hosts: { localhost: '127.0.0.1' } });
    const { post } = await over(
      upstream,
      { proxy: `http://127.0.0.1:${proxy.port}` },
      { callerOverrides: { allowedOrigins: [`http://localhost:${internal.port}`] }, maxAttempts: 1 },
    );
    const response = await post({
      provider_only: ['p0'],
      provider_configs: {
        p0: { api_key: 'callers-own-key', base_url: `http://localhost:${internal.port}/v1` },
      },
    });
    expect(response.status).toBe(502);
    expect(proxy.accepted + internal.accepted).toBe(0);
  });

  it('secrets of the network that an upstream repeats are redacted for the client', async () => {
    const upstream = await upstreamFor(error(400, 'you came with gate:pass-word and pass-word'));
    const proxy = await connectProxy();
    const { post, records, log } = await over(upstream, { proxy: `http://gate:pass-word@127.0.0.1:${proxy.port}` });
    const response = await post({});
    expect(response.status).toBe(400);
    const shown = (await response.text()) + JSON.stringify(records) + log();
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain('pass-word');
  });

  it('update() moves the provider behind another proxy, and a wrong one changes nothing', async () => {
    const upstream = await upstreamFor(chat('hello'));
    const [first, second] = [await connectProxy(), await connectProxy()];
    const { post, gateway } = await over(upstream, { proxy: `http://127.0.0.1:${first.port}` });
    const via = (proxy: string) => ({ p0: { baseUrl: upstream.baseUrl, models: ['m'], network: { proxy } } });
    await providerOf(await post({}));
    gateway.update(via(`http://127.0.0.1:${second.port}`));
    await providerOf(await post({}));
    expect(() => gateway.update(via('socks5://127.0.0.1'))).toThrow(/providers\.p0\.network\.proxy/);
    await providerOf(await post({}));
    expect([first.accepted, second.accepted]).toEqual([1, 1]);
  });

  it('NODE_USE_ENV_PROXY and the variables beside it hold for providers without a setting', async () => {
    const upstream = await upstreamFor(chat('hello'));
    const proxy = await connectProxy();
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('NO_PROXY', '');
    try {
      const providers = {
        p0: { baseUrl: upstream.baseUrl, models: ['m'] },
        p1: { baseUrl: upstream.baseUrl, models: ['direct'], network: { proxy: false as const } },
      };
      const { post } = await over(upstream, {}, { providers });
      await providerOf(await post({}));
      await providerOf(await post({ model: 'direct' }));
    } finally {
      vi.unstubAllEnvs();
    }
    expect([upstream.ledger.length, proxy.accepted]).toEqual([2, 1]);
  });
});

describe("a host's own transport", () => {
  const options = (supportsNetwork: boolean | undefined, network: NetworkOptions | undefined) => ({
    keys: ['demo-key'],
    providers: { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'], network } },
    transport: {
      open: () => ({ abort() {} }),
      sockets: () => ({ active: 0, idle: 0 }),
      close() {},
      supportsNetwork,
    },
  });

  it('is refused if it would drop a network, also by update()', () => {
    const network = { proxy: 'http://proxy.test' };
    expect(() => createGateway(options(undefined, network))).toThrow(
      /^providers\.p\.network needs a transport that supports it/,
    );
    const gateway = createGateway(options(undefined, undefined));
    expect(() => gateway.update(options(undefined, network).providers)).toThrow(/providers\.p\.network needs/);
    expect(() => createGateway(options(true, network))).not.toThrow();
  });
});

async function metricsOf(gateway: Set['gateway']): Promise<string> {
  const response = await request(gateway.metrics).get('/metrics').set('authorization', 'Bearer demo-key');
  expect(response.status).toBe(200);
  return response.text;
}
