import { expect, test } from 'vitest';
import type { UpstreamUrl } from '../../src/contracts/transport.js';
import { urlBehind } from '../../src/proxy/request/request-url.js';

const base = (path: string): UpstreamUrl => ({
  origin: 'https://h.test',
  protocol: 'https:',
  hostname: 'h.test',
  port: '443',
  path,
});

test.each([
  ['', '/v1/messages', '/v1/messages'],
  ['/proxy', '/v1/messages', '/proxy/v1/messages'],
  ['?team=7', '/v1/messages', '/v1/messages?team=7'],
  ['/p?team=7', '/m:stream?alt=sse', '/p/m:stream?team=7&alt=sse'],
  // The operator's own parameters count.
  ['/p?api-version=1', '/d/x?api-version=2&y=3', '/p/d/x?api-version=1&y=3'],
  ['', '/model/arn%3Aaws%2Fx/converse', '/model/arn%3Aaws%2Fx/converse'],
])('%s and %s make %s', (path, behind, joined) => {
  expect(urlBehind(base(path), behind)).toEqual(base(joined));
});

test.each(['', 'x', '@evil.test/', '.evil.test', '/a b', '/a#b', '/a\\b', '/a\r\nx: y', 'https://evil.test/', '/ä'])(
  '%j is no path of a format',
  (path) => {
    expect(() => urlBehind(base(''), path)).toThrow(TypeError);
  },
);

test('two slashes at the beginning name no host', () => {
  expect(urlBehind(base(''), '//evil.test/x')).toMatchObject({ origin: 'https://h.test', path: '//evil.test/x' });
});
