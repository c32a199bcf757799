import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions, Hooks } from '../../src/index.js';
import {
  error,
  faults,
  hostileHeads,
  json,
  raw,
  sse,
  type ReceivedRequest,
  type ScriptSource,
} from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

// Characters that look different when they are quoted, escaped or encoded.
const OPERATOR = 'canary+operator/0123456789=&x';
const CALLER = 'canary+caller/abcdefghijkl=&y';
const BYOK = 'canary+byok/zyxwvutsrqpo=&z';
const SHORT = { connectMs: 250, headersMs: 250, firstChunkMs: 250, idleMs: 250 };

/** A secret as a careless writer may put it somewhere. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}

function expectNoCanary(where: string, text: string): void {
  for (const secret of [OPERATOR, CALLER, BYOK])
    for (const spelling of spellings(secret)) expect(text, where).not.toContain(spelling);
}

/** Everything that a gateway sends, logs or reports. */
class Witness {
  readonly records: [where: string, text: string][] = [];

  record(where: string, value: unknown): void {
    this.records.push([
      where,
      typeof value === 'string' ? value : inspect(value, { depth: Infinity, showHidden: true }),
    ]);
  }

  /** The host's own request object holds what the client sent; everything else is the gateway's. */
  readonly hooks: Hooks = {
    afterAttempt: ({ req: _req, ...state }) => this.record('afterAttempt', state),
    afterResponse: ({ req: _req, ...state }) => this.record('afterResponse', state),
    onError: ({ req: _req, ...state }) => {
      this.record('onError', state);
      this.record('the error', [state.error, state.error.stack, JSON.stringify(state.error)]);
    },
    onHookError: (thrown) => this.record('onHookError', thrown),
    beforeAttempt: ({ req: _req, request: _request, ...state }) => this.record('beforeAttempt', state),
    selectCandidates: ({ req: _req, request: _request, ...state }) => this.record('selectCandidates', state),
  };

  options(): Partial<GatewayOptions> {
    const log = (facts: object, message: string): void => this.record('the log', [facts, message]);
    return { hooks: this.hooks, logger: { debug: log, info: log, warn: log, error: log } } as Partial<GatewayOptions>;
  }
}

const REQUESTS: readonly [string, object][] = [
  ['whole', {}],
  ['streamed', { stream: true }],
  ['with a caller’s own key', { provider_configs: { p0: { api_key: BYOK } } }],
  ['streamed, with a caller’s own key', { stream: true, provider_configs: { p0: { api_key: BYOK } } }],
];

async function expectSilence(script: ScriptSource, maxAttempts = 1): Promise<void> {
  const upstream = await upstreamFor(script);
  const witness = new Witness();
  const { post, gateway } = await gatewayOver([upstream], {
    keys: [CALLER],
    providers: { p0: { baseUrl: upstream.baseUrl, apiKey: OPERATOR, models: ['m'] } },
    maxAttempts,
    timeouts: SHORT,
    ...witness.options(),
  } as Partial<GatewayOptions>);
  for (const [what, body] of REQUESTS) {
    // Some of these never end.
    const signal = AbortSignal.timeout(1_500);
    const response = await post(body, { headers: { authorization: `Bearer ${CALLER}` }, signal }).catch(
      () => undefined,
    );
    if (response === undefined) continue;
    witness.record(`the head of a response (${what})`, [...response.headers]);
    witness.record(`the reason (${what})`, response.statusText);
    witness.record(
      `the body of a response (${what})`,
      await response.text().catch((broken: unknown) => inspect(broken)),
    );
  }
  witness.record('status()', gateway.status());
  for (const [where, text] of witness.records) expectNoCanary(where, text);
}

/** The ways in which an upstream may repeat what it was sent. */
const secretOf = ({ headers }: ReceivedRequest): string => (headers['authorization'] ?? '').replace('Bearer ', '');
type Echo = (secret: string) => ReturnType<typeof json>;
const echoed = (said: string): object => ({
  error: { message: `Incorrect API key provided: ${said}. Bearer ${said}`, type: said, code: said, param: said },
});
const role = { choices: [{ index: 0, delta: { content: 'begun' }, finish_reason: null }] };

const echoes: readonly [string, Echo][] = [
  ...[400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503, 529].map((status): [string, Echo] => [
    `in the body of a ${status}`,
    (secret) => error(status, echoed(secret)),
  ]),
  ...spellings('secret').map((_spelling, index): [string, Echo] => [
    `in another spelling (${index})`,
    (secret) => error(400, echoed(spellings(secret)[index]!)),
  ]),
  ['as a text', (secret) => error(400, `Wrong key ${secret}`)],
  ['as a page', (secret) => error(502, `<h1>${secret}</h1>`, { 'content-type': 'text/html' })],
  ['as a bare message', (secret) => error(400, { message: secret })],
  ['as a detail', (secret) => error(422, { detail: [{ loc: ['header', secret], msg: secret }] })],
  [
    'within an error within an error',
    (secret) => error(400, { error: { message: 'no', metadata: { raw: JSON.stringify(echoed(secret)) } } }),
  ],
  ['in an error with a good status', (secret) => json(echoed(secret))],
  ['in the first event', (secret) => sse([echoed(secret)])],
  ['in a later event', (secret) => sse([role, echoed(secret)])],
  ['in a later event by name', (secret) => sse([role, Buffer.from(`event: error\ndata: {"message":"${secret}"}\n\n`)])],
  ['in broken JSON', (secret) => json(`{"choices":[${secret}`)],
  ['in a broken event', (secret) => sse([role, `{"choices":[${secret}`])],
  [
    'in headers',
    (secret) => error(429, undefined, { 'x-your-key': secret, 'retry-after': secret, location: `/${secret}` }),
  ],
  ['in the reason', (secret) => raw(`HTTP/1.1 400 ${secret}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)],
  ['in a status line that is none', (secret) => raw(`HTTP/1.1 ${secret}\r\n\r\n`)],
  ['beyond the length that is shown', (secret) => error(400, { error: { message: 'x'.repeat(500) + secret } })],
];

describe('no key is disclosed', () => {
  it.each(echoes)('when the upstream repeats it %s', async (_where, echo) => {
    await expectSilence((request) => echo(secretOf(request)), 2);
  });

  it.each(Object.entries(faults).filter(([name]) => name !== 'endlessLine'))('by %s', async (_name, { script }) => {
    await expectSilence(script);
  });

  it.each(hostileHeads.filter(({ end }) => end !== 'hang').map((row) => [row.name, row] as const))(
    'by a response of the kind %s',
    async (_name, { script }) => expectSilence(script),
  );

  it('by refusals of our own', async () => {
    const witness = new Witness();
    const upstream = await upstreamFor();
    const { post } = await gatewayOver([upstream], {
      keys: [CALLER],
      providers: { p0: { baseUrl: upstream.baseUrl, apiKey: OPERATOR, models: ['m'] } },
      ...witness.options(),
    } as Partial<GatewayOptions>);
    const bodies: readonly object[] = [
      { model: CALLER },
      { messages: BYOK },
      { provider_configs: { p0: { api_key: BYOK, base_url: `https://${BYOK}.test/v1` } } },
      { provider_configs: { p0: { api_key: `${BYOK}\r\n` } } },
      { provider_configs: { p0: BYOK } },
      { provider_configs: { p0: { api_key: [BYOK] } } },
      { provider_configs: { p0: { api_key: BYOK, endpoint_overrides: { chat_completions: { timeout: BYOK } } } } },
    ];
    for (const body of bodies) {
      const response = await post(body, { headers: { authorization: `Bearer ${CALLER}` } });
      witness.record('the head', [...response.headers]);
      // The name of a model is shown: it is no place for a key.
      if (!('model' in body)) witness.record('the body', await response.text());
    }
    const wrong = await post({}, { headers: { authorization: `Bearer ${CALLER}x` } });
    witness.record('a wrong key', await wrong.text());
    for (const [where, text] of witness.records.filter(([, text]) => !text.includes('model_not_found')))
      expectNoCanary(where, text);
  });
});
