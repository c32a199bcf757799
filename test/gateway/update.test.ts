import { describe, expect, it } from 'vitest';
import type { Gateway, UpdateArgument } from '../../src/index.js';
import { chat, hang } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { FakeClock } from '../support/fake-clock.js';

const providersAt = (baseUrl: string) => ({
  p: { baseUrl, models: { small: { pricing: { prompt: 1, completion: 1 } }, large: {} } },
});

async function updatable(options: object = {}) {
  const upstream = await upstreamFor(chat('Hello.'));
  const providers = providersAt(upstream.baseUrl);
  return { upstream, providers, ...(await gatewayOver([], { providers, ...options })) };
}

/** The first model that a request for `model` would go to, or the code of its refusal. */
function planned({ plan }: Gateway, model?: string): string | undefined {
  try {
    return plan(model === undefined ? {} : { model }).candidates[0]?.model;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('gateway.update', () => {
  it('replaces aliases, and keeps what it does not name', async () => {
    const { gateway, post } = await updatable({ aliases: { fast: 'large' }, defaultModel: 'large' });
    expect((await post({ model: 'fast' })).headers.get('x-nordlys-model')).toBe('large');
    gateway.update({ aliases: { fast: 'small', quick: 'small' } });
    expect((await post({ model: 'fast' })).headers.get('x-nordlys-model')).toBe('small');
    expect([planned(gateway, 'quick'), planned(gateway)]).toEqual(['small', 'large']);
    gateway.update({ aliases: { only: 'large' } });
    expect([planned(gateway, 'only'), planned(gateway, 'fast')]).toEqual(['large', 'model_not_found']);
  });

  it('replaces the default model and the auto models, and resets them', async () => {
    const { gateway } = await updatable({ defaultModel: 'large' });
    gateway.update({ defaultModel: 'small', autoModels: ['any'] });
    expect([planned(gateway), planned(gateway, 'any'), planned(gateway, 'auto')]).toEqual([
      'small',
      'small',
      'model_not_found',
    ]);
    gateway.update({ defaultModel: undefined, autoModels: null } as unknown as UpdateArgument);
    expect([planned(gateway), planned(gateway, 'any')]).toEqual(['missing_model', 'model_not_found']);
  });

  it('replaces timeouts of providers that have none of their own', async () => {
    const clock = new FakeClock();
    const upstream = await upstreamFor(hang());
    const { gateway, post } = await gatewayOver([upstream], { clock, maxAttempts: 1 });
    gateway.update({ timeouts: { headersMs: 500 } });
    const pending = post({});
    await upstream.nextRequest();
    await clock.advanceAsync(501);
    expect((await pending).status).toBe(504);
  });

  it('bounds hooks by the totalMs that holds now', async () => {
    const clock = new FakeClock();
    let reached = (): void => {};
    const waiting = new Promise<void>((resolve) => (reached = resolve));
    const { gateway, post } = await updatable({
      clock,
      hooks: { beforeRoute: () => (reached(), new Promise(() => undefined)), onError: () => undefined },
    });
    gateway.update({ timeouts: { totalMs: 700 } });
    const pending = post({ model: 'small' });
    await waiting;
    await clock.advanceAsync(701);
    expect((await pending).status).toBe(500);
  });

  it('accepts providers and names for them at once, in either form', async () => {
    const { gateway, upstream, post } = await updatable({ aliases: { fast: 'small' } });
    const { baseUrl } = upstream;
    gateway.update({ providers: { q: { baseUrl, models: ['new'] } }, aliases: { fast: 'new' }, defaultModel: 'new' });
    expect((await post({ model: 'fast' })).headers.get('x-nordlys-provider')).toBe('q');
    // A provider table alone: the names stay, so it must serve what they stand for.
    expect(() => gateway.update({ q: { baseUrl, models: ['other'] } })).toThrow(/aliases\["fast"\]/);
    gateway.update({ r: { baseUrl, models: ['new'] } });
    expect(gateway.plan({}).candidates).toMatchObject([{ provider: 'r' }]);
  });

  it.each(['aliases', 'timeouts', 'providers', 'defaultmodel'])(
    'accepts a provider that is called %s',
    async (name) => {
      const { gateway, upstream } = await updatable();
      gateway.update({ [name]: { baseUrl: upstream.baseUrl, models: ['small'] } });
      expect(gateway.plan({ model: 'small' }).candidates).toMatchObject([{ provider: name }]);
      gateway.update({ [name]: { format: 'anthropic', apiKey: 'k', models: ['small'] } });
      expect(gateway.plan({ model: 'small' }).candidates).toMatchObject([{ provider: name }]);
    },
  );

  it.each<[object, RegExp]>([
    [{ defaultModel: 'small', aliases: { fast: 'none' } }, /aliases\["fast"\]: no provider has "none"/],
    [{ aliases: { fast: 'small' }, defaultModel: 'none' }, /defaultModel: no provider has "none"/],
    [{ aliases: { fast: 'small' }, timeouts: { totalMs: -1 } }, /timeouts\.totalMs/],
    [{ aliases: { fast: 'small' }, timeouts: { total: 1 } }, /timeouts: unknown option "total"/],
    [{ aliases: { fast: 'small' }, providers: {} }, /at least one provider/],
    [{ aliases: { fast: 'small' }, providers: undefined }, /providers/],
    [{ defaultModel: 'small', providers: { p: { baseUrl: 'nonsense', models: ['small'] } } }, /providers\.p\.baseUrl/],
    [{ aliases: { small: 'large' } }, /already the name of a model/],
    [{ aliases: { fast: 'small' }, autoModels: 'auto' }, /autoModels must be a list/],
    [{ defaultModle: 'small' }, /update: unknown option "defaultModle"\. Did you mean "defaultModel"\?/],
    [{ defaultModel: 'small', keys: ['k'] }, /update: unknown option "keys"/],
    [{ p: { baseURL: 'http://x', models: ['small'] } }, /providers\.p/],
    [{}, /at least one provider/],
  ])('changes nothing where %j is wrong', async (update, message) => {
    const { gateway, post } = await updatable({ aliases: { fast: 'large' }, defaultModel: 'large' });
    expect(() => gateway.update(update as UpdateArgument)).toThrow(message);
    expect([planned(gateway), planned(gateway, 'fast')]).toEqual(['large', 'large']);
    expect((await post({ model: 'fast' })).headers.get('x-nordlys-model')).toBe('large');
  });

  it.each([undefined, null, 'p', [], 1])('refuses %j', async (update) => {
    const { gateway } = await updatable();
    expect(() => gateway.update(update as unknown as UpdateArgument)).toThrow(TypeError);
  });

  it('does not serve a cached response of the model that a name meant before', async () => {
    const { gateway, post } = await updatable({ aliases: { fast: 'large' }, cache: {} });
    await post({ model: 'fast' });
    expect((await post({ model: 'fast' })).headers.get('x-nordlys-cache')).toBe('HIT');
    gateway.update({ aliases: { fast: 'small' } });
    const after = await post({ model: 'fast' });
    expect([after.headers.get('x-nordlys-cache'), after.headers.get('x-nordlys-model')]).toEqual(['MISS', 'small']);
  });
});
