// Routing of your own: requests with code in them go to one model, short questions to another, and a tenant of yours
// may be kept to the providers it agreed to.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createGateway, type ChatRequest } from 'nordlys-proxy';
import { fakeUpstream, completion } from 'nordlys-proxy/testing';

await using coder = await fakeUpstream({ script: completion('function answer() { return 42; }') });
await using talker = await fakeUpstream({ script: completion('Hello!') });

const gateway = createGateway({
  keys: ['ada-key', 'bob-key'],
  providers: {
    coder: { baseUrl: coder.baseUrl, models: { assistant: { upstreamModel: 'coder-large' } } },
    talker: { baseUrl: talker.baseUrl, models: { assistant: { upstreamModel: 'talker-small' } } },
  },
  hooks: {
    // The plan holds every endpoint that the request's own preferences allow, in order. Return those to try.
    selectCandidates: ({ request, candidates, req }) => {
      const allowed =
        req.headers['x-tenant-region'] === 'eu'
          ? candidates.filter(({ provider }) => provider === 'talker')
          : candidates;
      const preferred = looksLikeCode(request) ? 'coder' : 'talker';
      return [...allowed].sort((a, b) => Number(b.provider === preferred) - Number(a.provider === preferred));
    },
    afterResponse: ({ provider, usage }) =>
      void process.stdout.write(`  ${provider} responded, ${usage?.total_tokens} tokens\n`),
  },
});

/** A classifier without a model: length and code fences. */
function looksLikeCode({ messages }: ChatRequest): boolean {
  const last = messages.at(-1)?.content;
  return typeof last === 'string' && (last.includes('```') || last.length > 2_000);
}

const app = express();
app.use('/v1/chat/completions', gateway);
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;

const servedBy = async (content: string, headers: Record<string, string> = {}): Promise<string | null> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer ada-key', ...headers },
    body: JSON.stringify({ model: 'assistant', messages: [{ role: 'user', content }] }),
  });
  assert.equal(response.status, 200);
  await response.body?.cancel();
  return response.headers.get('x-nordlys-provider');
};

assert.equal(await servedBy('Hi there'), 'talker');
assert.equal(await servedBy('What is wrong here? ```js\nreturn 41\n```'), 'coder');
assert.equal(await servedBy('And here? ```js\nreturn 41\n```', { 'x-tenant-region': 'eu' }), 'talker');
process.stdout.write('code went to the coder, small talk to the other model, the EU tenant stayed with its provider\n');

await gateway.close();
server.closeAllConnections();
server.close();
