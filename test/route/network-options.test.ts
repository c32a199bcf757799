import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../src/route/registry.js';
import { resolveBaseUrl } from '../../src/route/options/base-url.js';
import { resolveNetwork } from '../../src/route/options/network-options.js';
import { certificate } from '../support/front.js';

const ca = certificate('authority.pem');
const cert = certificate('client.pem');
const key = certificate('client.key');
const encrypted = certificate('client.encrypted.key');
const QUIET = { env: {}, execArgv: [] };

function networkOf(
  options: unknown,
  baseUrl = 'https://llm.test/v1',
  settings: Parameters<typeof resolveNetwork>[3] = QUIET,
) {
  return resolveNetwork('providers.p.network', options, resolveBaseUrl('b', baseUrl, '/chat/completions'), settings);
}

describe('network', () => {
  it.each([[undefined], [null], [{}], [{ proxy: false }], [{ proxy: null, ca: null, rejectUnauthorized: true }]])(
    '%j changes nothing',
    (options) => expect(networkOf(options)).toBeUndefined(),
  );

  it('is resolved with the provider table, and its mistakes are refused with it', () => {
    const registryOf = (network: object) =>
      createRegistry({ providers: { p: { baseUrl: 'https://llm.test/v1', models: ['m'], network } } });
    const { table } = registryOf({ proxy: 'http://proxy.test:3128' });
    expect(table.providers.get('p')?.network?.proxy).toMatchObject({
      origin: 'http://proxy.test:3128',
      hostname: 'proxy.test',
      port: 3128,
      secure: false,
    });
    expect(() => registryOf({ prxy: 'http://proxy.test' })).toThrow(/providers\.p\.network.*Did you mean "proxy"/);
  });

  it.each([
    [{ proxy: 'http://[::1]:3128' }, { hostname: '::1', port: 3128, secure: false }],
    [{ proxy: 'http://proxy.test' }, { hostname: 'proxy.test', port: 80 }],
    [{ proxy: 'https://proxy.test/' }, { hostname: 'proxy.test', port: 443, secure: true }],
  ])('%j', (options, proxy) => expect(networkOf(options)?.proxy).toMatchObject(proxy));

  const paths = 'must be the address of an HTTP proxy';
  it.each([
    ['text', 'must be an object'],
    [{ proxy: true }, paths],
    [{ proxy: 5 }, paths],
    [{ proxy: '' }, paths],
    [{ proxy: 'proxy.test:3128' }, paths],
    [{ proxy: 's3cret:s3cret@proxy.test:3128' }, paths],
    [{ proxy: 'socks5://s3cret:s3cret@proxy.test:1080' }, 'SOCKS is not supported'],
    [{ proxy: 'http://s3cret:s3cret@proxy.test/path' }, 'must end after host and port'],
    [{ proxy: 'http://s3cret:s3cret@proxy.test/?a=b' }, 'must end after host and port'],
    [{ proxy: 'http://s3cret:s3cret%@proxy.test' }, 'must write special characters'],
    [{ proxy: 'http://s3%3Acret:s3cret@proxy.test' }, 'must not have a ":" in its user name'],
    [{ rejectUnauthorized: false }, 'rejectUnauthorized cannot be turned off'],
    [{ rejectUnauthorized: 0 }, 'rejectUnauthorized cannot be turned off'],
    [{ ca: '/etc/ssl/s3cret.pem' }, 'network.ca must be PEM'],
    [{ ca: [] }, 'network.ca is an empty list'],
    [{ ca: [ca, 7] }, 'network.ca[1] must be PEM'],
    [{ ca: Buffer.from('s3cret') }, 'network.ca must be PEM'],
    [{ ca: key }, 'network.ca must be PEM (-----BEGIN CERTIFICATE-----)'],
    [
      { ca: '-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----' },
      'network.ca contains a certificate that cannot',
    ],
    [{ ca: '-----BEGIN CERTIFICATE-----\ns3cret' }, 'network.ca contains a certificate that cannot'],
    [{ ca: `${ca.toString()}-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----` }, 'cannot be read'],
    [{ cert }, 'network.cert needs providers.p.network.key'],
    [{ key }, 'network.key needs providers.p.network.cert'],
    [{ passphrase: 's3cret' }, 'network.passphrase has no effect without'],
    [{ cert, key: cert }, 'network.key must be PEM (-----BEGIN PRIVATE KEY-----)'],
    [{ cert, key: certificate('server.key') }, 'network.key is not the key of the first certificate'],
    [{ cert, key: encrypted }, 'network.key cannot be read: is the key complete, and the passphrase missing?'],
    [
      { cert, key: encrypted, passphrase: 's3cret' },
      'network.key cannot be read: is the key complete, and the passphrase right?',
    ],
    [{ cert, key: encrypted, passphrase: 5 }, 'network.passphrase must be a string'],
    [{ servername: '10.0.0.1' }, 'network.servername must be a host name'],
    [{ servername: 'a b' }, 'network.servername must be a host name'],
    [{ socketPath: 'llm.sock' }, 'network.socketPath must be the absolute path'],
    [{ socketPath: '/run/\0x' }, 'network.socketPath must be the absolute path'],
    [{ socketPath: `/run/${'x'.repeat(120)}` }, 'network.socketPath must be at most 107 bytes'],
    [{ socketPath: '/run/llm.sock', proxy: 'http://proxy.test' }, 'network.proxy cannot be combined'],
  ])('%j is refused: %s', (options, message) => {
    expect(() => networkOf(options)).toThrow(TypeError);
    expect(() => networkOf(options)).toThrow(message);
    // Where a secret may stand, nothing of the value is shown.
    expect(() => networkOf(options)).not.toThrow(/s3cret/);
  });

  it.each([
    [{ cert, key }, 'network.cert has no effect'],
    [{ servername: 'llm.test' }, 'network.servername has no effect'],
    [{ ca }, 'network.ca has no effect'],
    [{ ca, proxy: 'http://proxy.test' }, 'network.ca has no effect'],
  ])('%j is refused for an upstream without TLS', (options, message) => {
    expect(() => networkOf(options, 'http://llm.test/v1')).toThrow(message);
  });

  it('accepts authorities for a proxy with TLS in front of an upstream without', () => {
    expect(networkOf({ ca, proxy: 'https://proxy.test' }, 'http://llm.test/v1')?.proxy?.secureContext).toBeDefined();
  });

  it('shows no secret when printed', () => {
    const network = networkOf({
      proxy: 'http://gate:pass-word@proxy.test',
      cert,
      key: encrypted,
      passphrase: 'key-passphrase',
    })!;
    const shown = JSON.stringify(network) + inspect(network, { depth: 5 });
    const basic = Buffer.from('gate:pass-word').toString('base64');
    for (const secret of ['pass-word', 'key-passphrase', basic, 'PRIVATE KEY']) expect(shown).not.toContain(secret);
    expect(network.proxy?.authorization()).toBe(`Basic ${basic}`);
    expect(network.secrets()).toEqual(['gate:pass-word', 'pass-word', 'key-passphrase', encrypted.toString()]);
  });

  it('has one id for equal settings, and another for any other', () => {
    const settings = [
      { proxy: 'http://proxy.test' },
      { proxy: 'http://proxy.test:81' },
      { proxy: 'http://a:b@proxy.test' },
      { proxy: 'http://a:c@proxy.test' },
      { ca },
      { ca: [ca, ca] },
      { cert, key },
      { servername: 'a.test' },
      { socketPath: '/run/a.sock' },
    ];
    const ids = settings.map((options) => networkOf(options)!.id);
    expect(new Set(ids).size).toBe(settings.length);
    expect(settings.map((options) => networkOf(structuredClone(options))!.id)).toEqual(ids);
    expect(networkOf({ ca: ca.toString() })!.id).toBe(networkOf({ ca })!.id);
  });
});

describe('the proxy of the environment', () => {
  const env = { HTTPS_PROXY: 'http://env:s3cret@proxy.test:3128', NO_PROXY: 'direct.test' };
  const enabled = { env: { ...env, NODE_USE_ENV_PROXY: '1' }, execArgv: [] };
  const disabled = { env, execArgv: [] };
  const originOf = (...given: Parameters<typeof networkOf>) => networkOf(...given)?.proxy?.origin;
  const URL = 'https://llm.test/v1';

  it.each([
    ['with NODE_USE_ENV_PROXY', undefined, URL, enabled, 'http://proxy.test:3128'],
    ['without', undefined, URL, disabled, undefined],
    ['if the provider sets it', { proxy: 'env' }, URL, disabled, 'http://proxy.test:3128'],
    ['not if the provider sets false', { proxy: false }, URL, enabled, undefined],
    ['not where it has its own', { proxy: 'http://own.test' }, URL, enabled, 'http://own.test'],
    ['not for a host of NO_PROXY', undefined, 'https://direct.test/v1', enabled, undefined],
    ['not for http://, for which it names none', undefined, 'http://llm.test/v1', enabled, undefined],
    ['not for a unix socket', { socketPath: '/run/a.sock' }, URL, enabled, undefined],
    ['beside other settings', { ca }, URL, enabled, 'http://proxy.test:3128'],
  ])('is used %s', (_when, options, baseUrl, settings, origin) => {
    expect(originOf(options, baseUrl, settings)).toBe(origin);
  });

  it('is refused at start-up by the name of its variable where it is wrong', () => {
    const wrong = { env: { NODE_USE_ENV_PROXY: '1', https_proxy: 'env:s3cret@proxy' }, execArgv: [] };
    expect(() => networkOf(undefined, URL, wrong)).toThrow(/^https_proxy \(environment variable\) must be the address/);
    expect(() => networkOf(undefined, URL, wrong)).not.toThrow(/s3cret/);
  });
});
