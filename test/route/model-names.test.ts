import { describe, expect, test } from 'vitest';
import { plannerFor } from './planner.js';

const endpoint = { pricing: { prompt: 1, completion: 1 } };
const options = {
  providers: {
    openai: {
      name: 'Open AI',
      baseUrl: 'https://a.example/v1',
      models: { 'gpt-5': endpoint, 'ft:gpt-5:org::id': endpoint },
    },
    azure: { baseUrl: 'https://b.example/v1', models: { 'gpt-5': { pricing: { prompt: 2, completion: 2 } } } },
    meta: { baseUrl: 'https://c.example/v1', models: ['acme/llama', 'acme/llama:free'] },
  },
  aliases: { fast: 'acme/llama', best: ['azure:gpt-5', 'acme/llama'], 'cheap:nitro': 'acme/llama:free' },
};
const { run, refusal } = plannerFor(options);
const withDefault = plannerFor({ ...options, defaultModel: 'fast' });

const planned = (fields: Record<string, unknown>, planner = run, anyModel = false) =>
  planner(fields, { anyModel }).candidates.map(({ endpoint: { slug, model } }) => `${slug} ${model}`);

describe("a model's name", () => {
  test.each([
    ['gpt-5', ['openai gpt-5', 'azure gpt-5']],
    ['acme/llama', ['meta acme/llama']],
    ['azure:gpt-5', ['azure gpt-5']],
    ['OpenAI:gpt-5', ['openai gpt-5']],
    ['openai:gpt-5:floor', ['openai gpt-5']],
    ['gpt-5:nitro', ['openai gpt-5', 'azure gpt-5']],
    ['acme/llama:free', ['meta acme/llama:free']],
    ['ft:gpt-5:org::id', ['openai ft:gpt-5:org::id']],
    ['openai:ft:gpt-5:org::id', ['openai ft:gpt-5:org::id']],
    ['fast', ['meta acme/llama']],
    ['fast:floor', ['meta acme/llama']],
    ['best', ['azure gpt-5', 'meta acme/llama']],
    ['cheap:nitro', ['meta acme/llama:free']],
  ])('%s resolves to %j', (model, expected) => {
    expect(planned({ model })).toEqual(expected);
  });

  test.each([
    'gpt-6',
    'GPT-5',
    'gpt-5:exacto',
    'gpt-5:nitro:nitro',
    ':gpt-5',
    'openai:',
    'openai:gpt-6',
    'google:gpt-5',
    'a:b:c',
    'toString',
    '__proto__',
    'constructor:nitro',
    'x'.repeat(100_000),
    ':nitro'.repeat(100_000),
  ])('%.30s is 404 model_not_found', (model) => {
    const error = refusal({ model });
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(error.message.length).toBeLessThan(300);
  });

  test.each([
    ['gtp-5', 'gpt-5'],
    ['openai/gpt-5', 'gpt-5'],
    ['llama', 'acme/llama'],
    ['acme/lama', 'acme/llama'],
    ['bset', 'best'],
  ])('suggests for %s: %s', (model, meant) => {
    expect(refusal({ model }).message).toContain(`Did you mean "${meant}"?`);
  });

  test('in models is refused at its place', () => {
    expect(refusal({ model: 'gpt-5', models: ['fast', 'gpt-6'] })).toMatchObject({
      code: 'model_not_found',
      param: 'models[1]',
    });
  });
});

describe('no model', () => {
  test.each([{}, { model: null }, { model: '' }, { model: '  ' }, { model: '', models: [] }])('%j is 400', (fields) => {
    expect(refusal(fields)).toMatchObject({ status: 400, code: 'missing_model', param: 'model' });
  });

  test('uses the first of models', () => {
    expect(planned({ models: ['acme/llama', 'azure:gpt-5'] })).toEqual(['meta acme/llama', 'azure gpt-5']);
  });

  test('uses the default model', () => {
    expect(planned({}, withDefault.run)).toEqual(['meta acme/llama']);
    expect(planned({}, withDefault.run, true)).toEqual(['meta acme/llama']);
  });

  test('uses every model if a hook will choose', () => {
    expect(planned({}, run, true)).toEqual([
      'openai gpt-5',
      'azure gpt-5',
      'openai ft:gpt-5:org::id',
      'meta acme/llama',
      'meta acme/llama:free',
    ]);
  });
});

describe('an auto model', () => {
  test('is everything there is, for a hook', () => {
    expect(planned({ model: 'auto' }, run, true)).toHaveLength(5);
    expect(planned({ model: 'auto' }, withDefault.run, true)[0]).toBe('meta acme/llama');
  });

  test.each(['nordlys/hypernova', 'adaptive/auto', 'openrouter/auto'])('is not %s unless it is configured', (model) => {
    expect(refusal({ model })).toMatchObject({ code: 'model_not_found' });
    const own = plannerFor({ ...options, autoModels: ['auto', model] });
    expect(planned({ model }, own.run, true)).toHaveLength(5);
  });

  test('is the default model without a hook', () => {
    expect(planned({ model: 'auto' }, withDefault.run)).toEqual(['meta acme/llama']);
  });

  test('is unknown without a hook and without a default', () => {
    expect(refusal({ model: 'auto' })).toMatchObject({ code: 'model_not_found' });
  });

  test('restricts the choice to models that are named', () => {
    expect(planned({ model: 'auto', models: ['azure:gpt-5', 'acme/llama'] }, run, true)).toEqual([
      'azure gpt-5',
      'meta acme/llama',
    ]);
  });

  test('is what the operator calls so', () => {
    const own = plannerFor({ ...options, autoModels: ['router'], aliases: { auto: 'gpt-5' } });
    expect(planned({ model: 'router' }, own.run, true)).toHaveLength(5);
    expect(planned({ model: 'auto' }, own.run, true)).toEqual(['openai gpt-5', 'azure gpt-5']);
  });
});
