import express, { type RequestHandler } from 'express';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  authenticate,
  cache,
  getContext,
  proxy,
  route,
  validate,
  type CommonOptions,
  type OnErrorState,
} from '../../src/index.js';
import { upstreamFor } from './fixtures.js';

const hello = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

const warn = vi.spyOn(process, 'emitWarning');
beforeEach(() => void warn.mockImplementation(() => undefined));
afterEach(() => warn.mockReset());

type Stages = Readonly<Record<'authenticate' | 'validate' | 'route' | 'cache' | 'proxy', RequestHandler>>;

async function stagesFor(common: CommonOptions = {}): Promise<Stages> {
  const { baseUrl } = await upstreamFor();
  return {
    authenticate: authenticate({ keys: false, ...common }),
    validate: validate(common),
    route: route({ providers: { demo: { baseUrl, models: ['m'] } }, ...common }),
    cache: cache({ shared: true, ...common }),
    proxy: proxy(common),
  };
}

describe('stages in the wrong order', () => {
  const wrong: readonly { order: readonly (keyof Stages)[]; cause: string }[] = [
    { order: ['cache'], cause: 'cache: this request has not passed validate. Mount validate before it.' },
    {
      order: ['authenticate', 'route'],
      cause: 'route: this request has not passed validate. Mount validate before it.',
    },
    {
      order: ['authenticate', 'validate', 'cache', 'route', 'proxy'],
      cause: 'cache: this request has not passed route. Mount route before it.',
    },
    {
      order: ['authenticate', 'validate', 'proxy'],
      cause: 'proxy: this request has not passed route. Mount route before it.',
    },
  ];

  it.each(wrong)(
    '$order: the host gets the name of the missing stage, the client nothing',
    async ({ order, cause }) => {
      const seen: OnErrorState[] = [];
      const stages = await stagesFor({ hooks: { onError: (state) => void seen.push(state) } });
      const app = express().use(...order.map((name) => stages[name]));
      for (const _ of [1, 2]) {
        const { body } = await request(app).post('/').send(hello).expect(500);
        expect(body.error).toMatchObject({ code: 'internal_error', message: expect.not.stringContaining('passed') });
      }
      expect(seen).toMatchObject([{ error: { cause: { message: cause } } }, { error: { cause: { message: cause } } }]);
      expect(warn.mock.calls).toEqual([[cause, { code: 'NORDLYS_STAGE_ORDER' }]]);
    },
  );
});

describe('stages in their order', () => {
  it('are open to all without a warning only if that is configured', async () => {
    const stages = await stagesFor();
    const app = express().use(stages.authenticate, stages.validate, stages.route, stages.cache, stages.proxy);
    await request(app).post('/').send(hello).expect(200);
    expect(warn).not.toHaveBeenCalled();
  });

  it('warn once without a caller: the host may have authenticated, or have forgotten it', async () => {
    const stages = await stagesFor();
    const app = express().use(stages.validate, stages.route, stages.proxy);
    for (const _ of [1, 2]) await request(app).post('/').send(hello).expect(200);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('has not passed authenticate'), { code: 'NORDLYS_STAGE_ORDER' }],
    ]);
  });

  it('warn also if a global cache is mounted before authenticate', async () => {
    const stages = await stagesFor();
    const app = express().use(stages.validate, stages.route, stages.cache, stages.authenticate, stages.proxy);
    await request(app).post('/').send(hello).expect(200);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('cache: this request has not passed authenticate'), { code: 'NORDLYS_STAGE_ORDER' }],
    ]);
  });

  it('keep to the limits of proxy', async () => {
    const { validate: checked, route: planned, authenticate: known } = await stagesFor();
    const app = express().use(known, checked, planned, proxy({ maxInFlight: 1 }));
    const responses = await Promise.all([1, 2].map(() => request(app).post('/').send(hello)));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 503]);
    expect(() => proxy({ maxInFlight: -3 })).toThrow(/maxInFlight must be a whole number of requests/);
    expect(() => proxy({ overloadProtection: 'on' as never })).toThrow(/overloadProtection must be true or false/);
  });

  it('take the caller that the host’s own middleware has found', async () => {
    const stages = await stagesFor();
    const signIn: RequestHandler = (req, _res, next) => {
      getContext(req).caller = { id: 'ada' };
      next();
    };
    const app = express().use(stages.validate, signIn, stages.route, stages.proxy);
    await request(app).post('/').send(hello).expect(200);
    expect(warn).not.toHaveBeenCalled();
  });

  it('show the host a view that it can set nothing in but the caller', async () => {
    const { validate: checked } = await stagesFor();
    const responses: unknown[] = [];
    const app = express().use(checked, (req, res) => {
      const view = getContext(req);
      for (const member of ['request', 'attempts', 'requestId', 'signal', 'route', 'outcome']) {
        responses.push(Reflect.set(view, member, 'mine'));
      }
      const hidden = ['sink', 'cancelSignal', 'inFlightIndex', 'res', 'body', 'client'].map((name) => name in view);
      responses.push(...hidden, getContext(req) !== view);
      expect(() => (view.caller = {} as never)).toThrow('caller must be { id: string } or undefined');
      expect(() => (view.caller = null as never)).toThrow(TypeError);
      view.caller = { id: 'ada' };
      view.caller = undefined;
      res.json({ model: view.request?.model, caller: view.caller ?? 'none' });
    });
    await request(app).post('/').send(hello).expect(200, { model: 'm', caller: 'none' });
    expect(responses).toEqual(Array.from(responses, () => false));
  });

  it('may be taken alone where they need nothing of others', async () => {
    const { validate: alone } = await stagesFor();
    const app = express().use(alone, (req, res) => void res.json({ model: getContext(req).request?.model }));
    await request(app).post('/').send(hello).expect(200, { model: 'm' });
    await request(app).post('/').send({ model: 'm' }).expect(400);
  });
});
