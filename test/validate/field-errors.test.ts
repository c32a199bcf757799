import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors/gateway-error.js';
import { systemClock } from '../../src/util/clock.js';
import { createValidator } from '../../src/validate/validate.js';

const validator = createValidator({}, systemClock);
const USER = { role: 'user', content: 'x' };

function refusal(members: object): GatewayError {
  try {
    validator.check({ model: 'm', messages: [USER], ...members });
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('the error of a field', () => {
  it.each([
    {
      members: { temperature: 'hot' },
      param: 'temperature',
      code: 'invalid_type',
      message: "Invalid type for 'temperature': expected a number, got a string.",
    },
    {
      members: { temperature: 2.5 },
      param: 'temperature',
      code: 'decimal_above_max_value',
      message: "Invalid value for 'temperature': expected at most 2, got 2.5.",
    },
    {
      members: { n: 0 },
      param: 'n',
      code: 'integer_below_min_value',
      message: "Invalid value for 'n': expected at least 1, got 0.",
    },
    {
      members: { n: 1.5 },
      param: 'n',
      code: 'invalid_type',
      message: "Invalid type for 'n': expected an integer, got a decimal number.",
    },
    {
      members: { stop: [1] },
      param: 'stop[0]',
      code: 'invalid_type',
      message: "Invalid type for 'stop[0]': expected a string, got an integer.",
    },
    {
      members: { logit_bias: { 1: 'x' } },
      param: 'logit_bias.1',
      code: 'invalid_type',
      message: "Invalid type for 'logit_bias.1': expected a number, got a string.",
    },
    {
      members: { messages: [{ content: 'x' }] },
      param: 'messages[0].role',
      code: 'missing_required_parameter',
      message: "Missing required parameter: 'messages[0].role'.",
    },
    {
      members: { service_tier: 'gold' },
      param: 'service_tier',
      code: 'invalid_value',
      message:
        "Invalid value for 'service_tier': expected one of 'auto', 'default', 'flex', 'scale', 'priority', 'fast', 'on_demand', 'performance', 'standard', 'standard_only', 'reserved', 'batch', got \"gold\".",
    },
    {
      members: { provider_sort: 'x' },
      param: 'provider_sort',
      code: 'invalid_value',
      message: "Invalid value for 'provider_sort': expected one of 'price', 'throughput', 'latency', got \"x\".",
    },
    {
      members: { messages: [] },
      param: 'messages',
      code: 'empty_array',
      message: "Invalid value for 'messages': expected at least 1 item, got an empty array.",
    },
    {
      members: { metadata: { ['k'.repeat(65)]: 'v' } },
      param: `metadata.${'k'.repeat(65)}`,
      code: 'property_name_above_max_length',
    },
    {
      members: { metadata: { k: 'v'.repeat(513) } },
      param: 'metadata.k',
      code: 'string_above_max_length',
      message: "Invalid value for 'metadata.k': expected at most 512 characters, got 513.",
    },
    {
      members: { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])) },
      param: 'metadata',
      code: 'object_above_max_properties',
    },
    { members: { metadata: { 'a/b~c': 1 } }, param: 'metadata.a/b~c', code: 'invalid_type' },
    {
      members: { tools: [{ type: 'function', function: { name: '' } }] },
      param: 'tools[0].function.name',
      code: 'empty_string',
    },
    {
      members: { tools: [{ type: 'function', function: { name: 'n'.repeat(65) } }] },
      param: 'tools[0].function.name',
      code: 'string_above_max_length',
      message: "Invalid value for 'tools[0].function.name': expected at most 64 characters, got 65.",
    },
    {
      members: { tools: [{ type: 'function', function: { name: 'a/b' } }] },
      param: 'tools[0].function.name',
      code: 'invalid_value',
      message:
        'Invalid value for \'tools[0].function.name\': expected only letters, digits, "_", "-", "." and ":", got "a/b".',
    },
    {
      members: { provider: { max_price: { prompt: 'cheap' } } },
      param: 'provider.max_price.prompt',
      code: 'invalid_value',
    },
    {
      members: { provider: { max_price: { prompt: -1 } } },
      param: 'provider.max_price.prompt',
      code: 'decimal_below_min_value',
    },
    { members: { provider: { sort: { partition: 'all' } } }, param: 'provider.sort.partition', code: 'invalid_value' },
    {
      members: { provider: { preferred_max_latency: { p50: '1' } } },
      param: 'provider.preferred_max_latency.p50',
      code: 'invalid_type',
    },
    { members: { session_id: 's'.repeat(257) }, param: 'session_id', code: 'string_above_max_length' },
  ])('names the place, what was expected and what came: $param $code', ({ members, param, code, message }) => {
    const error = refusal(members);
    expect(error.toWire()).toMatchObject({ type: 'invalid_request_error', param, code });
    if (message !== undefined) expect(error.message).toBe(message);
  });

  it('of a model that is no text has no code on the wire, as at OpenAI, and one for the host', () => {
    const error = refusal({ model: 5 });
    expect(error).toMatchObject({
      code: 'invalid_type',
      message: "Invalid type for 'model': expected a string, got an integer.",
    });
    expect(error.toWire()).toMatchObject({ param: 'model', code: null });
  });

  it('has no code where OpenAI has none', () => {
    expect(refusal({ model: 7 }).toWire()).toMatchObject({ param: 'model', code: null });
    expect(refusal({ stream_options: {} }).toWire()).toMatchObject({ param: 'stream_options', code: null });
    expect(refusal({ top_logprobs: 1 }).toWire()).toMatchObject({ param: 'top_logprobs', code: null });
    expect(refusal({ messages: [{ role: 'assistant' }] }).toWire()).toMatchObject({
      param: 'messages[0].content',
      code: null,
    });
  });

  it('counts characters, not the units of JavaScript', () => {
    expect(() =>
      validator.check({ messages: [USER], metadata: { ['😀'.repeat(64)]: '😀'.repeat(512) } }),
    ).not.toThrow();
    expect(refusal({ metadata: { k: '😀'.repeat(513) } }).code).toBe('string_above_max_length');
  });

  it('echoes a hundred characters of a value at most', () => {
    const error = refusal({ service_tier: 'x'.repeat(5_000) });
    expect(error.message).toContain(`"${'x'.repeat(100)}"…`);
    expect(error.message).not.toContain('x'.repeat(101));
  });

  it.each([
    { openai: 'sk-canary' },
    { openai: { api_key: ['sk-canary'] } },
    { openai: { api_key: 'sk-canary\r\nx: y' } },
    { openai: { base_url: { is: 'sk-canary' } } },
    { openai: { endpoint_overrides: { chat_completions: { timeout: 'sk-canary' } } } },
    { openai: { endpoint_overrides: { chat_completions: { timeout: 4_711_000_000 } } } },
  ])('never echoes what is under provider_configs: %j', (configs) => {
    const { message, param } = refusal({ provider_configs: configs });
    expect(param).toMatch(/^provider_configs\.openai/);
    expect(message).not.toMatch(/canary|4711/);
  });
});
