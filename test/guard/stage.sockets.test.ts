import express, { type ErrorRequestHandler } from 'express';
import { describe, expect, it } from 'vitest';
import {
  authenticate,
  blockPatterns,
  cache,
  guard,
  proxy,
  redact,
  route,
  validate,
  type CommonOptions,
  type GuardOptions,
} from '../../src/index.js';
import { chat, fakeUpstream, sse, stream } from '../../src/testing/index.js';
import { listen } from '../support/listen.js';
import { chunk, post, world } from './support.js';

async function stages(guards: GuardOptions, common: CommonOptions = {}, onError?: ErrorRequestHandler) {
  const upstream = await fakeUpstream();
  const app = express();
  app.use(
    '/v1/chat/completions',
    authenticate({ keys: ['test-key'], ...common }),
    validate(common),
    guard({ ...guards, ...common }),
    route({ providers: { p: { baseUrl: upstream.baseUrl, apiKey: 'x', models: ['m'] } }, ...common }),
    cache(common),
    proxy(common),
  );
  if (onError !== undefined) app.use(onError);
  const server = await listen(app);
  return { upstream, post: (body?: Record<string, unknown>) => post(server.port, body) };
}

describe('the stage guard', () => {
  it.each(['before', 'beside'] as const)('refuses what is nested too deeply to be read (%s)', async (mode) => {
    const { upstream, post: send } = await stages({
      input: [{ name: 'reads', onError: 'open', mode, check: () => 'pass' }],
    });
    upstream.always(chat('Hello.'));
    const nested = (levels: number): unknown => (levels === 0 ? 'bad' : { inner: nested(levels - 1) });
    const messages = (levels: number) => [{ role: 'user', content: 'Hi', extra: nested(levels) }];
    expect((await send({ messages: messages(60) })).status).toBe(200);
    const refused = await send({ messages: messages(70) });
    expect(refused.status).toBe(400);
    expect(refused.error?.message).toBe("'messages' is nested deeper than 64 levels, which guards do not read.");
  });

  it('checks between validate and route, and in front of the cache', async () => {
    const { upstream, post: send } = await stages({
      input: [blockPatterns({ patterns: [/bad/] })],
      output: [redact()],
    });
    upstream.always(chat('To a@example.com.'));
    for (const isStream of [true, false]) {
      expect((await send({ stream: isStream })).completion.choices[0]!.message!.content).toBe('To ⟨email⟩.');
    }
    expect(upstream.ledger).toHaveLength(1);
    expect((await send({ messages: [{ role: 'user', content: 'bad' }] })).error).toMatchObject({
      code: 'content_blocked',
    });
  });

  it('passes its errors to the host with errorHandling: next', async () => {
    const seen: unknown[] = [];
    const { upstream, post: send } = await stages(
      { input: [blockPatterns({ patterns: [/bad/] })], output: [blockPatterns({ patterns: [/worse/] })] },
      { errorHandling: 'next' },
      (error: { code: string }, _req, res, _next) => {
        seen.push(error.code);
        res.status(418).json({ error: { code: 'teapot' } });
      },
    );
    upstream.always(stream('worse'));
    expect((await send({ messages: [{ role: 'user', content: 'bad' }] })).status).toBe(418);
    expect((await send({ stream: true })).status).toBe(418);
    expect(seen).toEqual(['content_blocked', 'content_blocked']);
  });

  it('refuses requests that have not passed validate', async () => {
    const server = await listen(express().use(guard({ output: [redact()] })));
    expect((await post(server.port)).error?.code).toBe('internal_error');
  });
});

describe('a client that reads slowly', () => {
  it('slows the upstream down, through guards too', async () => {
    const { upstream, gateway } = await world({
      guards: { output: [{ name: 'g', onError: 'closed', mayContinue: () => 0, check: () => 'pass' }] },
    });
    const content = 'x '.repeat(32 * 1024);
    upstream.enqueue(sse([...Array.from({ length: 400 }, () => chunk({ content })), chunk({}, 0, 'stop')]));
    const response = await gateway.fetch(
      new Request('http://gateway.example/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer test-key' },
        body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }),
      }),
    );
    const reader = response.body!.getReader();
    await reader.read();
    // 26 MB do not fit into the buffers between the upstream and a reader that does not read.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(upstream.ledger[0]!.completed).toBe(false);
    let length = 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) length += piece.value.length;
    expect(length).toBeGreaterThan(399 * content.length);
  });
});
