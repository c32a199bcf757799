import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { rawPost, rawRequest } from '../support/raw-request.js';

/** Every header that a provider is sent. A new name here is a decision, never an accident. */
const GOLDEN = [
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'host',
  'user-agent',
  'x-request-id',
];

/** Headers that clients, browsers, proxies and attackers send; each value contains its name. */
const HOSTILE_NAMES = `
  authorization proxy-authorization cookie cookie2 api-key x-goog-api-key x-auth-token openai-organization
  openai-project openai-beta anthropic-version anthropic-beta x-stainless-lang forwarded x-forwarded-for
  x-forwarded-host x-forwarded-proto x-forwarded-port x-real-ip x-client-ip cf-connecting-ip true-client-ip
  x-original-url x-rewrite-url via max-forwards referer origin sec-fetch-site sec-ch-ua sec-websocket-key
  from dnt user-agent accept accept-encoding accept-language accept-charset if-none-match if-match range
  pragma te trailer keep-alive proxy-connection http2-settings x-http-method-override content-md5
  content-location content-disposition content-language digest idempotency-key x-amzn-trace-id traceparent
  tracestate baggage b3 x-b3-traceid x-correlation-id x-nordlys-provider x-evil __proto__ constructor
  toString cache-control host-override alt-used priority
`
  .trim()
  .split(/\s+/);

/** Values that Node or we would refuse for their form, were they only a canary. */
const FORMS: Readonly<Record<string, string>> = {
  authorization: 'Bearer demo-key',
  'max-forwards': '7',
  te: 'trailers, canary-te',
  range: 'bytes=0-99, canary-range',
};

const valueOf = (name: string): string => FORMS[name] ?? `canary-${name}`;
const port = (baseUrl: string): number => Number(new URL(baseUrl).port);
const KEY_LINE = 'authorization: Bearer demo-key';

async function sentTo(lines: readonly string[], body: object = {}) {
  const upstream = await upstreamFor();
  const { baseUrl } = await gatewayOver([upstream]);
  const request = rawPost({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }, lines);
  // `100 Continue` comes before the response.
  const awaited = lines.includes('expect: 100-continue') ? 2 : 1;
  const { responses } = await rawRequest(port(baseUrl), request, { responses: awaited, timeoutMs: 10_000 });
  return { status: responses.at(-1)?.status, sent: upstream.ledger[0]! };
}

describe('what a provider is sent', () => {
  it.each([false, true])('is a closed list of headers, each once (stream: %s)', async (stream) => {
    const { status, sent } = await sentTo([KEY_LINE], { stream });
    expect(status).toBe(200);
    expect(sent.rawHeaders.map(([name]) => name.toLowerCase()).toSorted()).toEqual(GOLDEN);
    expect(sent.headers).toMatchObject({
      accept: stream ? 'text/event-stream' : 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer operator-secret-0',
      'content-type': 'application/json',
      'user-agent': 'nordlys-proxy',
    });
  });

  it.each(HOSTILE_NAMES)('holds nothing of the client’s %s', async (name) => {
    const own = name === 'authorization' ? [] : [KEY_LINE];
    const { status, sent } = await sentTo([...own, `${name}: ${valueOf(name)}`]);
    expect(status).toBe(200);
    expect(Object.keys(sent.headers).toSorted()).toEqual(GOLDEN);
    const seen = JSON.stringify([sent.path, sent.rawHeaders, sent.text]);
    expect(seen).not.toContain('canary');
    expect(seen).not.toContain('demo-key');
  });

  it('holds nothing of them when they come all at once, or with the key in its other header', async () => {
    const others = HOSTILE_NAMES.filter((name) => name !== 'authorization');
    const lines = ['x-api-key: demo-key', ...others.map((name) => `${name}: ${valueOf(name)}`)];
    const { status, sent } = await sentTo(lines);
    expect(status).toBe(200);
    expect(Object.keys(sent.headers).toSorted()).toEqual(GOLDEN);
    expect(JSON.stringify([sent.rawHeaders, sent.text])).not.toMatch(/canary|demo-key/);
  });

  it.each([
    ['expect', ['expect: 100-continue']],
    ['upgrade', ['connection: upgrade', 'upgrade: canary']],
    ['connection: authorization', ['connection: authorization, content-length, x-request-id, canary']],
  ])('keeps the provider’s key, and only it, whatever %s requests', async (_what, lines) => {
    const { sent } = await sentTo([KEY_LINE, 'cookie: canary', ...lines]);
    expect(Object.keys(sent.headers).toSorted()).toEqual(GOLDEN);
    expect(sent.headers['authorization']).toBe('Bearer operator-secret-0');
    expect(sent.headers['connection']).not.toMatch(/authorization|canary|upgrade/i);
    expect(JSON.stringify(sent.rawHeaders)).not.toMatch(/canary|demo-key/);
  });

  it('adds what the operator names for a provider, and nothing else', async () => {
    const upstream = await upstreamFor();
    const { post } = await gatewayOver([], {
      providers: {
        p0: { baseUrl: upstream.baseUrl, apiKey: 'k', auth: 'api-key', headers: { 'x-title': 'mine' }, models: ['m'] },
      },
    });
    expect((await post({}, { headers: { 'x-title': 'canary', 'api-key': 'canary' } })).status).toBe(200);
    const { headers } = upstream.ledger[0]!;
    const expected = [...GOLDEN.filter((name) => name !== 'authorization'), 'api-key', 'x-title'];
    expect(Object.keys(headers).toSorted()).toEqual(expected.toSorted());
    expect(headers).toMatchObject({ 'api-key': 'k', 'x-title': 'mine' });
  });
});

it('no map of header names and values adds to the list, or breaks it', async () => {
  const upstream = await upstreamFor();
  const { post, baseUrl } = await gatewayOver([upstream]);
  const name = fc.oneof(
    fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
    fc.constantFrom(...HOSTILE_NAMES),
    fc.string({ maxLength: 8 }),
  );
  const line = fc.tuple(name, fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 10 })));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 6 }), async (lines) => {
      upstream.forget();
      const raw = [KEY_LINE, 'connection: close', ...lines.map(([key, value]) => `${key}: ${value}`)];
      const request = rawPost({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }, raw);
      const { responses } = await rawRequest(port(baseUrl), request, { responses: Infinity, timeoutMs: 500 });
      for (const { headers } of upstream.ledger) expect(Object.keys(headers).toSorted()).toEqual(GOLDEN);
      expect(upstream.violations).toEqual([]);
      expect(responses.filter(({ status }) => status >= 500)).toEqual([]);
    }),
    { numRuns: 200 },
  );
  expect((await post({})).status).toBe(200);
});
