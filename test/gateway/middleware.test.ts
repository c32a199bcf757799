import http from 'node:http';
import { connect } from 'node:net';
import express, { type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, errorHandler, GatewayError, getContext, type GatewayOptions } from '../../src/index.js';
import type { MiddlewareOptions, SlotMiddleware } from '../../src/index.js';
import { chat } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { FakeClock } from '../support/fake-clock.js';
import { listen } from '../support/listen.js';

const SLOTS = ['afterAuthenticate', 'afterValidate', 'afterRoute', 'afterCache'] as const;
const HI = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

/** A gateway whose slots hold `middleware`. */
async function gatewayWith(middleware: MiddlewareOptions, options: Partial<GatewayOptions> = {}) {
  const upstream = await upstreamFor(chat('Hello.'));
  return { upstream, ...(await gatewayOver([upstream], { middleware, ...options })) };
}

async function errorOf(response: Response): Promise<{ code: string; message: string }> {
  return ((await response.json()) as { error: { code: string; message: string } }).error;
}

describe('middleware between the stages', () => {
  it('runs in the order of the stages, with the results of the stages before it', async () => {
    const seen: (readonly [string, ...unknown[]])[] = [];
    const note =
      (slot: string): SlotMiddleware =>
      (req, _res, next) => {
        const { caller, request, route, cacheStatus } = getContext(req);
        seen.push([slot, caller !== undefined, request?.model, route?.candidates.length, cacheStatus]);
        next();
      };
    const { post } = await gatewayWith(
      {
        afterAuthenticate: note('authenticate'),
        afterValidate: [note('validate'), note('validate 2')],
        afterRoute: note('route'),
        afterCache: note('cache'),
      },
      { cache: {} },
    );
    expect((await post({})).status).toBe(200);
    expect(seen.splice(0)).toEqual([
      ['authenticate', true, undefined, undefined, undefined],
      ['validate', true, 'm', undefined, undefined],
      ['validate 2', true, 'm', undefined, undefined],
      ['route', true, 'm', 1, undefined],
      ['cache', true, 'm', 1, 'MISS'],
    ]);
    expect((await post({})).headers.get('x-nordlys-cache')).toBe('HIT');
    // A hit ends at the cache, and passes everything before it.
    expect(seen.map(([slot]) => slot)).toEqual(['authenticate', 'validate', 'validate 2', 'route']);
  });

  it.each([
    ['afterAuthenticate', 1],
    ['afterCache', 1],
  ] as const)('keeps repeats on the fast path with %s', async (slot, hits) => {
    let calls = 0;
    const { post, gateway } = await gatewayWith(
      {
        [slot]: (_req: unknown, _res: unknown, next: () => void) => {
          calls++;
          next();
        },
      },
      { cache: {} },
    );
    await post({});
    expect((await post({})).headers.get('x-nordlys-cache')).toBe('HIT');
    expect(gateway.status().cache).toMatchObject({ hits });
    expect(calls).toBe(slot === 'afterCache' ? 1 : 2);
  });

  it.each(SLOTS)('%s: `next` may be called later, and more than once', async (slot) => {
    const { post, upstream } = await gatewayWith({
      [slot]: (_req: unknown, _res: unknown, next: () => void) =>
        void setImmediate(() => {
          next();
          next();
        }),
    });
    expect((await post({})).status).toBe(200);
    expect(upstream.ledger).toHaveLength(1);
  });

  it.each(SLOTS)('%s: an error given to `next` becomes the response', async (slot) => {
    const refusal = new GatewayError('permission_denied', 'Not today.');
    const { post, upstream, gateway } = await gatewayWith({
      [slot]: (_req: unknown, _res: unknown, next: (error: unknown) => void) => next(refusal),
    });
    const response = await post({});
    expect([response.status, await errorOf(response)]).toEqual([
      403,
      expect.objectContaining({ code: 'permission_denied', message: 'Not today.' }),
    ]);
    expect(upstream.ledger).toHaveLength(0);
    expect(gateway.status().inFlight).toBe(0);
  });

  it.each<[string, SlotMiddleware]>([
    ['given to next', (_req, _res, next) => next(new Error('secret detail'))],
    ['given to next later', (_req, _res, next) => void setImmediate(() => next(new Error('secret detail')))],
    [
      'thrown',
      () => {
        throw new Error('secret detail');
      },
    ],
    [
      'thrown by an async function',
      async () => {
        await Promise.resolve();
        throw new Error('secret detail');
      },
    ],
    [
      'that is falsy',
      () => {
        throw 0;
      },
    ],
  ])('an unknown error %s is a 500 without details for the client, and onError gets all', async (_how, middleware) => {
    const reported: unknown[] = [];
    const { post } = await gatewayWith(
      { afterRoute: middleware },
      { hooks: { onError: ({ error }) => void reported.push(error.cause) } },
    );
    const response = await post({});
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).toContain('internal_error');
    expect(text).not.toContain('secret');
    expect(reported).toEqual([_how === 'that is falsy' ? 0 : new Error('secret detail')]);
  });

  it('passes errors to the host’s error handler if configured', async () => {
    const upstream = await upstreamFor(chat('Hello.'));
    const gateway = createGateway({
      keys: false,
      providers: { p: { baseUrl: upstream.baseUrl, models: ['m'] } },
      errorHandling: 'next',
      middleware: { afterValidate: (_req, _res, next) => next(new GatewayError('permission_denied', 'No.')) },
    });
    const server = await listen(http.createServer(express().use('/v1', gateway).use(errorHandler())));
    onTestFinished(async () => {
      await gateway.close();
      await server[Symbol.asyncDispose]();
    });
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(HI),
    });
    expect(response.status).toBe(403);
  });

  it.each(SLOTS)('%s: a middleware that responds itself ends the request', async (slot) => {
    const ended: boolean[] = [];
    const { post, upstream, gateway } = await gatewayWith({
      [slot]: (req: http.IncomingMessage, res: http.ServerResponse, next: () => void) => {
        res.once('close', () => ended.push(getContext(req).signal.aborted));
        res.writeHead(418, { 'content-type': 'text/plain' }).end('short and stout');
        // Some do both.
        next();
      },
    });
    for (let turn = 0; turn < 2; turn++) {
      const response = await post({});
      expect([response.status, await response.text()]).toEqual([418, 'short and stout']);
    }
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    expect(ended).toEqual([false, false]);
    expect(upstream.ledger).toHaveLength(0);
  });

  it('lets a middleware respond in its own time', async () => {
    const { post, gateway } = await gatewayWith({
      afterRoute: (_req, res) => {
        res.writeHead(200, { 'content-type': 'text/plain' });
        res.write('one ');
        setImmediate(() => res.end('two'));
      },
    });
    expect(await (await post({})).text()).toBe('one two');
    await expect.poll(() => gateway.status().inFlight).toBe(0);
  });

  it('closes the connection where a middleware fails in the middle of its response', async () => {
    const { post, gateway } = await gatewayWith({
      afterRoute: (_req, res, next) => {
        res.writeHead(200, { 'content-type': 'text/plain' });
        res.write('one ');
        setImmediate(() => next(new Error('broke')));
      },
    });
    await expect(post({}).then((response) => response.text())).rejects.toThrow();
    await expect.poll(() => gateway.status().inFlight).toBe(0);
  });

  it.each(SLOTS)('%s: one that never calls next ends when totalMs has passed', async (slot) => {
    const clock = new FakeClock();
    let reached = (): void => {};
    const waiting = new Promise<void>((resolve) => (reached = resolve));
    const reported: string[] = [];
    const { post, gateway } = await gatewayWith(
      { [slot]: () => reached() },
      {
        clock,
        timeouts: { totalMs: 90_000 },
        hooks: { onError: ({ error }) => void reported.push(String((error.cause as Error).message)) },
      },
    );
    const pending = post({});
    await waiting;
    await new Promise(setImmediate);
    clock.advance(89_999);
    await new Promise(setImmediate);
    expect(gateway.status().inFlight).toBe(1);
    clock.advance(2);
    expect((await pending).status).toBe(500);
    expect(reported).toEqual([`middleware.${slot}[0] has neither responded nor called next in time`]);
    expect(gateway.status().inFlight).toBe(0);
    expect(clock.pending.size).toBe(0);
  });

  it('ends with its client, and is not waited for by a shutdown then', async () => {
    let reached = (): void => {};
    const waiting = new Promise<void>((resolve) => (reached = resolve));
    const { baseUrl, gateway } = await gatewayWith({ afterAuthenticate: () => reached() });
    const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const body = JSON.stringify(HI);
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-key\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await waiting;
    expect(gateway.status().inFlight).toBe(1);
    socket.destroy();
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    await gateway.drain({ timeoutMs: 60_000 });
  });

  it('accepts middleware of Express’s ecosystem', async () => {
    const upstream = await upstreamFor(chat('Hello.'));
    const limiter: RequestHandler = rateLimit({
      windowMs: 60_000,
      limit: 2,
      legacyHeaders: false,
      keyGenerator: (req) => getContext(req).caller!.id,
      validate: false,
      handler: (_req, _res, next) => next(new GatewayError('rate_limit_exceeded', 'Two a minute.')),
    });
    const gateway = createGateway({
      keys: ['demo-key'],
      providers: { p: { baseUrl: upstream.baseUrl, models: ['m'] } },
      middleware: { afterValidate: [limiter] },
    });
    const server = await listen(http.createServer(express().use('/v1', gateway)));
    onTestFinished(async () => {
      await gateway.close();
      await server[Symbol.asyncDispose]();
    });
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
        body: JSON.stringify(HI),
      });
      statuses.push(response.status);
      await response.text();
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  it.each([
    [{ afterValidation: () => undefined }, /middleware: unknown slot "afterValidation"\. Did you mean "afterValidate"/],
    [{ afterRoute: 'limiter' }, /middleware\.afterRoute must be a function \(req, res, next\), got "limiter"/],
    [{ afterRoute: [() => undefined, {}] }, /middleware\.afterRoute\[1\] must be a function/],
    [{ afterRoute: (_e: unknown, _q: unknown, _s: unknown, _n: unknown) => undefined }, /error handlers/],
    ['limiter', /middleware must be an object/],
  ])('refuses %j at start-up', (middleware, message) => {
    expect(() =>
      createGateway({
        keys: false,
        providers: { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } },
        middleware,
      } as GatewayOptions),
    ).toThrow(message);
  });

  it.each([undefined, null, {}, { afterRoute: undefined }, { afterRoute: null }, { afterRoute: [] }])(
    'takes %j as none',
    async (middleware) => {
      const { post } = await gatewayWith(middleware as MiddlewareOptions);
      expect((await post({})).status).toBe(200);
    },
  );
});
