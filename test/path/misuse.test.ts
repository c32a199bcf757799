import type { IncomingMessage } from 'node:http';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { chat, error, hang, json, sse } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

describe('names that no header can carry', () => {
  it('do not keep a response from the client', async () => {
    const upstream = await upstreamFor(chat('served'));
    const model = 'модель-大';
    const providers = { p0: { baseUrl: upstream.baseUrl, models: [model] } };
    const { post } = await gatewayOver([upstream], { providers });
    const response = await post({ model });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('served');
    expect((await post({ model, stream: true })).status).toBe(200);
    expect((await post({ model: '他' })).status).toBe(404);
  });
});

describe('a body that the host has had in its hands', () => {
  it('is no form that any site can post', async () => {
    const upstream = await upstreamFor(chat('no'));
    const { baseUrl } = await gatewayOver([upstream], { keys: false }, (gateway) =>
      express()
        .use(express.urlencoded({ extended: true }))
        .use('/v1', gateway),
    );
    const body = new URLSearchParams({ model: 'm', 'messages[0][role]': 'user', 'messages[0][content]': 'hi' });
    expect((await fetch(`${baseUrl}/chat/completions`, { method: 'POST', body })).status).toBe(415);
    expect(upstream.ledger).toHaveLength(0);
  });

  it('gets a response if a part of it is missing', async () => {
    const upstream = await upstreamFor(chat('no'));
    const { post } = await gatewayOver([upstream], {}, (gateway) =>
      express()
        .use((req: IncomingMessage, _res, next) => {
          // A logger that looks at the first bytes, lets them go, and hands on late.
          req.once('data', () => {
            req.pause();
            setImmediate(next);
          });
        })
        .use('/v1', gateway),
    );
    const response = await post({ messages: [{ role: 'user', content: 'x'.repeat(300_000) }] });
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('has read the request body');
  });
});

describe('a 200 that is no response', () => {
  const bodies: [string, object][] = [
    ['a choice without a message', { choices: [{}] }],
    ['a message of text', { choices: [{ index: 0, message: 'hi', finish_reason: 'stop' }] }],
    ['an error with a word for a name', { error: 'overloaded' }],
  ];

  it.each(bodies)('causes a fallback: %s', async (_what, body) => {
    const { post } = await gatewayOver([await upstreamFor(json(body)), await upstreamFor(chat('sound'))]);
    const response = await post({});
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
    expect(await response.text()).toContain('sound');
  });

  const chunks: [string, object][] = [
    ['a choice that is a word', { choices: ['hi'] }],
    ['an index that would cost the client its memory', { choices: [{ index: 1e9, delta: { content: 'hi' } }] }],
    ['tool calls that are no list', { choices: [{ index: 0, delta: { tool_calls: {} } }] }],
  ];

  it.each(chunks)('causes a fallback, streamed: %s', async (_what, chunk) => {
    const hostile = await upstreamFor(sse([chunk]));
    const { post } = await gatewayOver([hostile, await upstreamFor(chat('sound'))]);
    const response = await post({ stream: true });
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
    expect(await response.text()).toContain('[DONE]');
  });
});

describe('what an upstream repeats of its own address and headers', () => {
  it('stays here', async () => {
    const upstream = await upstreamFor(error(400, { message: 'Bad token header-canary and query-canary.' }));
    const providers = {
      p0: {
        baseUrl: `${upstream.baseUrl}?token=query-canary`,
        headers: { 'x-gate': 'header-canary' },
        models: ['m'],
      },
    };
    const { post } = await gatewayOver([upstream], { providers });
    const text = await (await post({})).text();
    expect(text).toContain('Bad token');
    expect(text).not.toContain('canary');
  });
});

describe('a client to which the host responds itself', () => {
  it('no longer holds its upstream', async () => {
    const upstream = await upstreamFor(hang());
    const { post } = await gatewayOver([upstream], {}, (gateway) =>
      express()
        .use((_req, res, next) => {
          void upstream.nextRequest().then(() => res.status(503).end('too slow for us'));
          next();
        })
        .use('/v1', gateway),
    );
    expect((await post({})).status).toBe(503);
    expect((await upstream.closed(upstream.ledger[0]!)).closedBy).toBe('client');
  });
});
