import { describe, expect, test } from 'vitest';
import type { RouteOptions } from '../../src/options/types.js';
import { listModels } from '../../src/route/model-listing.js';
import { createRegistry } from '../../src/route/registry.js';

const BASE = { baseUrl: 'https://api.example.com/v1', models: ['m'] };
const provider = (fields: object) => ({ providers: { p: { ...BASE, ...fields } } }) as RouteOptions;
const endpoint = (fields: object) => provider({ models: { m: fields } });
const resolved = (options: RouteOptions) => createRegistry(options).table;
const first = (options: RouteOptions) => resolved(options).endpoints[0]!;

describe('a base URL', () => {
  test.each([
    ['https://api.openai.com/v1', 'https://api.openai.com', '443', '/v1/chat/completions'],
    ['https://api.openai.com/v1/', 'https://api.openai.com', '443', '/v1/chat/completions'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000', '8000', '/chat/completions'],
    ['http://vllm/', 'http://vllm', '80', '/chat/completions'],
    [
      'https://x.openai.azure.com/openai/deployments/d?api-version=1',
      'https://x.openai.azure.com',
      '443',
      '/openai/deployments/d/chat/completions?api-version=1',
    ],
    ['http://[::1]:8000/v1', 'http://[::1]:8000', '8000', '/v1/chat/completions'],
  ])('%s', (baseUrl, origin, port, path) => {
    expect(first(provider({ baseUrl })).provider.url).toMatchObject({ origin, port, path });
  });

  test.each([
    ['bedrock', 'the format "bedrock" has no URL of its own, unless it is bedrock({ region: \'us-east-1\' }).'],
    ['azure', 'the format "azure" has no URL of its own, unless it is azure({ resource: \'my-resource\' }).'],
  ])('of the format %s may come from an option of it', (format, message) => {
    expect(() => resolved(provider({ baseUrl: undefined, format }))).toThrow(message);
  });

  test('has an IPv6 host without brackets, as sockets need it', () => {
    expect(first(provider({ baseUrl: 'http://[::1]:8000/v1' })).provider.url.hostname).toBe('::1');
  });

  test.each([
    [undefined, /providers\.p\.baseUrl must be a non-empty string: the format "openai" has no URL of its own\./],
    ['', /must be a non-empty string/],
    [7, /got 7/],
    ['api.openai.com/v1', /must be an absolute URL such as .*got "api\.openai\.com\/v1"/],
    ['ftp://example.com', /must begin with https:\/\/ or http:\/\//],
    ['https://example.com/v1#x', /must not contain a fragment/],
    ['https://example.com/v1/chat/completions', /must end before \/chat\/completions, which is appended/],
    ['https://exa\nmple.com', /must not contain control characters/],
  ])('%j is refused', (baseUrl, message) => {
    expect(() => resolved(provider({ baseUrl }))).toThrow(message);
  });

  test.each(['https://user:hunter2@example.com', 'https://hunter2@example.com', 'hunter2@example.com'])(
    'with a password is refused without showing it',
    (baseUrl) => {
      expect(() => resolved(provider({ baseUrl }))).toThrow(/^(?!.*hunter2).*baseUrl/s);
    },
  );
});

describe('traits of a model', () => {
  test.each(['openai', 'azure'])('are refused where the format has none: %s', (format) => {
    const models = { m: { format: { thinking: 'adaptive' } } };
    expect(() => resolved(provider({ format, models }))).toThrow(
      `providers.p.models["m"].format has no effect: the provider's format "${format}" has no traits.`,
    );
    expect(() => resolved(provider({ format, models: { m: { format: {}, promptCaching: 'auto' } } }))).not.toThrow();
  });
});

describe('authentication', () => {
  test.each([
    [undefined, { header: 'authorization', prefix: 'Bearer ' }],
    ['bearer', { header: 'authorization', prefix: 'Bearer ' }],
    ['x-api-key', { header: 'x-api-key', prefix: '' }],
    ['api-key', { header: 'api-key', prefix: '' }],
    [{ header: 'X-Token' }, { header: 'x-token', prefix: '' }],
    [
      { header: 'Authorization', prefix: 'Key ' },
      { header: 'authorization', prefix: 'Key ' },
    ],
  ])('%j', (auth, expected) => {
    expect(first(provider({ auth })).provider.auth).toEqual(expected);
  });

  test.each([
    [{ apiKey: undefined }, /providers\.p\.apiKey is undefined\. Is its environment variable set\?/],
    [{ auth: 'basic' }, /providers\.p\.auth must be "bearer", "x-api-key"/],
    [{ auth: { name: 'x' } }, /auth: unknown option "name"/],
    [{ auth: { header: 'a b' } }, /auth\.header must be a header name/],
    [{ auth: { header: 'connection' } }, /set by the gateway itself/],
    [{ auth: { header: 'x', prefix: 'a\nb' } }, /auth\.prefix must not contain control characters/],
    [{ headers: { 'content-length': '1' } }, /headers\.content-length is set by the gateway itself/],
    [{ headers: { x: 1 } }, /headers\.x must be a string/],
    [{ headers: ['x'] }, /headers must be an object/],
    [{ apiKey: '' }, /apiKey is empty: leave it out/],
    [{ apiKey: 7 }, /apiKey must be a string or a function/],
  ])('%j is refused', (fields, message) => {
    expect(() => resolved(provider(fields))).toThrow(message);
  });

  test.each(['se cret', 'secret\n', 'sécret'])(
    'a key that no header can carry is refused without showing it',
    (apiKey) => {
      expect(() => resolved(provider({ apiKey }))).toThrow(/^(?!.*cret).*apiKey/s);
    },
  );

  test('a key may come from a function', () => {
    const apiKey = () => 'k';
    expect(first(provider({ apiKey })).provider.apiKey).toBe(apiKey);
  });

  test('headers are kept in lower case', () => {
    expect(first(provider({ headers: { 'X-Title': 'demo' } })).provider.headers).toEqual({ 'x-title': 'demo' });
  });
});

describe('timeouts', () => {
  test('have defaults', () => {
    expect(first(provider({})).provider.timeouts).toEqual({
      connectMs: 5_000,
      headersMs: 300_000,
      firstChunkMs: 60_000,
      streamHeadMs: 600_000,
      idleMs: 60_000,
      totalMs: undefined,
    });
  });

  test('of a provider stand over those of the top level, one by one', () => {
    const options = { ...provider({ timeouts: { idleMs: 7 } }), timeouts: { idleMs: 8, connectMs: 9 } };
    expect(first(options).provider.timeouts).toMatchObject({ idleMs: 7, connectMs: 9, headersMs: 300_000 });
  });

  test('of a head bound the beginning of a stream as well', () => {
    const timeouts = first({ ...provider({}), timeouts: { headersMs: 9_000 } }).provider.timeouts;
    expect(timeouts).toMatchObject({ headersMs: 9_000, streamHeadMs: 9_000 });
  });

  test.each([
    [{ idle: 5 }, /timeouts: unknown option "idle"\. (Did you mean|Known)/],
    [{ idleMs: 0 }, /timeouts\.idleMs must be a number of milliseconds between/],
    [{ idleMs: '5' }, /got "5"/],
    [{ idleMs: Number.NaN }, /got NaN/],
    [{ idleMs: 3_000_000_000 }, /between 1 and 2147483647/],
  ])('%j are refused', (timeouts, message) => {
    expect(() => resolved(provider({ timeouts }))).toThrow(message);
    expect(() => resolved({ ...provider({}), timeouts } as RouteOptions)).toThrow(message);
  });
});

describe('models', () => {
  test.each([
    [['*'], /providers\.p\.models\[0\] must be the name of one model: patterns are not supported/],
    [['m', 'gpt-*'], /providers\.p\.models\[1\] must be the name of one model/],
    [{ '*': {} }, /providers\.p\.models must be the name of one model.*got "\*"/],
  ])('are named one by one: %j', (models, message) => {
    expect(() => resolved(provider({ models }))).toThrow(message);
  });

  test('need no key where the provider needs none', () => {
    expect(first(provider({})).provider.apiKey).toBeUndefined();
    expect(first(provider({ apiKey: null })).provider.apiKey).toBeUndefined();
  });
});

describe('endpoints', () => {
  test('are identified by slug and model, and inherit from their provider', () => {
    const { endpoints } = resolved({
      providers: {
        OpenAI: {
          ...BASE,
          zdr: true,
          dataCollection: 'deny',
          models: { m: [{}, { tag: 'EU', zdr: false }, { tier: 'flex' }] },
        },
        other: { ...BASE, models: ['m', 'n'] },
      },
    });
    expect(endpoints.map(({ id, zdr, dataCollection, position }) => [id, zdr, dataCollection, position])).toEqual([
      ['openai m', true, 'deny', 0],
      ['openai/eu m', false, 'deny', 1],
      ['openai/flex m', true, 'deny', 2],
      ['other m', false, 'allow', 3],
      ['other n', false, 'allow', 4],
    ]);
  });

  test('declare nothing by default', () => {
    expect(first(provider({}))).toMatchObject({
      upstreamModel: 'm',
      pricing: undefined,
      contextLength: undefined,
      maxCompletionTokens: undefined,
      quantization: 'unknown',
      supportedParameters: undefined,
      distillable: false,
      tier: undefined,
    });
  });

  test('read null as not given', () => {
    const nothing = {
      tag: null,
      pricing: null,
      contextLength: null,
      quantization: null,
      supportedParameters: null,
      tier: null,
    };
    expect(first(endpoint(nothing)).quantization).toBe('unknown');
  });

  test.each([[[]], [{}], [{ m: [] }]])('must be at least one: a provider with %j could never respond', (models) => {
    expect(() => resolved({ providers: { p: BASE, q: { ...BASE, models } } })).toThrow(
      'providers.q.models must name at least one model, got none.',
    );
  });

  test.each([
    [{ contextLenght: 5 }, /models\["m"\]: unknown option "contextLenght"\. Did you mean "contextLength"\?/],
    [{ contextLength: '128k' }, /contextLength must be a whole number of tokens, 1 or more, got "128k"/],
    [{ contextLength: 1.5 }, /got 1\.5/],
    [{ maxCompletionTokens: 0 }, /maxCompletionTokens must be a whole number of tokens/],
    [{ quantization: 'fp9' }, /quantization must be one of "int4"/],
    [{ supportedParameters: 'tools' }, /supportedParameters must be a list of strings/],
    [{ supportedParameters: [1] }, /supportedParameters\[0\] must be a non-empty string/],
    [{ zdr: 'yes' }, /zdr must be true or false, got "yes"/],
    [{ dataCollection: 'never' }, /dataCollection must be one of "allow", "deny"/],
    [{ tier: 'fast' }, /tier must be one of "flex", "priority"/],
    [{ tag: 'a b' }, /tag must be the part of the slug after "provider\/"/],
    [{ tag: '/eu' }, /tag must be the part of the slug/],
    [{ upstreamModel: '' }, /upstreamModel must be a non-empty string/],
    [{ pricing: { prompt: 1 } }, /pricing\.completion must be a number of USD, 0 or more\.$/],
    [{ pricing: { prompt: -1, completion: 1 } }, /pricing\.prompt must be a number of USD, 0 or more, got -1/],
    [{ pricing: { prompt: '1', completion: 1 } }, /got "1"/],
    [{ pricing: { prompt: 1, completion: 1, cached: 1 } }, /pricing: unknown option "cached"/],
    [{ pricing: { prompt: 2.5e-7, completion: 2 } }, /looks like USD per token\. Write 0\.25\./],
    [[{}, {}], /"p" is used twice for "m"\. Give each endpoint its own tag/],
    ['gpt', /models\["m"\] must be an object, got "gpt"/],
  ])('%j are refused', (fields, message) => {
    expect(() => resolved(endpoint(fields as object))).toThrow(message);
  });

  test.each([
    [['m', 'm'], /"p" is used twice/],
    [[''], /models\[0\] must be a non-empty string/],
    [[' m'], /without spaces around it/],
    ['m', /models must be a list of model names or an object of them/],
    [undefined, /models must be a list/],
  ])('models %j are refused', (models, message) => {
    expect(() => resolved(provider({ models }))).toThrow(message);
  });
});

describe('providers', () => {
  test.each([
    [{}, /providers must name at least one provider/],
    [[], /providers must be an object, got a list/],
    [{ p: { ...BASE, baseURL: 'x' } }, /providers\.p: unknown option "baseURL"\. Did you mean "baseUrl"\?/],
    [{ 'a/b': BASE }, /a provider's key may contain letters, digits/],
    [{ p: BASE, P: BASE }, /providers\.P is used twice/],
    [{ p: BASE, q: { ...BASE, name: 'P' } }, /providers\.q\.name is also a name of provider "p"/],
    [{ p: { ...BASE, format: 'anthropics' } }, /format must be "openai", "anthropic", .* or a WireFormat/],
    [{ p: null }, /providers\.p must be an object, got null/],
  ])('%j are refused', (providers, message) => {
    expect(() => resolved({ providers } as unknown as RouteOptions)).toThrow(message);
  });

  test('are found by slug and by display name, whatever the case', () => {
    const { providerNames } = resolved({ providers: { MoonShot: { ...BASE, name: 'Moonshot AI' } } });
    expect([...providerNames]).toEqual([
      ['moonshot', 'moonshot'],
      ['moonshot ai', 'moonshot'],
    ]);
  });

  test("may use a format of the host's own", () => {
    const format = { name: 'mine', path: '/messages' };
    expect(first(provider({ format })).provider.url.path).toBe('/v1/messages');
  });
});

describe('names', () => {
  test.each([
    [{ defaultModel: 'n' }, /defaultModel: no provider has "n"\./],
    [{ defaultModel: '' }, /defaultModel must be a non-empty string/],
    [{ aliases: { fast: 'n' } }, /aliases\["fast"\]: no provider has "n"\./],
    [{ aliases: { fast: [] } }, /aliases\["fast"\] must be a model or a list of models/],
    [{ aliases: { fast: 'quick', quick: 'm' } }, /aliases\["fast"\]: no provider has "quick"/],
    [{ aliases: { m: 'm' } }, /aliases\["m"\] is already the name of a model/],
    [{ autoModels: 'auto' }, /autoModels must be a list of strings/],
    [
      { callerOverrides: { allowedOrigin: [] } },
      /callerOverrides: unknown option "allowedOrigin"\. Did you mean "allowedOrigins"\?/,
    ],
    [{ callerOverrides: { apiKeys: 'no' } }, /callerOverrides\.apiKeys must be true or false/],
    [
      { callerOverrides: { allowedOrigins: ['example.com'] } },
      /callerOverrides\.allowedOrigins\[0\] must be an origin such as/,
    ],
  ])('%j are refused', (fields, message) => {
    expect(() => resolved({ ...provider({}), ...fields } as unknown as RouteOptions)).toThrow(message);
  });
});

describe('hot replacement', () => {
  test('uses the new table for the next request', () => {
    const registry = createRegistry({ providers: { p: BASE } });
    const before = registry.table;
    registry.replace({ q: { ...BASE, models: ['n'] } });
    expect(registry.table.models.has('n')).toBe(true);
    expect(before.models.has('m')).toBe(true);
  });

  test('keeps the old table if the new one is wrong', () => {
    const registry = createRegistry({ providers: { p: BASE }, defaultModel: 'm' });
    const before = registry.table;
    expect(() => registry.replace({ p: { ...BASE, models: ['n'] } })).toThrow(/defaultModel/);
    expect(registry.table).toBe(before);
  });
});

test("lists models in OpenAI's form, aliases last", () => {
  const { table } = createRegistry({
    providers: {
      p: { ...BASE, models: { m: { contextLength: 8 } } },
      q: { ...BASE, models: { m: { contextLength: 16 }, n: {} } },
    },
    aliases: { fast: ['n', 'm'] },
  });
  expect(listModels(table, 5)).toEqual({
    object: 'list',
    data: [
      { id: 'm', object: 'model', created: 5, owned_by: 'p', context_length: 16 },
      { id: 'n', object: 'model', created: 5, owned_by: 'q' },
      { id: 'fast', object: 'model', created: 5, owned_by: 'alias', alias_target: ['n', 'm'] },
    ],
  });
});
