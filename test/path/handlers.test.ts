import express from 'express';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, errorHandler, GatewayError, type Gateway, type GatewayOptions } from '../../src/index.js';
import { error, hang } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

async function gatewayFor(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const { baseUrl } = await upstreamFor();
  const gateway = createGateway({
    keys: ['demo-key'],
    providers: { demo: { baseUrl, models: { m: { contextLength: 1_000 } } } },
    ...options,
  } as GatewayOptions);
  onTestFinished(() => gateway.close());
  return gateway;
}

describe('GET /v1/models', () => {
  it('lists the models in OpenAI’s form, to callers with a key', async () => {
    const app = express().get('/v1/models', (await gatewayFor({ aliases: { fast: 'm' } })).models);
    await request(app).get('/v1/models').expect(401);
    const { body: list } = await request(app)
      .get('/v1/models')
      .set('authorization', 'Bearer demo-key')
      .expect(200)
      .expect('content-type', /^application\/json/);
    expect(list).toEqual({
      object: 'list',
      data: [
        { id: 'm', object: 'model', created: expect.any(Number), owned_by: 'demo', context_length: 1_000 },
        { id: 'fast', object: 'model', created: expect.any(Number), owned_by: 'alias', alias_target: ['m'] },
      ],
    });
  });
});

describe('GET /v1/models/{id}', () => {
  const providers = { demo: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m', 'maker/models/large'] } };
  const key = ['authorization', 'Bearer demo-key'] as const;
  type Mounts = readonly [string, (gateway: Gateway) => express.Express, string];

  it.each<Mounts>([
    ['a base URL', (gateway) => express().use('/v1', gateway), '/v1/models'],
    ['a base URL of its own', (gateway) => express().use('/api/llm', gateway), '/api/llm/models'],
    ['a base URL above /v1', (gateway) => express().use('/models', gateway), '/models/v1/models'],
    ['no path', (gateway) => express().use(gateway), '/any/v1/models'],
    ['gateway.models below its path', (gateway) => express().use('/llm/models', gateway.models), '/llm/models'],
    ['gateway.models as a route', (gateway) => express().get(/^\/v1\/models\//, gateway.models), '/v1/models'],
  ])('is served at %s', async (_where, mount, path) => {
    const app = mount(await gatewayFor({ providers }));
    const get = (id: string) => request(app).get(`${path}/${id}`);
    await get('m').expect(401);
    const entry = { object: 'model', created: expect.any(Number), owned_by: 'demo' };
    expect((await get('m?x=1').set(...key)).body).toEqual({ ...entry, id: 'm' });
    for (const id of ['maker/models/large', 'maker%2Fmodels%2flarge']) {
      expect((await get(id).set(...key)).body).toEqual({ ...entry, id: 'maker/models/large' });
    }
    for (const id of ['nope', '%E0%A4%A', '__proto__']) {
      const { body: unknown } = await get(id)
        .set(...key)
        .expect(404);
      expect(unknown.error).toMatchObject({ code: 'model_not_found', type: 'invalid_request_error' });
    }
  });

  it.each(['/models/llm', '/api/models/v1'])('is not taken for the list of a gateway at %s', async (mount) => {
    const app = express().use(mount, await gatewayFor({ providers }));
    const { body: list } = await request(app)
      .get(`${mount}/models`)
      .set(...key);
    expect(list).toMatchObject({ object: 'list', data: [{ id: 'm' }, { id: 'maker/models/large' }] });
    const { body: one } = await request(app)
      .get(`${mount}/models/m`)
      .set(...key);
    expect(one).toMatchObject({ id: 'm' });
  });

  it('is served for GET or HEAD', async () => {
    const app = express().use('/v1', await gatewayFor({ providers }));
    const { text } = await request(app)
      .head('/v1/models/m')
      .set(...key)
      .expect(200);
    expect(text ?? '').toBe('');
    await request(app)
      .delete('/v1/models/m')
      .set(...key)
      .expect(405)
      .expect('allow', 'GET, HEAD');
  });
});

describe('a mount path of the host’s own', () => {
  it('is a base URL: chat, models and the hint about the Responses API stand below it', async () => {
    const { gateway } = await gatewayOver([await upstreamFor()]);
    const app = express()
      .use('/api/llm', gateway)
      .use((_req, res) => void res.status(418).end());
    const key = ['authorization', 'Bearer demo-key'] as const;
    const hello = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
    await request(app)
      .post('/api/llm/chat/completions')
      .set(...key)
      .send(hello)
      .expect(200);
    await request(app)
      .post('/api/llm')
      .set(...key)
      .send(hello)
      .expect(200);
    const { body: list } = await request(app)
      .get('/api/llm/models')
      .set(...key)
      .expect(200);
    expect(list.data).toMatchObject([{ id: 'm' }]);
    await request(app)
      .post('/api/llm/responses')
      .send({})
      .expect(404, /not the Responses API/);
    await request(app).get('/api/llm/other').expect(418);
    await request(app).get('/models').expect(418);
  });
});

describe('health', () => {
  it('is 200 without a key, and 503 once draining', async () => {
    const gateway = await gatewayFor();
    const app = express().get('/healthz', gateway.health);
    await request(app).get('/healthz').expect(200, { status: 'ok' });
    await gateway.drain();
    await request(app).get('/healthz').expect(503, { status: 'draining' });
  });
});

describe('status()', () => {
  it('is plain JSON with endpoints, breakers, cache and requests in flight', async () => {
    const { gateway, post } = await gatewayOver([await upstreamFor()], { cache: {} });
    await (await post({})).text();
    await (await post({})).text();
    const status = gateway.status();
    expect(JSON.parse(JSON.stringify(status))).toMatchObject({
      draining: false,
      inFlight: 0,
      load: 'normal',
      cache: { hits: 1, misses: 1, stores: 1 },
      endpoints: [
        {
          id: 'p0 m',
          provider: 'p0',
          model: 'm',
          health: 'ok',
          succeeded: 1,
          failed: 0,
          readiness: { inFlight: 0, breaker: { state: 'closed' } },
        },
      ],
    });
    expect(JSON.stringify(status)).not.toContain('operator-secret');
  });
});

describe('plan()', () => {
  it('is what a request would get, without an upstream call', async () => {
    const upstream = await upstreamFor();
    const { gateway, post } = await gatewayOver([upstream]);
    expect(gateway.plan({ ...body, provider_only: ['p0'] })).toEqual({
      candidates: [{ provider: 'p0', model: 'm', slug: 'p0', upstreamModel: 'm' }],
      excluded: [],
      droppedParameters: [],
      promptTokens: 5,
    });
    expect(() => gateway.plan({ ...body, model: 'nope' })).toThrow(GatewayError);
    const dry = await post({}, { headers: { 'x-nordlys-dry-run': 'plan' } });
    expect(await dry.json()).toEqual(gateway.plan(body));
    expect(upstream.ledger).toHaveLength(0);
  });
});

describe('update()', () => {
  it('replaces the providers while a stream of the old ones continues', async () => {
    const [old, fresh] = [await upstreamFor(hang({ after: 'request' })), await upstreamFor()];
    const { gateway, post } = await gatewayOver([old]);
    const waiting = post({}, { signal: AbortSignal.timeout(2_000) }).catch(() => 'aborted');
    await old.nextRequest();
    gateway.update({ other: { baseUrl: fresh.baseUrl, models: ['m'] } });
    const response = await post({});
    expect(response.headers.get('x-nordlys-provider')).toBe('other');
    expect(gateway.status().inFlight).toBe(1);
    expect(() => gateway.update({})).toThrow(/at least one provider/);
    expect((await post({})).status).toBe(200);
    await waiting;
  });
});

describe('errorHandler()', () => {
  async function appWith(limit: string): Promise<express.Express> {
    const app = express().use(express.json({ limit }), await gatewayFor({ errorHandling: 'next' }));
    app.use(errorHandler());
    return app;
  }

  it('sends what express.json() refuses in OpenAI’s format', async () => {
    const app = await appWith('1kb');
    const broken = await request(app)
      .post('/v1/chat/completions')
      .set('content-type', 'application/json')
      .send('{"model":')
      .expect(400);
    expect(broken.body).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: null },
    });
    const large = await request(app)
      .post('/v1/chat/completions')
      .send({ ...body, user: 'x'.repeat(2_000) })
      .expect(413);
    expect(large.body.error.code).toBe('request_too_large');
  });

  it('responds to our errors that arrive through next', async () => {
    const { body: response } = await request(await appWith('1mb'))
      .post('/v1/chat/completions')
      .send(body)
      .expect(401);
    expect(response.error.code).toBe('invalid_api_key');
  });

  it.each([
    [{ loger: console }, /errorHandler: unknown option "loger"\. Did you mean "logger"\?/],
    [{ errorFormat: 'html' }, /errorHandler: errorFormat must be one of "openai", "openrouter", got "html"/],
  ])('refuses %o', (options, message) => {
    expect(() => errorHandler(options as never)).toThrow(message);
  });

  it('contains nothing of other callers', async () => {
    const app = express().use(() => {
      throw new Error('the database password is hunter2');
    });
    app.use(errorHandler());
    const { text } = await request(app).get('/').expect(500);
    expect(text).not.toContain('hunter2');
  });
});

describe('onError: next', () => {
  it('hands an error over with everything that a handler needs', async () => {
    const upstream = await upstreamFor(error(503));
    const gateway = createGateway({
      keys: ['demo-key'],
      errorHandling: 'next',
      maxAttempts: 1,
      providers: { p: { baseUrl: upstream.baseUrl, models: ['m'] } },
    });
    const seen: unknown[] = [];
    const app = express().use(gateway);
    app.use(((failure, _req, res, _next) => {
      seen.push(failure);
      res.status(failure.status).end();
    }) as express.ErrorRequestHandler);
    await request(app).post('/v1/chat/completions').set('authorization', 'Bearer demo-key').send(body).expect(503);
    expect(seen).toMatchObject([
      {
        name: 'GatewayError',
        code: 'upstream_overloaded',
        status: 503,
        statusCode: 503,
        expose: true,
        headers: { 'retry-after': '1' },
      },
    ]);
  });
});

describe('limits', () => {
  it('beyond maxInFlight: 503, and beyond maxInFlightPerCaller: 429, before the body is read', async () => {
    const upstream = await upstreamFor(hang({ after: 'request' }));
    const { post } = await gatewayOver([upstream], {
      keys: ['demo-key', 'other-key'],
      maxInFlight: 2,
      maxInFlightPerCaller: 1,
    });
    const controller = new AbortController();
    const first = post({}, { signal: controller.signal }).catch(() => 'aborted');
    await upstream.nextRequest();
    const second = await post({});
    expect(second.status).toBe(429);
    expect(second.headers.get('retry-after')).toBe('1');
    const other = post({}, { signal: controller.signal, headers: { authorization: 'Bearer other-key' } }).catch(
      () => 'aborted',
    );
    await upstream.nextRequest();
    expect((await post({}, { headers: { authorization: 'Bearer other-key' } })).status).toBe(503);
    controller.abort();
    await Promise.all([first, other]);
  });
});

describe('options that are wrong are refused at start-up', () => {
  const providers = { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } };
  it.each<[string, object, RegExp]>([
    ['no options', undefined as never, /^createGateway: options are missing\./],
    ['an empty key', { keys: ['k', ''], providers }, /^keys\[1\] must be .*, got an empty string\. Is its env/],
    ['a key that is too long', { keys: ['k'.repeat(513)], providers }, /^keys\[0\] must be .*, got 513 characters\./],
    ['a body timeout that is none', { keys: ['k'], providers, bodyTimeoutMs: NaN }, /bodyTimeoutMs .*, got NaN/],
    ['an unknown option', { keys: ['k'], providers, cahce: {} }, /unknown option "cahce".*cache/],
    [
      'an option of the gateway in its cache',
      { keys: ['k'], providers, cache: { hooks: {} } },
      /cache: unknown option "hooks"/,
    ],
    ['no telemetry', { keys: ['k'], providers, telemetry: 'on' }, /telemetry must be an object, got "on"/],
    ['a cache without tenants', { keys: false, providers, cache: {} }, /shared: true/],
    ['an attempt limit of zero', { keys: ['k'], providers, maxAttempts: 0 }, /maxAttempts must be a whole number/],
    [
      'an error mode that is none',
      { keys: ['k'], providers, errorHandling: 'throw' },
      /errorHandling must be one of "respond", "next"/,
    ],
    [
      'a hook that is none',
      { keys: ['k'], providers, hooks: { beforeRuote: () => undefined } },
      /unknown hook "beforeRuote"/,
    ],
    ['a provider without a base URL', { keys: ['k'], providers: { p: { models: ['m'] } } }, /providers\.p\.baseUrl/],
  ])('%s', (_what, options, message) => {
    expect(() => createGateway(options as GatewayOptions)).toThrow(message);
  });
});
