import 'reflect-metadata';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import middie from '@fastify/middie';
import { serve, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Controller, Get, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createGateway, type Gateway } from '../../src/index.js';
import { chat, hang, stall, type FakeUpstream } from '../../src/testing/index.js';
import { readSse } from '../support/read-sse.js';
import { upstreamFor } from './fixtures.js';

/** Mounts a gateway at `/v1` beside a route of the host, `/hello`, and listens. The origin. */
type Mount = (gateway: Gateway) => Promise<string>;

async function originOf(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const inHono: Mount = (gateway) => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/hello', (c) => c.text('host'));
  app.all('/v1/*', (c) => {
    gateway(c.env.incoming, c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  return originOf(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server);
};

const inHonoByFetch: Mount = (gateway) => {
  const app = new Hono();
  app.get('/hello', (c) => c.text('host'));
  app.all('/v1/*', (c) => gateway.fetch(c.req.raw));
  return originOf(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server);
};

const inKoa: Mount = (gateway) => {
  const app = new Koa();
  app.use((ctx, next) => {
    if (!ctx.path.startsWith('/v1/')) return next();
    ctx.respond = false;
    gateway(ctx.req, ctx.res);
    return once(ctx.res, 'close');
  });
  app.use((ctx) => {
    ctx.body = 'host';
  });
  return originOf(app.listen(0, '127.0.0.1'));
};

const inFastify: Mount = async (gateway) => {
  const app = fastify();
  await app.register(middie);
  app.use('/v1', gateway);
  app.get('/hello', () => 'host');
  onTestFinished(() => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
};

const inFastifyRoute: Mount = async (gateway) => {
  const app = fastify({ bodyLimit: 10 * 1024 * 1024 });
  app.all('/v1/*', (request, reply) => {
    reply.hijack();
    gateway(Object.assign(request.raw, { body: request.body }), reply.raw);
  });
  app.get('/hello', () => 'host');
  onTestFinished(() => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
};

function nest(how: 'app.use' | 'consumer.apply'): Mount {
  return async (gateway) => {
    class Hello {
      hello(): string {
        return 'host';
      }
    }
    Get()(Hello.prototype, 'hello', Object.getOwnPropertyDescriptor(Hello.prototype, 'hello')!);
    Controller('hello')(Hello);
    class App implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        if (how === 'consumer.apply') consumer.apply(gateway).forRoutes('v1/*path');
      }
    }
    Module({ controllers: [Hello] })(App);
    const app = await NestFactory.create<NestExpressApplication>(App, { logger: false });
    if (how === 'consumer.apply') app.useBodyParser('json', { limit: '10mb' });
    if (how === 'app.use') app.use('/v1', gateway);
    await app.listen(0, '127.0.0.1');
    onTestFinished(() => app.close());
    return app.getUrl();
  };
}

describe.each<[string, Mount]>([
  ['Hono on Node', inHono],
  ['Hono, by gateway.fetch', inHonoByFetch],
  ['Koa', inKoa],
  ['Fastify, as middleware', inFastify],
  ['Fastify, as a route', inFastifyRoute],
  ['Nest, by app.use', nest('app.use')],
  ['Nest, by consumer.apply', nest('consumer.apply')],
])('mounted at /v1 in %s', (_name, mount) => {
  async function start(script = chat('Hello back')): Promise<{
    origin: string;
    upstream: FakeUpstream;
    post: (body?: object, init?: RequestInit) => Promise<Response>;
  }> {
    const upstream = await upstreamFor(script);
    const gateway = createGateway({
      keys: ['demo-key'],
      providers: { demo: { baseUrl: upstream.baseUrl, models: ['m'] } },
    });
    onTestFinished(() => gateway.close());
    const origin = await mount(gateway);
    const post = (body: object = {}, init: RequestInit = {}): Promise<Response> =>
      fetch(`${origin}/v1/chat/completions`, {
        ...init,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
      });
    return { origin, upstream, post };
  }

  it('serves the openai client: whole, streamed, and the models', async () => {
    const { origin } = await start();
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'demo-key', maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'hi' }];
    const whole = await client.chat.completions.create({ model: 'm', messages });
    expect(whole.choices[0]?.message.content).toBe('Hello back');
    let text = '';
    for await (const { choices } of await client.chat.completions.create({ model: 'm', messages, stream: true })) {
      text += choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('Hello back');
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['m']);
    expect((await client.models.retrieve('m')).id).toBe('m');
  });

  it('names the provider, refuses invalid requests, and does not affect the routes of the host', async () => {
    const { origin, post } = await start();
    const response = await post({ stream: true });
    expect(response.headers.get('x-nordlys-provider')).toBe('demo');
    expect((await readSse(response)).at(-1)).toBe('[DONE]');
    const refused = await post({ messages: 7 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: 'messages' } });
    expect((await fetch(`${origin}/v1/models`)).status).toBe(401);
    expect(await (await fetch(`${origin}/hello`)).text()).toBe('host');
  });

  it('accepts a picture of three megabytes', async () => {
    const { post, upstream } = await start();
    const url = `data:image/png;base64,${'A'.repeat(3_000_000)}`;
    const picture = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] };
    expect((await post(picture)).status).toBe(200);
    expect(upstream.ledger[0]!.json).toMatchObject(picture);
  });

  it('closes the upstream when the client disconnects: before the response, and in a stream', async () => {
    const complaints = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => complaints.mockRestore());
    const { post, upstream } = await start();
    upstream.enqueue(hang({ after: 'request' }), stall('one two three four', { after: 2, ms: 60_000 }));
    const first = new AbortController();
    const pending = post({}, { signal: first.signal }).catch(() => 'aborted');
    const waiting = await upstream.nextRequest();
    first.abort();
    expect(await pending).toBe('aborted');
    expect((await upstream.closed(waiting)).closedBy).toBe('client');
    const second = new AbortController();
    const response = await post({ stream: true }, { signal: second.signal });
    await response.body!.getReader().read();
    second.abort();
    expect((await upstream.closed(upstream.ledger[1]!)).closedBy).toBe('client');
    // Hono and its server log what fetch rejects with, and a body that ends early, as every runtime does.
    if (mount !== inHonoByFetch) expect(complaints).not.toHaveBeenCalled();
  });
});
