import http from 'node:http';
import { expect, it } from 'vitest';
import {
  fakeUpstream,
  chat,
  error,
  hang,
  raw,
  reset,
  sse,
  stream,
  type ScriptSource,
} from '../../src/testing/index.js';
import { createGateway, type GatewayOptions } from '../../src/index.js';
import { undiciTransport } from '../../src/undici/index.js';
import { leakProbe } from '../support/leak-probe.js';
import { listen } from '../support/listen.js';
import { contentOf, readSse } from '../support/read-sse.js';

const REQUESTS = 10_000;
const AT_ONCE = 50;

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const FAILURES: readonly ScriptSource[] = [
  error(500),
  error(503),
  error(429),
  error(529, { type: 'error', error: { type: 'overloaded_error', message: 'x' } }),
  error(502, '<html>', { 'content-type': 'text/html' }),
  reset({ after: 'request' }),
  stream('never seen', { afterEvents: 1, end: 'reset' }),
  sse([{ error: { message: 'overloaded', type: 'overloaded_error' } }]),
  raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"choices":[', { end: 'fin' }),
  raw('HTTP/1.1 099 Hm\r\ncontent-length: 0\r\n\r\n'),
  raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  hang({ after: 'request' }),
];

const TRANSPORTS: readonly [string, () => Pick<GatewayOptions, 'transport'>][] = [
  ['http-proxy-middleware', () => ({})],
  ['undici', () => ({ transport: undiciTransport() })],
];

it.each(TRANSPORTS)(
  'of ten thousand requests through %s over three providers, two of which fail every fifth call, none is lost, doubled or spoilt, and nothing stays behind',
  async (_name, transport) => {
    const random = seeded(42);
    const response: ScriptSource = (request) => chat(`echo of ${(request.json as { user: string }).user}`);
    const faulty: ScriptSource = (request) => {
      const script = random() < 0.2 ? FAILURES[Math.floor(random() * FAILURES.length)]! : response;
      return typeof script === 'function' ? script(request) : script;
    };
    const upstreams = [
      await fakeUpstream({ script: faulty }),
      await fakeUpstream({ script: faulty }),
      await fakeUpstream({ script: response }),
    ];
    const gateway = createGateway({
      keys: ['demo-key'],
      random: seeded(7),
      ...transport(),
      maxInFlightPerCaller: AT_ONCE,
      // Long enough for a loop that serves fifty clients and three providers at once: only hangs may run into it.
      timeouts: { headersMs: 3_000, firstChunkMs: 3_000 },
      providers: Object.fromEntries(upstreams.map(({ baseUrl }, index) => [`p${index}`, { baseUrl, models: ['m'] }])),
    });
    const server = http.createServer(gateway);
    const { url, ...listening } = await listen(server);
    const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const probe = leakProbe(server, process);
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);

    let next = 0;
    const lost: string[] = [];
    const spoilt: string[] = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < REQUESTS) {
          const user = `request-${next++}`;
          const streamed = next % 2 === 0;
          const { status, text } = await post(`${url}/v1/chat/completions`, agent, {
            model: 'm',
            user,
            stream: streamed,
            messages: [{ role: 'user', content: 'hi' }],
          });
          if (status !== 200) lost.push(`${user}: ${status} ${text}`);
          else if (
            (streamed
              ? await said(text)
              : (JSON.parse(text) as { choices: [{ message: { content: string } }] }).choices[0].message.content) !==
            `echo of ${user}`
          )
            spoilt.push(`${user}: ${text}`);
        }
      }),
    );
    expect(lost).toEqual([]);
    expect(spoilt).toEqual([]);

    // No request got complete responses from two providers.
    const responded = new Map<string, number>();
    let attempts = 0;
    for (const { ledger } of upstreams) {
      for (const entry of ledger) {
        attempts++;
        if (entry.script === 'chat' && entry.completed)
          responded.set(entry.requestId!, (responded.get(entry.requestId!) ?? 0) + 1);
      }
    }
    expect([...responded.values()].filter((count) => count > 1)).toEqual([]);
    expect(responded.size).toBe(REQUESTS);
    expect(attempts / REQUESTS).toBeLessThan(1.35);

    expect(gateway.status().inFlight).toBe(0);
    agent.destroy();
    await gateway.close();
    await Promise.all(upstreams.map((upstream) => upstream.allClosed()));
    expect(warnings).toEqual([]);
    process.off('warning', onWarning);
    expect(await probe.leaks()).toEqual({});
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    await listening[Symbol.asyncDispose]();
  },
  240_000,
);

async function said(text: string): Promise<string> {
  const payloads = await readSse(text);
  expect(payloads.at(-1)).toBe('[DONE]');
  return contentOf(payloads);
}

function post(url: string, agent: http.Agent, body: object): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}
