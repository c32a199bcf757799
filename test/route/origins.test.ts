import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileOrigins } from '../../src/route/options/origins.js';

const list = compileOrigins('callerOverrides.allowedOrigins', [
  'https://api.example.com',
  'https://api.example.com:8443',
  'http://10.0.0.5:8000',
  'http://127.0.0.1:4000',
  'http://[::1]:4000',
  'http://localhost:5000',
  'https://vllm.models.svc.cluster.local',
  'https://xn--bcher-kva.example',
  'https://*.partners.example.com',
]);
const url = (address: string) => list.urlFor(address, '/chat/completions');

describe('addresses on the list', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com', '/chat/completions'],
    ['https://api.example.com/', 'https://api.example.com', '/chat/completions'],
    ['https://api.example.com/v1', 'https://api.example.com', '/v1/chat/completions'],
    ['https://api.example.com/v1//', 'https://api.example.com', '/v1/chat/completions'],
    ['https://api.example.com:443/v1', 'https://api.example.com', '/v1/chat/completions'],
    ['HTTPS://API.Example.com/V1', 'https://api.example.com', '/V1/chat/completions'],
    ['https://api.example.com:8443/a-b_c.d~e', 'https://api.example.com:8443', '/a-b_c.d~e/chat/completions'],
    ['http://10.0.0.5:8000/v1', 'http://10.0.0.5:8000', '/v1/chat/completions'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000', '/chat/completions'],
    ['http://[::1]:4000', 'http://[::1]:4000', '/chat/completions'],
    ['http://localhost:5000', 'http://localhost:5000', '/chat/completions'],
    ['https://vllm.models.svc.cluster.local', 'https://vllm.models.svc.cluster.local', '/chat/completions'],
    ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example', '/chat/completions'],
    ['https://one.partners.example.com/v1', 'https://one.partners.example.com', '/v1/chat/completions'],
  ])('%s', (address, origin, path) => {
    expect(url(address)).toMatchObject({ origin, path });
  });
});

describe('addresses that are refused', () => {
  test.each([
    // Not on the list, or nearly.
    'https://example.com',
    'http://api.example.com',
    'https://api.example.com:444',
    'https://api.example.com:0',
    'https://api.example.com.evil.test',
    'https://evil-api.example.com',
    'https://partners.example.com',
    'https://a.b.partners.example.com',
    'http://one.partners.example.com',
    'https://one.partners.example.com:8443',
    'https://xn--pi-6kc.partners.example.com',
    'https://metadata.partners.example.com',
    'http://10.0.0.5',
    'http://10.0.0.5:8001',
    'http://localhost',
    'http://localhost:5000.',
    // Other spellings of 127.0.0.1, which is on the list.
    ...[
      '127.1',
      '127.0.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '017700000001',
      '127.0.0.1.',
      '127.0.0.1%2e',
      '①②⑦.⓪.⓪.①',
      '１２７.0.0.1',
      '127。0。0。1',
      '[::ffff:127.0.0.1]',
      '[0:0:0:0:0:ffff:7f00:1]',
      '[::127.0.0.1]',
      '[0:0:0:0:0:0:0:1]',
    ].map((host) => `http://${host}:4000`),
    'http:127.0.0.1:4000',
    'http:/127.0.0.1:4000',
    'http:\\\\127.0.0.1:4000',
    '  http://127.0.0.1:4000',
    'http://127.0.0.1:4000 ',
    '//127.0.0.1:4000',
    '127.0.0.1:4000',
    // Hosts of this machine and of its network.
    ...[
      '0',
      '0x',
      '0.0.0.0',
      '[::]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[::ffff:0:a9fe:a9fe]',
      '[fe80::1%25lo]',
      '169.254.169.254',
      '256.1.1.1',
      '1.2.3.4.5',
      'LOCALHOST',
      'localhost.',
      'foo.localhost',
      'metadata.google.internal',
      '169.254.169.254.nip.io',
      'lvh.me',
    ].flatMap((host) => [`http://${host}/`, `https://${host}/`]),
    // Parts that move the host.
    'https://user@api.example.com',
    'https://api.example.com@127.0.0.1',
    'https://api.example.com:x@api.example.com',
    'https://127.0.0.1\\@api.example.com',
    'https://api.example.com#@evil.test',
    'https://api.example.com/v1#x',
    'https://api.example.com/v1?key=x',
    'https://api.example.com?x',
    'https://api.example.com\\v1',
    'https://ap\ti.example.com',
    'https://ap\ni.example.com',
    'https://аpi.example.com',
    'https://api.example.com.',
    'https://%61pi.example.com',
    // Paths that are not what they seem.
    'https://api.example.com/v1/../admin',
    'https://api.example.com/./v1',
    'https://api.example.com/a//b',
    'https://api.example.com/v1/%2e%2e/admin',
    'https://api.example.com/a;b',
    'https://api.example.com/a b',
    `https://api.example.com/${'a'.repeat(256)}`,
    `https://api.example.com/${'a/'.repeat(1_500)}`,
    // Other schemes.
    'unix:/var/run/docker.sock',
    'file:///etc/passwd',
    'ftp://api.example.com',
    'ws://api.example.com',
    'javascript:alert(1)',
    '',
  ])('%s', (address) => {
    expect(url(address)).toBeUndefined();
  });
});

test('without a list nothing is allowed', () => {
  expect(compileOrigins('o', []).urlFor('https://api.openai.com', '')).toBeUndefined();
});

test('no text around a listed host leads anywhere else', () => {
  const noise = fc.string({
    unit: fc.constantFrom('#', '?', '@', '/', '\\', ':', '.', '%', '*', '\t', '\n', ' ', '[', ']', 'a', '2e', '。'),
  });
  fc.assert(
    fc.property(noise, noise, noise, (before, between, behind) => {
      const found = url(`https://${before}api.example.com${between}/v1${behind}`);
      expect(found?.origin ?? 'https://api.example.com').toMatch(/^https:\/\/api\.example\.com(:8443)?$/);
      expect(found?.hostname ?? 'api.example.com').toBe('api.example.com');
    }),
    { numRuns: 3_000 },
  );
});

describe('a list', () => {
  test.each([
    '',
    '*',
    'https://*',
    'https://*.com',
    'https://*.example.*',
    'https://a*.example.com',
    'https://api.*.example.com',
    'https://**.example.com',
    'https://*example.com',
    'https://*.localhost',
    'https://*.svc.internal',
    'https://*.0.0.1',
    'api.example.com',
    'ftp://api.example.com',
    'https://api.example.com/v1',
    'https://user:secret@api.example.com',
    'https://api.example.com?x=1',
    'https://api.example.com.',
    'https://api.example.com:0',
    'http://127.1:4000',
    'https://bücher.example',
  ])('with %j is refused at start-up', (entry) => {
    expect(() => compileOrigins('callerOverrides.allowedOrigins', ['https://ok.example.com', entry])).toThrow(
      /^callerOverrides\.allowedOrigins\[1\] must be an origin such as/,
    );
  });

  test('never shows a password of its own', () => {
    expect(() => compileOrigins('o', ['https://user:secret@api.example.com'])).toThrow(/^(?!.*secret)/s);
  });
});
