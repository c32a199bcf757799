import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  authenticate,
  cache,
  createGateway,
  proxy,
  route,
  validate,
  type CacheOptions,
  type Hooks,
} from '../../src/index.js';
import { chat } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { listen } from '../support/listen.js';

const providers = { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } };
const planOf = ({ headers }: { headers: NodeJS.Dict<string | string[]> }): string => String(headers['x-plan']);
/** Two plans of one tenant get different headers. */
const byPlan: Hooks = { beforeAttempt: ({ req }) => ({ headers: { 'x-plan': planOf(req) } }) };

describe('a cache together with beforeAttempt', () => {
  const refusal =
    /^cache: hooks\.beforeAttempt changes requests behind the cache.*beforeRoute.*ignoresBeforeAttempt: true/;

  it('is refused at start-up, by createGateway and by the stage', () => {
    const options = { keys: ['k'], providers, cache: {}, hooks: byPlan };
    expect(() => createGateway(options)).toThrow(refusal);
    expect(() => createGateway({ ...options, cache: { ignoresBeforeAttempt: false } })).toThrow(refusal);
    expect(() => cache({ hooks: byPlan })).toThrow(refusal);
    expect(() => createGateway({ ...options, cache: undefined })).not.toThrow();
    expect(() => createGateway({ ...options, hooks: { afterAttempt() {} } })).not.toThrow();
    expect(() => createGateway({ ...options, hooks: { beforeAttempt: undefined } })).not.toThrow();
  });

  it('is accepted with ignoresBeforeAttempt', async () => {
    const upstream = await upstreamFor(chat('Hi'));
    const { post } = await gatewayOver([upstream], { cache: { ignoresBeforeAttempt: true }, hooks: byPlan });
    for (const plan of ['a', 'b']) await (await post({}, { headers: { 'x-plan': plan } })).text();
    expect(upstream.ledger).toHaveLength(1);
  });

  it.each([['yes'], [1]])('must be true or false, not %j', (ignoresBeforeAttempt) => {
    expect(() => createGateway({ keys: ['k'], providers, cache: { ignoresBeforeAttempt } } as never)).toThrow(
      /^cache\.ignoresBeforeAttempt must be true or false/,
    );
  });
});

describe('a chain whose cache does not know of the hook', () => {
  async function chainWith(beforeAttempt: Hooks['beforeAttempt'], cacheOptions: CacheOptions = {}) {
    const upstream = await upstreamFor(({ headers }) => chat(`for ${planOf({ headers })}`));
    const app = express().use('/v1', authenticate({ keys: ['k'] }), validate());
    app.use('/v1', route({ providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'] } } }));
    app.use('/v1', cache(cacheOptions), proxy({ hooks: { beforeAttempt } }));
    const { url, close } = await listen(app);
    onTestFinished(close);
    const post = async (plan: string): Promise<string> => {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': 'k', 'x-plan': plan },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
      });
      return response.text();
    };
    return { post, upstream };
  }

  it.each<[string, Hooks['beforeAttempt']]>([
    ['headers', byPlan.beforeAttempt],
    ['the request', ({ req, request }) => ({ headers: { 'x-plan': planOf(req) }, request })],
  ])('serves no plan the response of another: %s', async (_what, hook) => {
    const { post, upstream } = await chainWith(hook);
    expect(await post('a')).toContain('for a');
    expect(await post('b')).toContain('for b');
    expect(upstream.ledger).toHaveLength(2);
  });

  it.each<[string, Hooks['beforeAttempt'], CacheOptions?]>([
    ['nothing', () => undefined],
    ['trace headers', () => ({ headers: { Traceparent: '00-0-0-01', tracestate: 'a=b' } })],
    ['headers that do not matter', byPlan.beforeAttempt, { ignoresBeforeAttempt: true }],
  ])('stores responses if the hook changes %s', async (_what, hook, options) => {
    const { post, upstream } = await chainWith(hook, options);
    for (let time = 0; time < 3; time++) await post('a');
    expect(upstream.ledger).toHaveLength(1);
  });
});
