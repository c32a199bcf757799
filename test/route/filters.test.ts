import { describe, expect, test } from 'vitest';
import { plannerFor, samplePlanner } from './planner.js';

const { ids, reasons, refused } = samplePlanner();
const TOOLS = [{ type: 'function', function: { name: 'f' } }];
const ALL = ['A2', 'A1', 'C1', 'C2', 'D1', 'B1'];

describe('who stays', () => {
  const cases: readonly {
    it: string;
    fields: Record<string, unknown>;
    stays: readonly string[];
    promptTokens?: number;
  }[] = [
    { it: 'keeps all endpoints but tiers by default', fields: {}, stays: ALL },
    {
      it: "allows a provider and another one's exact tag",
      fields: { provider_only: ['alpha', 'gamma/us'] },
      stays: ['A2', 'A1', 'C2'],
    },
    {
      it: 'finds no endpoint by the beginning of a tag, next to one that exists',
      fields: { provider_only: ['gamma/e', 'gamma/us'] },
      stays: ['C2'],
    },
    { it: 'admits a tier by its exact slug', fields: { provider_only: ['gamma/priority'] }, stays: ['C3'] },
    {
      it: 'admits a tier beside its provider',
      fields: { provider_only: ['gamma', 'gamma/priority'] },
      stays: ['C1', 'C2', 'C3'],
    },
    {
      it: 'ignores an exact tag only',
      fields: { provider_ignore: ['gamma/eu'] },
      stays: ['A2', 'A1', 'C2', 'D1', 'B1'],
    },
    {
      it: 'ignores whatever the letter case',
      fields: { provider_ignore: ['GAMMA', 'Delta'] },
      stays: ['A2', 'A1', 'B1'],
    },
    { it: 'takes relatives of a quantization: fp4', fields: { provider_quantizations: ['fp4'] }, stays: ['A2', 'D1'] },
    { it: 'takes no relatives of a relative: mxfp4', fields: { provider_quantizations: ['mxfp4'] }, stays: ['D1'] },
    { it: 'takes relatives of a quantization: fp8', fields: { provider_quantizations: ['FP8'] }, stays: ['A1'] },
    {
      it: 'selects endpoints without a quantization only if requested',
      fields: { provider_quantizations: ['unknown'] },
      stays: ['C1', 'C2'],
    },
    {
      it: 'keeps endpoints that may not use the data',
      fields: { provider_data_collection: 'deny' },
      stays: ['A2', 'A1', 'C1', 'C2'],
    },
    { it: 'has no objection with data_collection allow', fields: { provider_data_collection: 'allow' }, stays: ALL },
    { it: 'keeps endpoints that retain nothing', fields: { provider_zdr: true }, stays: ['A2', 'A1'] },
    { it: 'has no objection with zdr false', fields: { provider_zdr: false }, stays: ALL },
    { it: 'takes prompt caps as inclusive', fields: { provider_max_prompt_price: 0.5 }, stays: ['A2', 'D1'] },
    {
      it: 'takes completion caps as inclusive',
      fields: { provider_max_completion_price: 3 },
      stays: ['A2', 'A1', 'C1', 'C2', 'B1'],
    },
    {
      it: 'caps the price of a request',
      fields: { provider_max_request_price: 0.019 },
      stays: ['A2', 'A1', 'C1', 'C2', 'B1'],
    },
    { it: 'takes request caps as inclusive', fields: { provider_max_request_price: 0.02 }, stays: ALL },
    {
      it: 'caps the price of an image',
      fields: { provider_max_image_price: 0 },
      stays: ['A2', 'A1', 'C1', 'C2', 'B1'],
    },
    { it: 'takes max_tokens as inclusive', fields: { max_tokens: 16_384 }, stays: ['A1', 'C1', 'C2', 'B1'] },
    { it: 'reads max_completion_tokens as max_tokens', fields: { max_completion_tokens: 40_000 }, stays: ['C1', 'C2'] },
    {
      it: 'takes the larger of both limits',
      fields: { max_tokens: 10, max_completion_tokens: 40_000 },
      stays: ['C1', 'C2'],
    },
    {
      it: 'excludes contexts that cannot hold the prompt',
      fields: {},
      promptTokens: 65_537,
      stays: ['A1', 'C1', 'C2', 'B1'],
    },
    {
      it: 'takes the context length as inclusive',
      fields: {},
      promptTokens: 65_536,
      stays: ['A2', 'A1', 'C1', 'C2', 'B1'],
    },
    {
      it: 'counts the output against the context',
      fields: { max_tokens: 8_192 },
      promptTokens: 57_345,
      stays: ['A1', 'C1', 'C2', 'B1'],
    },
    { it: 'prefers endpoints with tools', fields: { tools: TOOLS }, stays: ['A1', 'C1', 'C2', 'D1', 'B1'] },
    {
      it: 'prefers endpoints with structured outputs',
      fields: { response_format: { type: 'json_schema' } },
      stays: ['A1', 'C1', 'C2', 'D1', 'B1'],
    },
    { it: 'requires nothing for plain text', fields: { response_format: { type: 'text' } }, stays: ALL },
    { it: 'does not prefer by parameters that change little', fields: { seed: 7, logprobs: true }, stays: ALL },
    {
      it: 'requires a parameter',
      fields: { seed: 7, provider_require_parameters: true },
      stays: ['A1', 'C1', 'C2', 'D1', 'B1'],
    },
    {
      it: 'requires nothing for an explicit null',
      fields: { seed: null, provider_require_parameters: true },
      stays: ALL,
    },
    {
      it: 'combines filters',
      fields: { provider_zdr: true, max_tokens: 10_000, provider_ignore: ['beta'] },
      stays: ['A1'],
    },
  ];
  test.each(cases)('$it', ({ fields, stays, promptTokens }) => {
    expect(ids(fields, promptTokens === undefined ? {} : { promptTokens })).toEqual(stays);
  });
});

describe('tiers', () => {
  const cases: readonly { it: string; fields: Record<string, unknown>; order: readonly string[] }[] = [
    {
      it: 'puts priority first, then the others, each by throughput',
      fields: { service_tier: 'priority' },
      order: ['C3', 'A2', 'A1', 'D1', 'C2', 'C1', 'B1'],
    },
    {
      it: 'reads fast as priority',
      fields: { service_tier: 'fast' },
      order: ['C3', 'A2', 'A1', 'D1', 'C2', 'C1', 'B1'],
    },
    {
      it: 'keeps priority first under another sort',
      fields: { service_tier: 'priority', provider_sort: 'price' },
      order: ['C3', 'A2', 'A1', 'C1', 'C2', 'D1', 'B1'],
    },
    {
      it: 'falls back to the ordinary pool where a model has no flex endpoint',
      fields: { service_tier: 'flex' },
      order: ALL,
    },
    { it: 'excludes tiers for auto', fields: { service_tier: 'auto' }, order: ALL },
    { it: 'excludes tiers for default', fields: { service_tier: 'default' }, order: ALL },
    {
      it: 'lets priority endpoints join for :nitro',
      fields: { model: 'acme/chat-70b:nitro' },
      order: ['C3', 'A2', 'A1', 'D1', 'C2', 'C1', 'B1'],
    },
    {
      it: 'keeps them out of :nitro with service_tier default',
      fields: { model: 'acme/chat-70b:nitro', service_tier: 'default' },
      order: ['A2', 'A1', 'D1', 'C2', 'C1', 'B1'],
    },
    { it: 'lets no priority endpoint join for :floor', fields: { model: 'acme/chat-70b:floor' }, order: ALL },
    {
      it: 'admits a tier that the order names exactly',
      fields: { provider_order: ['gamma/priority'] },
      order: ['C3', ...ALL],
    },
    {
      it: 'admits none that the order names by its provider',
      fields: { provider_order: ['gamma'] },
      order: ['C1', 'C2', 'A2', 'A1', 'D1', 'B1'],
    },
    {
      it: 'matches a tier by no base slug, in a deny-list neither',
      fields: { model: 'acme/chat-70b:nitro', provider_ignore: ['gamma'] },
      order: ['C3', 'A2', 'A1', 'D1', 'B1'],
    },
  ];
  test.each(cases)('$it', ({ fields, order }) => expect(ids(fields)).toEqual(order));

  test('uses flex endpoints alone, cheapest first, where the model has some', () => {
    const at = (prompt: number, tier?: 'flex') => ({ pricing: { prompt, completion: prompt }, ...(tier && { tier }) });
    const { slugs } = plannerFor({
      providers: {
        a: { baseUrl: 'https://a.example', models: { m: [at(1), { ...at(0.6), tag: 'spot', tier: 'flex' }] } },
        b: { baseUrl: 'https://b.example', models: { m: [at(0.9), at(0.4, 'flex')] } },
      },
    });
    expect(slugs({ model: 'm', service_tier: 'flex' }, { random: 0.999 })).toEqual(['b/flex', 'a/spot']);
    expect(slugs({ model: 'm:floor' })).toEqual(['b/flex', 'a/spot', 'b', 'a']);
    expect(slugs({ model: 'm' })).toEqual(['b', 'a']);
  });
});

describe('reasons', () => {
  test('names the first rule that each endpoint fails', () => {
    expect(
      reasons({
        provider_only: ['alpha', 'beta', 'gamma'],
        provider_ignore: ['beta'],
        provider_zdr: true,
        seed: 1,
        provider_require_parameters: true,
      }),
    ).toEqual({
      C3: 'service_tier',
      D1: 'allowed_providers',
      B1: 'ignored_providers',
      C1: 'data_policy:zdr',
      C2: 'data_policy:zdr',
      A2: 'require_parameters',
    });
  });

  test.each([
    [{ provider_quantizations: ['bf16'] }, 'A1', 'quantization'],
    [{ provider_data_collection: 'deny' }, 'B1', 'data_policy:training'],
    [{ provider_max_prompt_price: 0.7 }, 'A1', 'max_price'],
    [{ max_tokens: 9_000 }, 'A2', 'max_tokens'],
    [{ tools: TOOLS }, 'A2', 'parameter:tools'],
    [{ response_format: { type: 'json_object' } }, 'A2', 'parameter:response_format'],
    [{ provider_allow_fallbacks: false }, 'A1', 'allow_fallbacks'],
    [{ provider_order: ['beta'], provider_allow_fallbacks: false }, 'A1', 'allowed_providers'],
  ])('%j excludes %s for %s', (fields, id, reason) => {
    expect(reasons(fields)[id]).toBe(reason);
  });

  test('excludes no endpoint twice', () => {
    const planner = samplePlanner();
    const { excluded } = planner.show({
      models: ['alpha:acme/chat-70b', 'beta:acme/chat-70b', 'acme/mini-8b'],
      provider_zdr: true,
    });
    const keys = excluded.map(({ slug, model }) => `${slug} ${model}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('soft parameters', () => {
  test('keep a model that understands none of them, and drop them', () => {
    const { show } = samplePlanner();
    const plan = show({ model: 'acme/doc', tools: TOOLS, tool_choice: 'auto', parallel_tool_calls: true });
    expect(plan.candidates).toHaveLength(3);
    expect(plan.droppedParameters).toEqual(['tools', 'tool_choice', 'parallel_tool_calls']);
  });

  test('apply per model, so a fallback model without support stays', () => {
    expect(ids({ models: ['acme/doc'], tools: TOOLS })).toEqual(['A1', 'C1', 'C2', 'D1', 'B1', 'X1', 'X3', 'X2']);
  });

  test('narrow one after the other, and the later ones never empty the pool', () => {
    const { slugs } = plannerFor({
      providers: {
        a: { baseUrl: 'https://a.example', models: { m: { supportedParameters: ['tools'] } } },
        b: { baseUrl: 'https://b.example', models: { m: { supportedParameters: ['verbosity'] } } },
      },
    });
    expect(slugs({ model: 'm', verbosity: 'low' })).toEqual(['b']);
    expect(slugs({ model: 'm', verbosity: 'low', tools: TOOLS })).toEqual(['a']);
  });
});

describe('no endpoint remains', () => {
  const cases: readonly {
    it: string;
    fields: Record<string, unknown>;
    code: string;
    by: string;
    promptTokens?: number;
  }[] = [
    {
      it: 'no endpoint is allowed',
      fields: { provider_only: ['azure'] },
      code: 'no_endpoints',
      by: 'allowed_providers',
    },
    {
      it: 'every endpoint is ignored',
      fields: { provider_ignore: ['alpha', 'beta', 'gamma', 'delta'] },
      code: 'no_endpoints',
      by: 'allowed_providers',
    },
    {
      it: 'a closed order names no endpoint of the model',
      fields: { provider_order: ['azure', 'zeta'], provider_allow_fallbacks: false },
      code: 'no_endpoints',
      by: 'allowed_providers',
    },
    {
      it: 'a pinned provider does not serve the model',
      fields: { model: 'delta:acme/mini-8b' },
      code: 'no_endpoints',
      by: 'allowed_providers',
    },
    {
      it: 'no author allows distillation',
      fields: { model: 'acme/mini-8b', provider_enforce_distillable_text: true },
      code: 'constraint_filtered',
      by: 'distillable',
    },
    {
      it: 'no endpoint has the precision',
      fields: { provider_quantizations: ['int4'] },
      code: 'constraint_filtered',
      by: 'quantization',
    },
    {
      it: 'all keep data',
      fields: { provider_only: ['beta'], provider_data_collection: 'deny' },
      code: 'privacy_restricted',
      by: 'data_policy:training',
    },
    {
      it: 'all retain data',
      fields: { provider_only: ['beta'], provider_zdr: true },
      code: 'privacy_restricted',
      by: 'data_policy:zdr',
    },
    {
      it: 'all are too dear',
      fields: { provider_max_completion_price: 0.1 },
      code: 'constraint_filtered',
      by: 'max_price',
    },
    { it: 'no output is long enough', fields: { max_tokens: 100_000 }, code: 'constraint_filtered', by: 'max_tokens' },
    {
      it: 'no context is long enough',
      fields: {},
      promptTokens: 300_000,
      code: 'constraint_filtered',
      by: 'context_length',
    },
    {
      it: 'no endpoint supports a required parameter',
      fields: { top_k: 5, provider_require_parameters: true },
      code: 'constraint_filtered',
      by: 'require_parameters',
    },
  ];
  test.each(cases)('$it: $code', ({ fields, code, by, promptTokens }) => {
    const error = refused(fields, promptTokens === undefined ? {} : { promptTokens });
    expect(error).toMatchObject({ status: 404, code });
    expect(error.metadata).toMatchObject({ excluded_by: [by], retryable: false });
    expect(error.metadata?.['constraint']).toEqual(
      code === 'constraint_filtered' ? { field: by, detail: expect.any(String) as string } : undefined,
    );
  });

  test('is named after the last filter that excluded an endpoint of the last model', () => {
    const error = refused({
      model: 'acme/chat-70b',
      models: ['acme/mini-8b'],
      provider_zdr: true,
      provider_max_prompt_price: 0.01,
      max_tokens: 9_000,
    });
    expect(error.metadata).toMatchObject({
      excluded_by: ['max_price'],
      counts: { service_tier: 1, 'data_policy:zdr': 5, max_price: 3 },
      requested_models: ['acme/chat-70b', 'acme/mini-8b'],
    });
  });

  test('lists the providers if provider names were the cause', () => {
    expect(refused({ provider_only: ['azure'] }).metadata?.['available_providers']).toEqual([
      'alpha',
      'beta',
      'gamma',
      'delta',
    ]);
  });

  test('names the parameter that no endpoint supports', () => {
    const error = refused({ seed: 1, top_k: 5, provider_require_parameters: true });
    expect(error.message).toContain('Not supported: top_k.');
    expect(error.message).not.toContain('seed');
  });

  test('names the largest limit there is', () => {
    expect(refused({ max_tokens: 100_000 }).message).toContain(
      '100000 tokens of output were requested; the maximum is 65536',
    );
  });
});

describe('undeclared facts', () => {
  const { slugs, refusal } = plannerFor({
    providers: { a: { baseUrl: 'https://a.example/v1', models: ['m'] } },
  });

  test.each([
    { provider_zdr: true },
    { provider_data_collection: 'deny' },
    { provider_enforce_distillable_text: true },
    { provider_max_prompt_price: 1_000 },
    { provider_max_request_price: 1_000 },
    { provider_quantizations: ['fp8'] },
  ])('fails closed for %j', (fields) => {
    expect(refusal({ model: 'm', ...fields }).status).toBe(404);
  });

  test.each([
    { max_tokens: 1_000_000 },
    { top_k: 3, provider_require_parameters: true },
    { provider_quantizations: ['unknown'] },
    { messages: [{ role: 'user', content: 'x'.repeat(10_000_000) }] },
  ])('is no obstacle otherwise', (fields) => {
    expect(slugs({ model: 'm', ...fields })).toEqual(['a']);
  });
});
