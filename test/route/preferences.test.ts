import { describe, expect, test } from 'vitest';
import { plan } from '../../src/route/plan/plan.js';
import { refusalOf, samplePlanner } from './planner.js';
import { UNMEASURED } from './no-stats.js';

const { ids, refused, run, table } = samplePlanner();

describe('not set', () => {
  test.each([
    { provider_order: null, provider_only: [], provider_ignore: null, provider_quantizations: [] },
    { provider_sort: '', provider_data_collection: '', provider_zdr: null, provider_require_parameters: null },
    { provider_max_prompt_price: null, provider_max_completion_price: null, provider_allow_fallbacks: null },
    { provider: null },
    { provider: {} },
    { provider: { order: [], only: null, sort: null, max_price: null, preferred_max_latency: null, zdr: null } },
    { provider: { sort: { by: null, partition: null }, max_price: { prompt: null, completion: '' } } },
    { models: [], model: 'acme/chat-70b' },
    { models: ['', ' '] },
    { provider_configs: null },
    { provider_configs: { alpha: null, beta: {} } },
  ])('%j changes nothing', (fields) => {
    expect(ids(fields)).toEqual(['A2', 'A1', 'C1', 'C2', 'D1', 'B1']);
  });
});

describe('flat and nested', () => {
  const pairs: readonly [string, unknown, object][] = [
    ['provider_order', ['beta'], { order: ['beta'] }],
    ['provider_only', ['gamma'], { only: ['gamma'] }],
    ['provider_ignore', ['alpha'], { ignore: ['alpha'] }],
    ['provider_quantizations', ['fp8'], { quantizations: ['fp8'] }],
    ['provider_sort', 'latency', { sort: 'latency' }],
    ['provider_sort', 'latency', { sort: { by: 'latency' } }],
    ['provider_data_collection', 'deny', { data_collection: 'deny' }],
    ['provider_zdr', true, { zdr: true }],
    ['provider_enforce_distillable_text', true, { enforce_distillable_text: true }],
    ['provider_require_parameters', true, { require_parameters: true }],
    ['provider_allow_fallbacks', false, { allow_fallbacks: false }],
    ['provider_max_prompt_price', 1, { max_price: { prompt: 1 } }],
    ['provider_max_completion_price', 1, { max_price: { completion: '1' } }],
    ['provider_max_request_price', 0.01, { max_price: { request: '0.01' } }],
    ['provider_max_image_price', 0.005, { max_price: { image: '5e-3' } }],
  ];

  test.each(pairs)('%s has the same effect in both forms', (flat, value, nested) => {
    const expected = ids({ [flat]: value });
    expect(ids({ provider: nested })).toEqual(expected);
    expect(ids({ [flat]: value, provider: nested })).toEqual(expected);
  });

  const opposites: readonly [string, unknown, object][] = [
    ['provider_order', ['alpha'], { order: ['beta'] }],
    ['provider_only', ['gamma', 'alpha'], { only: ['alpha', 'gamma'] }],
    ['provider_sort', 'price', { sort: 'latency' }],
    ['provider_zdr', false, { zdr: true }],
    ['provider_max_prompt_price', 1, { max_price: { prompt: '1.5' } }],
  ];

  test.each(opposites)('%s is refused where both forms differ', (flat, value, nested) => {
    const error = refused({ [flat]: value, provider: nested });
    expect(error).toMatchObject({ status: 400, code: 'inconsistent_parameters', param: flat });
  });

  test('accepts an audio price that no endpoint has', () => {
    expect(ids({ provider: { max_price: { audio: '0.1' } } })).toHaveLength(6);
  });
});

describe('faults', () => {
  const cases: readonly [string, Record<string, unknown>, string][] = [
    ['provider_order', { provider_order: 'beta' }, 'invalid_type'],
    ['provider_only[1]', { provider_only: ['alpha', 7] }, 'invalid_type'],
    ['provider_only[1]', { provider_only: ['alpha', 'zeta'] }, 'invalid_value'],
    ['provider_only[0]', { provider_only: [''] }, 'invalid_value'],
    ['provider.only[0]', { provider: { only: ['zeta'] } }, 'invalid_value'],
    ['provider_only[0]', { provider_only: ['zeta/us'] }, 'invalid_value'],
    ['provider_ignore[0]', { provider_ignore: ['zeta'] }, 'invalid_value'],
    ['provider_ignore[0]', { provider_ignore: ['gamma/asia'] }, 'invalid_value'],
    ['provider_ignore', { provider_ignore: Array.from({ length: 1_001 }, () => 'alpha') }, 'array_above_max_length'],
    ['provider_sort', { provider_sort: 'cheapest' }, 'invalid_value'],
    ['provider_sort', { provider_sort: { by: 'price' } }, 'invalid_type'],
    ['provider.sort', { provider: { sort: 'exacto' } }, 'invalid_value'],
    ['provider.sort', { provider: { sort: 3 } }, 'invalid_type'],
    ['provider.sort.by', { provider: { sort: { by: 'speed' } } }, 'invalid_value'],
    ['provider.sort.partition', { provider: { sort: { partition: 'provider' } } }, 'invalid_value'],
    ['provider.sort.order', { provider: { sort: { order: 'asc' } } }, 'unknown_parameter'],
    ['provider_data_collection', { provider_data_collection: 'maybe' }, 'invalid_value'],
    ['provider_zdr', { provider_zdr: 1 }, 'invalid_type'],
    ['provider_require_parameters', { provider_require_parameters: 'true' }, 'invalid_type'],
    ['provider_max_prompt_price', { provider_max_prompt_price: '1' }, 'invalid_type'],
    ['provider_max_prompt_price', { provider_max_prompt_price: -1 }, 'decimal_below_min_value'],
    ['provider_max_prompt_price', { provider_max_prompt_price: Number.POSITIVE_INFINITY }, 'invalid_type'],
    ['provider.max_price.prompt', { provider: { max_price: { prompt: '-1' } } }, 'invalid_type'],
    ['provider.max_price.prompt', { provider: { max_price: { prompt: '0x10' } } }, 'invalid_type'],
    ['provider.max_price.promt', { provider: { max_price: { promt: 1 } } }, 'unknown_parameter'],
    ['provider.max_price', { provider: { max_price: 1 } }, 'invalid_type'],
    ['provider.preferred_max_latency', { provider: { preferred_max_latency: '1' } }, 'invalid_type'],
    [
      'provider.preferred_max_latency.p90',
      { provider: { preferred_max_latency: { p90: -1 } } },
      'decimal_below_min_value',
    ],
    ['provider.preferred_max_latency.p95', { provider: { preferred_max_latency: { p95: 1 } } }, 'unknown_parameter'],
    ['provider.alow_fallbacks', { provider: { alow_fallbacks: false } }, 'unknown_parameter'],
    ['provider_zrd', { provider_zrd: true }, 'unknown_parameter'],
    ['provider_', { provider_: null }, 'unknown_parameter'],
    ['provider', { provider: 'alpha' }, 'invalid_type'],
    ['provider', { provider: ['alpha'] }, 'invalid_type'],
    ['models', { models: 'acme/mini-8b' }, 'invalid_type'],
    ['models[0]', { models: [1] }, 'invalid_type'],
    ['model', { model: 7 }, 'invalid_type'],
  ];
  test.each(cases)('%s of %j is 400 %s', (param, fields, code) => {
    expect(refused(fields)).toMatchObject({ status: 400, code, param });
  });

  test('suggests the provider that was meant', () => {
    expect(refused({ provider_ignore: ['gama'] }).message).toContain('Did you mean "gamma"?');
  });

  test.each([
    [{ provider_zrd: true }, `Unknown parameter: 'provider_zrd'. Did you mean "provider_zdr"?`],
    [{ provider: { zrd: true } }, `Unknown parameter: 'provider.zrd'. Did you mean "zdr"?`],
  ])('suggests the field that was meant by %j', (fields, message) => {
    expect(refused(fields).message).toBe(message);
  });

  test('passes on what only looks like a preference', () => {
    expect(ids({ providers: 1, provider2: 1, my_provider_zdr: 1 })).toHaveLength(6);
  });

  test('shows no more than a hundred characters of a value', () => {
    const error = refused({ provider_only: ['x'.repeat(5_000)] });
    expect(error.message.length).toBeLessThan(300);
  });

  test.each([null, undefined, 7, 'text', [[]]])('%j is no request', (request) => {
    const act = () => plan({ request: request as never, table, performance: UNMEASURED, anyModel: true });
    expect(refusalOf(act)).toMatchObject({ status: 400, code: 'invalid_type' });
  });
});

test('what is read of a request cannot be changed afterwards', () => {
  expect(Object.isFrozen(run({ model: 'acme/doc' }).preferences)).toBe(true);
});
