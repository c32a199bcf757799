// The tests of docs/testing.md, as they are printed there: the last one below holds page and file together.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createGateway, lruStore, type WireFormat } from '../../src/index.js';

import {
  anthropicError,
  chat,
  completion,
  error,
  fakeUpstream,
  faults,
  geminiReply,
  hostileHeads,
  providerContract,
  storeContract,
  stream,
  type FakeUpstream,
} from '../../src/testing/index.js';
import * as kit from '../../src/testing/index.js';

async function startGateway(...upstreams: FakeUpstream[]) {
  const gateway = createGateway({
    keys: ['test-key'],
    timeouts: { headersMs: 300, firstChunkMs: 300, idleMs: 300, totalMs: 4_000 },
    providers: Object.fromEntries(upstreams.map(({ baseUrl }, index) => [`p${index}`, { baseUrl, models: ['m'] }])),
  });
  const server = http.createServer(gateway).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    post: (changes: object, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer test-key' },
        // Without it, the plan may begin with any provider.
        body: JSON.stringify({
          model: 'm',
          messages: [{ role: 'user', content: 'Hello' }],
          provider_order: ['p0'],
          ...changes,
        }),
        ...init,
      }),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

test('another provider responds when the first is overloaded', async () => {
  await using first = await fakeUpstream();
  await using second = await fakeUpstream({ script: completion('Here I am.') });
  await using gateway = await startGateway(first, second);
  first.enqueue(error(503, undefined, { 'retry-after': '1' }));

  const response = await gateway.post({});

  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Here I am.' } }] });
  expect(response.headers.get('x-nordlys-provider')).toBe('p1');
  expect(first.ledger).toHaveLength(1);
});

test('a stream that breaks off never looks complete', async () => {
  await using upstream = await fakeUpstream();
  await using gateway = await startGateway(upstream);
  upstream.enqueue(stream('Half of a response', { afterEvents: 3, end: 'reset' }));

  const text = await (await gateway.post({ stream: true })).text();

  expect(text).toContain('"content":"Half "');
  expect(text).toContain('"error"');
  expect(text).not.toContain('[DONE]');
});

test('a client that disconnects ends the upstream call', async () => {
  await using upstream = await fakeUpstream();
  await using gateway = await startGateway(upstream);
  upstream.enqueue(chat('One word every second', { delayMs: 1_000 }));
  const client = new AbortController();
  const request = gateway.post({ stream: true }, { signal: client.signal }).catch(() => {});

  const seen = await upstream.nextRequest();
  const leftAt = performance.now();
  client.abort();
  await upstream.closed(seen);

  expect(seen.closedBy).toBe('client');
  expect(seen.closedAt! - leftAt).toBeLessThan(5_000);
  await request;
});

test('a request moves from Anthropic to Gemini, and the client sees one format', async () => {
  await using claude = await fakeUpstream({ script: anthropicError(529, 'overloaded_error') });
  await using google = await fakeUpstream({ script: geminiReply({ text: 'Here I am.' }) });
  const gateway = createGateway({
    keys: false,
    providers: {
      anthropic: {
        format: 'anthropic',
        baseUrl: new URL(claude.baseUrl).origin,
        models: { m: { upstreamModel: 'claude-sonnet-4-5' } },
      },
      google: {
        format: 'gemini',
        baseUrl: new URL(google.baseUrl).origin,
        models: { m: { upstreamModel: 'gemini-2.5-flash' } },
      },
    },
  });

  const response = await gateway.fetch(
    new Request('http://localhost/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: 'Hello' }],
        provider_order: ['anthropic', 'google'],
      }),
    }),
  );

  expect(await response.json()).toMatchObject({
    object: 'chat.completion',
    choices: [{ message: { content: 'Here I am.' } }],
  });
  expect(claude.ledger[0]?.json).toMatchObject({ model: 'claude-sonnet-4-5', messages: [{ role: 'user' }] });
  expect(google.ledger[0]?.json).toMatchObject({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] });
  await gateway.close();
});

test.each(Object.entries(faults))('no half response after %s', async (_name, { script, expect: outcome }) => {
  await using broken = await fakeUpstream({ script });
  await using healthy = await fakeUpstream({ script: chat('Healthy.') });
  await using gateway = await startGateway(broken, healthy);

  const response = await gateway.post({ stream: true });
  const text = await response.text();

  if (outcome === 'relay') expect(response.status).toBeGreaterThanOrEqual(400);
  if (outcome === 'next') expect(text).toContain('Healthy.');
  if (outcome === 'cut') expect(text).toMatch(/Healthy\.|"error"/);
  // Complete with [DONE], or an error without it.
  expect(text.includes('[DONE]')).toBe(!text.includes('"error"'));
});

test('no response, however hostile, affects the process or later requests', async () => {
  await using upstream = await fakeUpstream();
  await using gateway = await startGateway(upstream);
  for (const head of hostileHeads) {
    upstream.always(head.script);
    const { status } = await gateway.post({});
    if (head.expect === 'response') expect(status, head.name).toBe(200);
    if (head.expect === 'error') expect(status, head.name).toBeGreaterThanOrEqual(400);
  }
});

storeContract(test, (now) => lruStore({ maxEntries: 10, now }));

const parrot: WireFormat = {
  name: 'parrot',
  path: '/squawk',
  decodeError: (body) =>
    typeof body === 'object' && body !== null && 'squawk' in body
      ? { message: String(body.squawk), type: null, param: null, code: null }
      : undefined,
};

providerContract(test, parrot, {
  errors: [{ body: { squawk: 'No.' }, means: { message: 'No.', type: null, param: null, code: null } }],
});

const page = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');

test('the page and the tests have the same code', () => {
  const tests = ['docs', 'transport-contract'].map((name) =>
    readFileSync(new URL(`${name}.test.ts`, import.meta.url), 'utf8'),
  );
  const snippets = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, code = '']) => code);
  expect(snippets.length).toBeGreaterThan(5);
  for (const snippet of snippets) {
    const code = snippet
      .replaceAll(/^import [^;]*;\n+/gm, '')
      .replace('myTransport', 'plainTransport')
      .trim();
    expect(tests.join()).toContain(code);
    for (const [, names = ''] of snippet.matchAll(/^import \{([^}]*)\} from 'nordlys-proxy\/testing'/gm)) {
      const values = names.split(',').map((name) => name.trim());
      for (const name of values.filter((name) => !/^type |^$/.test(name))) expect(kit).toHaveProperty(name);
    }
  }
});

test('the page names every fault, as the kit describes it', () => {
  for (const [name, { about, expect: outcome }] of Object.entries(faults)) {
    expect(page).toContain(`| \`${name}\` | ${about} | ${outcome} |`);
  }
});
