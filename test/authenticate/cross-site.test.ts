import { describe, expect, it } from 'vitest';
import { completion } from '../../src/testing/index.js';
import type { GatewayOptions } from '../../src/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { rawRequest } from '../support/raw-request.js';

const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });

async function hostWith(options: object = {}) {
  const upstream = await upstreamFor(completion('Hello.'));
  const { baseUrl, gateway } = await gatewayOver([upstream], {
    keys: false,
    caller: () => ({ id: 'user' }),
    ...options,
  } as Partial<GatewayOptions>);
  const port = Number(new URL(baseUrl).port);
  const status = async (headers: Record<string, string>, method = 'POST', path = '/v1/chat/completions') => {
    const head = Object.entries({ host: 'app.example', 'content-type': 'application/json', ...headers });
    const lines = [`${method} ${path} HTTP/1.1`, ...head.map(([name, value]) => `${name}: ${value}`)];
    const length = method === 'POST' ? [`content-length: ${BODY.length}`] : [];
    const request = `${[...lines, ...length].join('\r\n')}\r\n\r\n${method === 'POST' ? BODY : ''}`;
    return (await rawRequest(port, request)).responses[0]?.status;
  };
  return { status, upstream, gateway };
}

describe('where the host authenticates, a request of a page', () => {
  it.each([
    ['of no browser', {}],
    [
      'of the same origin, by the word of the browser',
      { 'sec-fetch-site': 'same-origin', origin: 'https://other.example' },
    ],
    ['of the same origin, by its name', { origin: 'https://app.example' }],
    [
      'of the same origin, with the port that goes without saying',
      { origin: 'https://app.example', host: 'app.example:443' },
    ],
    ['of the same origin, with a port', { origin: 'http://app.example:8080', host: 'app.example:8080' }],
    ['that the user typed', { 'sec-fetch-site': 'none' }],
    ['of an allowed origin', { 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }],
    ['of an allowed origin of the same site', { 'sec-fetch-site': 'same-site', origin: 'http://a.example:81' }],
  ])('passes: %s', async (_, headers) => {
    const { status } = await hostWith({ allowedOrigins: ['https://shop.example', 'http://a.example:81'] });
    expect(await status(headers)).toBe(200);
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another site, whatever its Origin', { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another origin of the same site', { 'sec-fetch-site': 'same-site', origin: 'https://blog.app.example' }],
    ['another port', { origin: 'https://app.example:8443' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['nonsense', { origin: 'app.example' }],
    ['an origin that begins like an allowed one', { origin: 'https://shop.example.evil.example' }],
    ['an allowed host with another scheme', { origin: 'http://shop.example' }],
  ])('is refused: %s', async (_, headers) => {
    const { status, upstream } = await hostWith({ allowedOrigins: ['https://shop.example'] });
    expect(await status(headers)).toBe(403);
    expect(upstream.ledger).toEqual([]);
  });

  it('may be a link to a page', async () => {
    const { status } = await hostWith();
    expect(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'GET', '/v1/models')).toBe(
      200,
    );
  });

  it('is no matter where callers send a key', async () => {
    const { status } = await hostWith({ keys: ['k'], caller: undefined });
    expect(await status({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'x-api-key': 'k' })).toBe(
      200,
    );
  });
});

it.each([
  [['shop.example'], 'allowedOrigins[0] must be an origin such as "https://app.example.com", got "shop.example"'],
  [['https://a.example', 'https://shop.example/'], 'allowedOrigins[1] must be an origin'],
  [['*'], 'allowedOrigins[0] must be an origin'],
  ['https://shop.example', 'allowedOrigins must be a list'],
])('refuses to start with allowedOrigins: %j', async (allowedOrigins, message) => {
  await expect(hostWith({ allowedOrigins })).rejects.toThrow(message);
});

it('refuses to start with allowedOrigins beside keys', async () => {
  const options = { keys: ['k'], caller: undefined, allowedOrigins: ['https://a.example'] };
  await expect(hostWith(options)).rejects.toThrow('allowedOrigins is looked at only with keys: false');
});
