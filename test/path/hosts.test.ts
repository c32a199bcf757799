import type { RequestListener } from 'node:http';
import compression from 'compression';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import helmet from 'helmet';
import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/index.js';
import { stream } from '../../src/testing/index.js';
import { readSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

type Mount = (gateway: Gateway) => RequestListener;

const hosts: readonly [string, Mount][] = [
  ['node:http', (gateway) => gateway],
  ['Express 5, app.use at the endpoint', (gateway) => express().use('/v1/chat/completions', gateway)],
  ['Express 5, app.use at /v1', (gateway) => express().use('/v1', gateway)],
  ['Express 5, app.use everywhere', (gateway) => express().use(gateway)],
  [
    'Express 5, app.post',
    (gateway) => {
      const app = express();
      app.post('/v1/chat/completions', gateway);
      return app;
    },
  ],
  [
    'Express 5, in a router',
    (gateway) => {
      const router = express.Router();
      router.use('/chat/completions', gateway);
      return express().use('/v1', router);
    },
  ],
  ['Express 5, express.json() in front', (gateway) => express().use(express.json(), gateway)],
  ['Express 5, express.raw() in front', (gateway) => express().use(express.raw({ type: '*/*' }), gateway)],
  ['Express 5, express.text() in front', (gateway) => express().use(express.text({ type: '*/*' }), gateway)],
  ['Express 5, helmet() and compression() in front', (gateway) => express().use(helmet(), compression(), gateway)],
  ['Express 4', (gateway) => express4().use('/v1/chat/completions', gateway)],
  [
    'Express 4, express.json() in front',
    (gateway) => express4().use(express4.json()).use('/v1/chat/completions', gateway),
  ],
  [
    'Express 4, a JSON parser for another type in front',
    (gateway) =>
      express4()
        .use(express4.json({ type: 'application/other' }))
        .use('/v1/chat/completions', gateway),
  ],
  [
    'Express 4, helmet() and compression() in front',
    (gateway) => express4().use(helmet(), compression()).use('/v1/chat/completions', gateway),
  ],
  ['Connect', (gateway) => connect().use('/v1/chat/completions', gateway)],
  ['Connect, without a path', (gateway) => connect().use(gateway)],
];

describe.each(hosts)('in %s', (_host, mount) => {
  it('responds, streams, and refuses', async () => {
    const upstream = await upstreamFor();
    const { post } = await gatewayOver([upstream], {}, mount);
    const whole = await post({});
    expect(whole.status).toBe(200);
    expect(await whole.json()).toMatchObject({ object: 'chat.completion' });
    const streamed = await post({ stream: true }, { headers: { 'accept-encoding': 'gzip' } });
    expect((await readSse(streamed)).at(-1)).toBe('[DONE]');
    expect((await post({}, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    const bad = await post({ messages: 'none' });
    expect(await bad.json()).toMatchObject({ error: { param: 'messages', code: 'invalid_type' } });
    expect(upstream.ledger).toHaveLength(2);
    expect(upstream.ledger[0]!.path).toBe('/v1/chat/completions');
  });

  it('sends each event when it comes', async () => {
    // The upstream waits for ever after its second word: what arrives has not been held back on the way.
    const { post } = await gatewayOver(
      [await upstreamFor(stream('one two three', { afterEvents: 3, end: 'hang' }))],
      {},
      mount,
    );
    const response = await post({ stream: true }, { headers: { 'accept-encoding': 'gzip' } });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('two')) text += (await reader.read()).value ?? '';
    await reader.cancel();
  });
});

describe('what is not ours', () => {
  it('passes to the host, and other methods get a 405 with `allow`', async () => {
    const { baseUrl } = await gatewayOver([await upstreamFor()], {}, (gateway) => {
      const app = express().use(gateway);
      app.get('/hello', (_req, res) => void res.send('host'));
      return app;
    });
    const origin = baseUrl.replace('/v1', '');
    expect(await (await fetch(`${origin}/hello`)).text()).toBe('host');
    const get = await fetch(`${baseUrl}/chat/completions`);
    expect(get.status).toBe(405);
    expect(get.headers.get('allow')).toBe('POST');
    const responses = await fetch(`${baseUrl}/responses`, { method: 'POST', body: '{}' });
    expect(responses.status).toBe(404);
    expect(await responses.json()).toMatchObject({
      error: { code: 'unknown_url', message: expect.stringContaining('/v1/chat/completions') },
    });
  });

  it('is a 404 in JSON where there is no host', async () => {
    const { baseUrl } = await gatewayOver([await upstreamFor()]);
    const response = await fetch(`${baseUrl}/embeddings`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'unknown_url', type: 'invalid_request_error' } });
  });
});
