import { readFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AttemptRecord, Diagnostic, GatewayOptions } from '../../src/index.js';
import { describeReceived, describeRequest } from '../../src/proxy/failover/sent-and-received.js';
import { UpstreamFailure } from '../../src/proxy/upstream-failure.js';
import { chat, error, json, reset, type ScriptSource } from '../../src/testing/index.js';
import { undiciTransport } from '../../src/undici/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { nameService } from '../support/name-service.js';

const file = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));

async function portOf(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** One request over a provider at `baseUrl`, and all that is reported of it. */
async function accountOf(baseUrl: string, options: Partial<GatewayOptions> = {}, body: object = {}) {
  const records: AttemptRecord[] = [];
  const reported: Diagnostic[] = [];
  const lines: Record<string, unknown>[] = [];
  const write = (facts: object): void => void lines.push({ ...facts });
  const { post } = await gatewayOver([], {
    maxAttempts: 1,
    providers: { p0: { baseUrl, apiKey: 'operator-secret-0', models: ['m'] } },
    hooks: { afterAttempt: ({ record }) => void records.push(record) },
    onDiagnostic: (diagnostic) => void reported.push(diagnostic),
    logger: { debug: write, info: write, warn: write, error: write },
    ...options,
  });
  const response = await post(body);
  const text = await response.text();
  await expect.poll(() => records).toHaveLength(1);
  return { record: records[0]!, reported, lines, text };
}

const transports = [
  ['the default transport', () => undefined],
  ['undici', undiciTransport],
] as const;

describe.each(transports)('a failed attempt over %s records what was sent and received', (_name, transport) => {
  it('TLS spoken to a plain port', async () => {
    const port = await portOf(http.createServer((_req, res) => res.end('{}')));
    const { record, reported, lines } = await accountOf(`https://127.0.0.1:${port}/v1`, { transport: transport() });
    expect(record).toMatchObject({
      outcome: 'tls',
      sent: `POST https://127.0.0.1:${port}/v1/chat/completions`,
      received: expect.stringContaining('wrong version number'),
    });
    expect(reported).toMatchObject([
      { code: 'NORDLYS_UPSTREAM_NO_TLS', message: expect.stringContaining(`"p0": ${record.sent} got`) },
    ]);
    expect(lines).toContainEqual(
      expect.objectContaining({ sent: record.sent, received: record.received, outcome: 'tls' }),
    );
  });

  it.each([
    ['signed by an unknown authority', 'sound', false, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify/],
    ['for another name', 'other-name', true, /ERR_TLS_CERT_ALTNAME_INVALID/],
    ['that has expired', 'expired', true, /CERT_HAS_EXPIRED/],
  ])('a certificate %s', async (_what, name, isTrusted, received) => {
    nameService({ 'upstream.test': '127.0.0.1' });
    onTestFinished(() => void vi.restoreAllMocks());
    const usual = tls.getCACertificates('default');
    if (isTrusted) tls.setDefaultCACertificates([file('authority.pem').toString()]);
    onTestFinished(() => tls.setDefaultCACertificates(usual));
    const server = tls.createServer({ cert: file(`${name}.pem`), key: file(`${name}.key`) });
    server.on('tlsClientError', () => undefined);
    const port = await portOf(server);
    const { record, reported } = await accountOf(`https://upstream.test:${port}/v1`, { transport: transport() });
    expect(record).toMatchObject({ outcome: 'tls', received: expect.stringMatching(received) });
    expect(reported).toMatchObject([{ code: 'NORDLYS_UPSTREAM_CERTIFICATE' }]);
  });

  it('a port where nothing listens', async () => {
    const server = net.createServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    const { record, reported } = await accountOf(`http://127.0.0.1:${port}/v1`, { transport: transport() });
    expect(record).toMatchObject({ outcome: 'refused', received: expect.stringMatching(/^ECONNREFUSED: /) });
    expect(reported).toEqual([]);
  });

  it('a name that does not exist', async () => {
    nameService({
      'nowhere.test': Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.test'), { code: 'ENOTFOUND' }),
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const { record } = await accountOf('http://nowhere.test/v1', { transport: transport() });
    expect(record).toMatchObject({ outcome: 'unreachable', received: 'ENOTFOUND: getaddrinfo ENOTFOUND nowhere.test' });
  });

  it('a connection that is reset', async () => {
    const { baseUrl } = await upstreamFor(reset({ after: 'request' }));
    const { record } = await accountOf(baseUrl, { transport: transport() });
    expect(record).toMatchObject({ outcome: 'reset', received: expect.stringMatching(/^\w+: ./) });
  });
});

describe('a base URL', () => {
  const rows: readonly [string, ScriptSource, string, string[]][] = [
    [
      'without /v1, OpenAI',
      json(
        {
          error: {
            message: 'Invalid URL (POST /chat/completions)',
            type: 'invalid_request_error',
            param: null,
            code: null,
          },
        },
        { status: 404 },
      ),
      '',
      ['NORDLYS_BASE_URL_PATH'],
    ],
    ['without /v1, FastAPI', json({ detail: 'Not Found' }, { status: 404 }), '', ['NORDLYS_BASE_URL_PATH']],
    ['without /v1, a page', error(405), '', ['NORDLYS_BASE_URL_PATH']],
    [
      'without /v1, where the model is missing',
      json({ error: { message: 'No such model', code: 'model_not_found' } }, { status: 404 }),
      '',
      [],
    ],
    [
      'with /v1, where the model is missing',
      json({ error: { message: 'x', code: 'model_not_found' } }, { status: 404 }),
      '/v1',
      [],
    ],
    ['with /v1beta/openai and an unknown path', json({ detail: 'Not Found' }, { status: 404 }), '/v1beta/openai', []],
    [
      'of a TLS port with http',
      error(400, { error: { message: 'Client sent an HTTP request to an HTTPS server.' } }),
      '/v1',
      ['NORDLYS_UPSTREAM_WANTS_TLS'],
    ],
    ['without /v1 that works', chat('fine'), '', []],
    ['without /v1 that is overloaded', error(503), '', []],
  ];
  it.each(rows)('%s', async (_what, script, path, codes) => {
    const { origin } = await upstreamFor(script);
    const { record, reported } = await accountOf(origin + path);
    expect(reported.map(({ code }) => code)).toEqual(codes);
    const { status, sent, received } = record;
    if (record.outcome === 'ok') expect([sent, received]).toEqual([undefined, undefined]);
    else expect([sent, received]).toEqual([`POST ${origin}${path}/chat/completions`, `HTTP ${status}`]);
  });

  it('of the caller’s own is not the operator’s mistake', async () => {
    const { origin } = await upstreamFor(error(404, { detail: 'Not Found' }));
    const body = { provider_configs: { p0: { api_key: 'callers-own-key', base_url: origin } } };
    const { record, reported } = await accountOf(origin, { callerOverrides: { allowedOrigins: [origin] } }, body);
    expect(record).toMatchObject({ callerKey: true, received: 'HTTP 404' });
    expect(reported).toEqual([]);
  });
});

describe('what was sent', () => {
  it('holds no query, no key, and is not shown to clients', async () => {
    const { origin } = await upstreamFor(error(404));
    const { record, lines, text } = await accountOf(`${origin}/operator-secret-0/v1?key=query-secret`);
    expect(record.sent).toBe(`POST ${origin}/[redacted]/v1/chat/completions`);
    expect(JSON.stringify(lines)).not.toMatch(/operator-secret|query-secret/);
    expect(text).not.toContain(origin);
  });

  it.each([
    ['credential', Object.assign(new Error('vault: secret text'), { code: 'EVAULT' })],
    ['host_code', Object.assign(new Error('secret text'), { code: 'ERR_HOST' })],
    ['reset', new Error('no code')],
    ['headers_timeout', undefined],
  ] as const)('is all that is reported of %s', (kind, cause) => {
    expect(describeReceived(new UpstreamFailure(kind, { cause }), [])).toBeUndefined();
  });

  it('is shortened, without secrets', () => {
    const cause = Object.assign(new Error(`key-1234 ${'x'.repeat(1_000)}`), { code: 'ECONNRESET' });
    const received = describeReceived(new UpstreamFailure('reset', { cause }), ['key-1234'])!;
    expect(received).toMatch(/^ECONNRESET: \[redacted\] x+…$/);
    expect(received.length).toBeLessThan(300);
    const url = {
      origin: 'https://a.test',
      protocol: 'https:',
      hostname: 'a.test',
      port: '443',
      path: '/v1?a=b',
    } as const;
    expect(describeRequest(url, [])).toBe('POST https://a.test/v1');
  });
});
