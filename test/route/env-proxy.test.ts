import { describe, expect, it } from 'vitest';
import { envProxyFor, usesEnvProxy } from '../../src/route/options/env-proxy.js';
import { resolveBaseUrl } from '../../src/route/options/base-url.js';

const urlOf = (baseUrl: string) => resolveBaseUrl('baseUrl', baseUrl, '/chat/completions');
const proxyOf = (baseUrl: string, env: Record<string, string>) => envProxyFor(urlOf(baseUrl), { env, execArgv: [] });

describe('the environment names a proxy', () => {
  it.each([
    [{ NODE_USE_ENV_PROXY: '1' }, [], true],
    [{ NODE_USE_ENV_PROXY: '0' }, [], false],
    [{ HTTPS_PROXY: 'http://p' }, [], false],
    [{ NODE_OPTIONS: '--enable-source-maps --use-env-proxy' }, [], true],
    [{ NODE_OPTIONS: '--no-use-env-proxy' }, [], false],
    [{}, ['--use-env-proxy'], true],
  ])('that is used only if Node itself is configured so: %j %j', (env, execArgv, uses) => {
    expect(usesEnvProxy({ env, execArgv })).toBe(uses);
  });

  it.each([
    ['https://a.test', { HTTPS_PROXY: 'http://upper' }, 'http://upper'],
    ['https://a.test', { HTTPS_PROXY: 'http://upper', https_proxy: 'http://lower' }, 'http://lower'],
    ['https://a.test', { HTTPS_PROXY: 'http://upper', https_proxy: '' }, 'http://upper'],
    ['https://a.test', { HTTPS_PROXY: ' http://upper ' }, 'http://upper'],
    ['https://a.test', { HTTP_PROXY: 'http://plain', ALL_PROXY: 'http://all' }, undefined],
    ['http://a.test', { HTTP_PROXY: 'http://plain', HTTPS_PROXY: 'http://upper' }, 'http://plain'],
    ['http://a.test', { HTTPS_PROXY: 'http://upper' }, undefined],
  ] as const)('for %s, of %j: %s', (baseUrl, env, address) => {
    expect(proxyOf(baseUrl, env)?.address).toBe(address);
  });
});

describe('NO_PROXY', () => {
  it.each([
    ['*', 'https://a.test', true],
    ['a.test', 'https://a.test', true],
    ['A.Test', 'https://a.test', true],
    ['a.test', 'https://b.a.test', false],
    ['a.test', 'https://xa.test', false],
    ['.a.test', 'https://b.a.test', true],
    ['.a.test', 'https://a.test', true],
    ['.a.test', 'https://xa.test', false],
    ['*.a.test', 'https://c.b.a.test', true],
    ['*.a.test', 'https://a.test', false],
    ['*.a.test', 'https://xa.test', false],
    ['other.test, a.test', 'https://a.test', true],
    ['other.test a.test', 'https://a.test', true],
    [',,', 'https://a.test', false],
    ['', 'https://a.test', false],
    ['a.test:8443', 'https://a.test:8443', true],
    ['a.test:8443', 'https://a.test', false],
    ['a.test:443', 'https://a.test', true],
    ['a.test:80', 'http://a.test', true],
    ['.a.test:443', 'https://b.a.test', true],
    ['10.1.2.3', 'http://10.1.2.3:8000', true],
    ['10.1.2.3:8000', 'http://10.1.2.3:8000', true],
    ['10.1.2.3:8001', 'http://10.1.2.3:8000', false],
    ['10.0.0.0/8', 'http://10.1.2.3', true],
    ['10.0.0.0/8', 'http://11.1.2.3', false],
    ['10.0.0.0/99', 'http://10.0.0.0', false],
    ['10.0.0.0/x', 'http://10.0.0.0', false],
    ['0.0.0.0/0', 'http://[2001:db8::1]', false],
    ['::1', 'http://[::1]:8000', true],
    ['[::1]', 'http://[::1]:8000', true],
    ['[::1]:8000', 'http://[::1]:8000', true],
    ['[::1]:8001', 'http://[::1]:8000', false],
    ['2001:db8::/32', 'http://[2001:db8::1]', true],
    ['localhost', 'http://127.0.0.1', false],
  ])('%j and %s: excluded %s', (exceptions, baseUrl, isExcluded) => {
    const proxies = { HTTPS_PROXY: 'http://p', HTTP_PROXY: 'http://p' };
    expect(proxyOf(baseUrl, { ...proxies, NO_PROXY: exceptions }) === undefined).toBe(isExcluded);
    expect(proxyOf(baseUrl, { ...proxies, no_proxy: exceptions }) === undefined).toBe(isExcluded);
  });

  it('in lower case wins', () => {
    expect(proxyOf('http://a.test', { HTTP_PROXY: 'http://p', no_proxy: 'b.test', NO_PROXY: 'a.test' })).toBeDefined();
  });
});
