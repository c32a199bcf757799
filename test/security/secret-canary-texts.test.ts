import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Hooks } from '../../src/index.js';
import { error, faults, json, sse, type ReceivedRequest, type Script, type Step } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

// None looks like a key by its form: they must be known by their value.
const SECRETS = {
  operator: 'canary/operator/0123',
  gateway: 'canary/gateway/456789',
  own: 'canary/own/abcdefghij',
  cookie: 'canary/cookie/klmnop',
};
const role = { choices: [{ index: 0, delta: { content: 'begun' }, finish_reason: null }] };

/** A gateway with every output switched on, and all that it wrote. */
async function overheard(scriptFor: (request: ReceivedRequest) => Script) {
  const said: string[] = [];
  const note = (...what: unknown[]): void => void said.push(inspect(what, { depth: 10, maxStringLength: null }));
  for (const stream of [process.stdout, process.stderr])
    onTestFinished(vi.spyOn(stream, 'write').mockImplementation((text) => (note(text), true)).mockRestore);
  // The host's own request is what the client sent; everything else is the gateway's.
  const hooks: Hooks = {
    afterAttempt: ({ record }) => note(record),
    afterResponse: ({ req: _req, request: _request, signal: _signal, ...state }) => note(state),
    onError: ({ error: thrown }) => note(thrown, thrown.stack, thrown.cause, JSON.stringify(thrown)),
    onHookError: (thrown) => note(thrown),
  };
  const upstream = await upstreamFor(scriptFor);
  const set = await gatewayOver(
    [upstream],
    {
      keys: [SECRETS.gateway],
      providers: { p0: { baseUrl: upstream.baseUrl, apiKey: SECRETS.operator, models: ['m'] } },
      timeouts: { connectMs: 250, headersMs: 250, firstChunkMs: 250, idleMs: 250, totalMs: 1_500 },
      maxAttempts: 1,
      hooks,
      logger: { debug: note, info: note, warn: note, error: note },
      onDiagnostic: note,
    },
    (gateway) => (req, res) => void (req.url === '/v1/metrics' ? gateway.metrics(req, res) : gateway(req, res)),
  );
  const headers = { authorization: `Bearer ${SECRETS.gateway}`, cookie: `session=${SECRETS.cookie}` };
  const post = async (body: object): Promise<void> => {
    const response = await set.post(body, { headers });
    note(response.statusText, [...response.headers], await response.text().catch((broken: unknown) => broken));
  };
  const expectSilence = async (): Promise<void> => {
    note(set.gateway.status(), await (await fetch(`${set.baseUrl}/metrics`, { headers })).text());
    for (const secret of Object.values(SECRETS)) expect(said.filter((text) => text.includes(secret))).toEqual([]);
    expect(said.length).toBeGreaterThan(3);
    said.length = 0;
  };
  return { post, expectSilence };
}

const BODIES: readonly object[] = [false, true].flatMap((stream) => [
  { stream },
  { stream, provider_configs: { p0: { api_key: SECRETS.own } } },
]);
const credentialOf = ({ headers }: ReceivedRequest): string => headers['authorization'] ?? '';

/** The fault as it is, but for its head, which repeats the credential in headers that a gateway might pass on. */
function echoingHead(script: Script): Script {
  return {
    ...script,
    *steps(request): Iterable<Step> {
      let first = true;
      for (const step of script.steps(request)) {
        yield first && step.do === 'send' ? { do: 'send', bytes: withEcho(step.bytes, credentialOf(request)) } : step;
        first &&= step.do !== 'send';
      }
    },
  };
}

function withEcho(bytes: Uint8Array, credential: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const names = [
    'x-echo',
    'set-cookie',
    'www-authenticate',
    'x-request-id',
    'x-ratelimit-reset',
    'openai-processing-ms',
  ];
  const lines = names.map((name) => `${name}: ${credential}\r\n`).join('');
  return Buffer.from(text.replace('\r\n', `\r\n${lines}`), 'latin1');
}

it.each(Object.entries(faults))(
  '%s, with the credential in every header, exposes it nowhere',
  async (_name, { script }) => {
    const { post, expectSilence } = await overheard(() => echoingHead(script));
    await Promise.all(BODIES.map(post));
    await expectSilence();
  },
);

it('no text of an upstream exposes the credential that is in it, at any position', async () => {
  let response = (_said: string): Script => json({});
  let around: readonly [string, string] = ['', ''];
  const { post, expectSilence } = await overheard((request) =>
    response(around[0] + credentialOf(request).replace('Bearer ', '') + around[1]),
  );
  const wholes = (said: string): object => ({ error: { message: said, type: said, code: said, param: said } });
  const responses: ((said: string) => Script)[] = [
    ...[400, 401, 404, 422, 429, 500, 503].map((status) => (said: string) => error(status, wholes(said))),
    (said) => error(400, said),
    (said) => error(500, `<h1>${said}</h1>`, { 'content-type': 'text/html' }),
    (said) => json(wholes(said)),
    (said) => json(`{"choices":[${said}`),
    (said) => sse([wholes(said)]),
    (said) => sse([role, wholes(said)]),
    (said) => sse([role, said.replaceAll(/[\r\n]/g, ' ')]),
  ];
  const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ minLength: 450, maxLength: 520 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...responses),
      fc.tuple(text, text),
      fc.constantFrom(...BODIES),
      async (script, sides, body) => {
        [response, around] = [script, sides];
        await post(body);
        await expectSilence();
      },
    ),
    { numRuns: 200 },
  );
});
