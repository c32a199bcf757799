import { AzureOpenAI } from 'openai';
import { expect, it } from 'vitest';
import { completion } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const messages = [{ role: 'user' as const, content: 'hi' }];

async function azure(options: Parameters<typeof gatewayOver>[1] = {}) {
  const upstream = await upstreamFor(completion('Hello.'));
  const set = await gatewayOver([upstream], {
    defaultModel: 'm',
    providers: { p0: { baseUrl: upstream.baseUrl, models: ['m', 'other'] } },
    ...options,
  });
  const endpoint = set.baseUrl.replace(/\/v1$/, '');
  const post = (deployment: string, body: object) =>
    fetch(`${endpoint}/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`, {
      method: 'POST',
      headers: { 'api-key': 'demo-key', 'content-type': 'application/json' },
      body: JSON.stringify({ messages, ...body }),
    });
  return { ...set, upstream, endpoint, post };
}

it("Azure's SDK works as it is: its key header, its path", async () => {
  const { endpoint } = await azure();
  const client = new AzureOpenAI({ endpoint, apiKey: 'demo-key', apiVersion: '2024-10-21', deployment: 'm' });
  const response = await client.chat.completions.create({ model: '', messages });
  expect(response.choices[0]?.message.content).toBe('Hello.');
});

it('the deployment is the model of a request that names none', async () => {
  const { post, upstream } = await azure();
  expect((await post('other', {})).headers.get('x-nordlys-model')).toBe('other');
  expect(upstream.ledger.at(-1)?.json).toMatchObject({ model: 'other' });
  expect((await post('other', { model: 'm' })).headers.get('x-nordlys-model')).toBe('m');
  const unknown = await post('gpt%2F9', {});
  expect(unknown.status).toBe(404);
  expect(await unknown.text()).toContain('gpt/9');
});

it('the same bytes under another path are another request to the cache', async () => {
  const { post, baseUrl, upstream } = await azure({ cache: {} });
  const plain = () =>
    fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'api-key': 'demo-key', 'content-type': 'application/json' },
      body: JSON.stringify({ messages }),
    });
  for (const [response, model] of [
    [await plain(), 'm'],
    [await post('other', {}), 'other'],
    [await plain(), 'm'],
    [await post('other', {}), 'other'],
  ] as const) {
    expect(response.headers.get('x-nordlys-model')).toBe(model);
    await response.text();
  }
  expect(upstream.ledger.map(({ json }) => (json as { model: string }).model)).toEqual(['m', 'other']);
});

it('long numbers keep their digits where the path names the model', async () => {
  const { endpoint, upstream } = await azure();
  const response = await fetch(`${endpoint}/openai/deployments/m/chat/completions?api-version=2024-10-21`, {
    method: 'POST',
    headers: { 'api-key': 'demo-key', 'content-type': 'application/json' },
    body: '{"messages":[{"role":"user","content":"hi"}],"seed":9007199254740993}',
  });
  expect(response.status).toBe(200);
  expect(upstream.ledger[0]!.text).toContain('"seed":9007199254740993');
  expect(upstream.ledger[0]!.json).toMatchObject({ model: 'm' });
});
