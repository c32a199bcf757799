import 'reflect-metadata';
import middie from '@fastify/middie';
import { Controller, Get, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { authenticate, getContext, createGateway, proxy, route, validate, type Gateway } from '../../src/index.js';
import { readSse } from '../support/read-sse.js';
import { listen } from '../support/listen.js';
import { upstreamFor } from './fixtures.js';

const MOUNT = '/v1/chat/completions';

async function gatewayFor(): Promise<Gateway> {
  const { baseUrl } = await upstreamFor();
  return createGateway({ keys: ['demo-key'], providers: { demo: { baseUrl, models: ['m'] } } });
}

async function send(origin: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${origin}${MOUNT}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key', ...headers },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
  });
}

async function respondsAt(origin: string): Promise<void> {
  expect(await (await send(origin)).json()).toMatchObject({ object: 'chat.completion' });
  expect((await readSse(await send(origin, { stream: true }))).at(-1)).toBe('[DONE]');
  expect((await send(origin, { messages: 7 })).status).toBe(400);
}

describe('in Fastify', () => {
  it('as middleware (middie)', async () => {
    const app = fastify();
    await app.register(middie);
    app.use(MOUNT, await gatewayFor());
    onTestFinished(() => app.close());
    await respondsAt(await app.listen({ port: 0, host: '127.0.0.1' }));
  });

  it('as a route that hands its parsed body over', async () => {
    const gateway = await gatewayFor();
    const app = fastify();
    app.post(MOUNT, (request, reply) => {
      reply.hijack();
      gateway(Object.assign(request.raw, { body: request.body }), reply.raw);
    });
    onTestFinished(() => app.close());
    await respondsAt(await app.listen({ port: 0, host: '127.0.0.1' }));
  });
});

describe('in Nest', () => {
  it.each(['app.use', 'consumer.apply'])('by %s', async (how) => {
    const gateway = await gatewayFor();
    class Hello {
      hello(): string {
        return 'host';
      }
    }
    Controller()(Hello);
    Get('hello')(Hello.prototype, 'hello', Object.getOwnPropertyDescriptor(Hello.prototype, 'hello')!);
    class App implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        if (how === 'consumer.apply') consumer.apply(gateway).forRoutes('v1/chat/completions');
      }
    }
    Module({ controllers: [Hello] })(App);
    const app = await NestFactory.create(App, { logger: false });
    if (how === 'app.use') app.use(MOUNT, gateway);
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');
    const origin = await app.getUrl();
    await respondsAt(origin);
    expect(await (await fetch(`${origin}/hello`)).text()).toBe('host');
  });
});

describe('beside other middleware', () => {
  it('express-rate-limit counts our callers, and refuses in OpenAI’s format', async () => {
    const { baseUrl } = await upstreamFor();
    const app = express().use(
      MOUNT,
      authenticate({ keys: ['demo-key', 'other-key'] }),
      rateLimit({
        windowMs: 60_000,
        limit: 2,
        keyGenerator: (req) => getContext(req).caller!.id,
        handler: (_req, res) =>
          void res.status(429).json({
            error: { message: 'Too many requests.', type: 'requests', param: null, code: 'rate_limit_exceeded' },
          }),
      }),
      validate(),
      route({ providers: { demo: { baseUrl, models: ['m'] } } }),
      proxy(),
    );
    await using server = await listen(app);
    expect((await send(server.url)).status).toBe(200);
    expect((await send(server.url)).status).toBe(200);
    const refused = await send(server.url);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(server.url, {}, { authorization: 'Bearer other-key' })).status).toBe(200);
  });

  it('cors() lets browsers read our headers', async () => {
    const app = express().use(
      cors({ origin: 'https://app.example', exposedHeaders: ['x-request-id', 'x-nordlys-provider'] }),
      await gatewayFor(),
    );
    await using server = await listen(app);
    const preflight = await fetch(`${server.url}${MOUNT}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,x-stainless-lang',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,x-stainless-lang');
    const response = await send(server.url, { stream: true }, { origin: 'https://app.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect((await readSse(response)).at(-1)).toBe('[DONE]');
  });
});
