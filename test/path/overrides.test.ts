import dns from 'node:dns';
import net from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { chat, error, hang } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const BYOK = 'callers-own-key-1234';

describe("a caller's own key", () => {
  it("is sent to the provider's own address, and shared with no other request", async () => {
    const upstream = await upstreamFor();
    const { post } = await gatewayOver([upstream], { cache: {} });
    for (let time = 0; time < 2; time++) {
      const response = await post({ provider_configs: { p0: { api_key: BYOK } } });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-nordlys-cache')).toBe('BYPASS');
      await response.text();
    }
    await (await post({})).text();
    expect(upstream.ledger.map(({ headers }) => headers['authorization'])).toEqual([
      `Bearer ${BYOK}`,
      `Bearer ${BYOK}`,
      'Bearer operator-secret-0',
    ]);
    expect(upstream.ledger[0]!.text).not.toContain('provider_configs');
    // Sockets that carried a caller's key do not carry the operator's.
    expect(upstream.ledger[2]!.connection).not.toBe(upstream.ledger[0]!.connection);
  });

  it('that is refused is the caller’s 401, and affects no other caller', async () => {
    const upstream = await upstreamFor(({ headers }) =>
      headers['authorization'] === `Bearer ${BYOK}`
        ? error(401, {
            error: {
              message: `Incorrect API key: ${BYOK}`,
              type: 'invalid_request_error',
              param: null,
              code: 'invalid_api_key',
            },
          })
        : chat('fine'),
    );
    const { post } = await gatewayOver([upstream]);
    for (let time = 0; time < 10; time++) {
      const response = await post({ provider_configs: { p0: { api_key: BYOK } } });
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain(BYOK);
    }
    expect((await post({})).status).toBe(200);
  });

  it('whose calls fail opens no breaker for others', async () => {
    const upstream = await upstreamFor(({ headers }) =>
      headers['authorization'] === `Bearer ${BYOK}` ? error(500) : chat('fine'),
    );
    const { post, gateway } = await gatewayOver([upstream], { maxAttempts: 1 });
    for (let time = 0; time < 30; time++) await (await post({ provider_configs: { p0: { api_key: BYOK } } })).text();
    expect((await post({})).status).toBe(200);
    expect(gateway.status().endpoints[0]).toMatchObject({ failed: 0, readiness: { breaker: { failures: 0 } } });
  });

  it('may set shorter timeouts than the operator', async () => {
    const { post } = await gatewayOver([await upstreamFor(hang({ after: 'request' }))], { maxAttempts: 1 });
    const response = await post({
      provider_configs: { p0: { api_key: BYOK, endpoint_overrides: { chat_completions: { timeout: 100 } } } },
    });
    expect(response.status).toBe(504);
  });
});

describe("a caller's own address", () => {
  it('is called when the operator lists its origin, with the caller’s key only', async () => {
    const [own, theirs] = [await upstreamFor(), await upstreamFor(chat('from the caller’s upstream'))];
    const { post } = await gatewayOver([own], { callerOverrides: { allowedOrigins: [theirs.origin] } });
    const response = await post({ provider_configs: { p0: { api_key: BYOK, base_url: theirs.baseUrl } } });
    expect(await response.text()).toContain('from the caller');
    expect(own.ledger).toHaveLength(0);
    expect(theirs.ledger[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${BYOK}` },
    });
    expect(JSON.stringify(theirs.ledger[0]!.rawHeaders)).not.toContain('operator-secret');
  });

  it.each([
    ['without a key', { base_url: 'LISTED' }, 'key_required_for_base_url'],
    ['with an empty key', { base_url: 'LISTED', api_key: '' }, 'key_required_for_base_url'],
    ['at another port', { base_url: 'http://127.0.0.1:1/v1', api_key: BYOK }, 'base_url_not_allowed'],
    ['of a metadata service', { base_url: 'http://169.254.169.254/latest', api_key: BYOK }, 'base_url_not_allowed'],
    ['in another spelling', { base_url: 'http://0x7f000001/v1', api_key: BYOK }, 'base_url_not_allowed'],
    ['with userinfo', { base_url: 'http://127.0.0.1@evil.example/v1', api_key: BYOK }, 'base_url_not_allowed'],
    [
      'in the endpoint’s override',
      { api_key: BYOK, endpoint_overrides: { chat_completions: { base_url: 'http://10.0.0.1/v1' } } },
      'base_url_not_allowed',
    ],
  ])('is refused %s, and nothing is connected to', async (_what, config, code) => {
    const [own, theirs] = [await upstreamFor(), await upstreamFor()];
    const { post, baseUrl } = await gatewayOver([own], { callerOverrides: { allowedOrigins: [theirs.origin] } });
    const connect = vi.spyOn(net, 'connect');
    const text = JSON.stringify(config).replace('LISTED', theirs.baseUrl);
    const response = await post({ provider_configs: { p0: JSON.parse(text) } });
    expect(response.status).toBe(400);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code, param: expect.stringMatching(/^provider_configs\.p0/) } });
    expect(body).not.toContain(BYOK);
    expect(own.ledger.length + theirs.ledger.length).toBe(0);
    // Our own client has connected to the gateway, and nothing else was connected.
    const ports = connect.mock.calls.map(([options]) => String((options as unknown as net.TcpNetConnectOpts).port));
    expect(ports.filter((port) => port !== new URL(baseUrl).port)).toEqual([]);
    connect.mockRestore();
  });

  it('whose name resolves to this machine is not connected: the guard checks where sockets are opened', async () => {
    const own = await upstreamFor();
    const { post } = await gatewayOver([own], {
      callerOverrides: { allowedOrigins: [`http://rebound.example.com:${own.port}`] },
    });
    const lookup = vi
      .spyOn(dns, 'lookup')
      .mockImplementation(((
        _host: string,
        _options: unknown,
        done: (error: null, responses: dns.LookupAddress[]) => void,
      ) => done(null, [{ address: '127.0.0.1', family: 4 }])) as never);
    const response = await post({
      provider_configs: { p0: { api_key: BYOK, base_url: `http://rebound.example.com:${own.port}/v1` } },
    });
    expect(lookup).toHaveBeenCalled();
    lookup.mockRestore();
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({
      error: { code: 'upstream_unreachable', message: 'The upstream provider could not be reached.' },
    });
    expect(own.accepted).toBe(0);
  });
});
