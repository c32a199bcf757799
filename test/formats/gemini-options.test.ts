import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { exchangeOf } from './gemini-cases.js';
import { USER } from './gemini-given.js';

describe('the path', () => {
  const cases: [model: string, format: ReturnType<typeof gemini>, stream: boolean, path: string][] = [
    ['gemini-2.5-flash', gemini(), true, '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'],
    ['tunedModels/mine', gemini(), false, '/v1beta/tunedModels/mine:generateContent'],
    ['tunedModels/a/b', gemini(), false, '/v1beta/models/tunedModels%2Fa%2Fb:generateContent'],
    ['models/a/../b', gemini(), false, '/v1beta/models/a%2F..%2Fb:generateContent'],
    ['a:b', gemini({ apiVersion: '' }), false, '/models/a%3Ab:generateContent'],
    ['m', gemini({ door: 'vertex' }), false, '/v1/publishers/google/models/m:generateContent'],
    ['publishers/google/models/m', gemini({ door: 'vertex' }), false, '/v1/publishers/google/models/m:generateContent'],
    [
      'm',
      gemini({ door: 'vertex', project: 'p', location: 'europe-west4' }),
      true,
      '/v1/projects/p/locations/europe-west4/publishers/google/models/m:streamGenerateContent?alt=sse',
    ],
    [
      'endpoints/12',
      gemini({ door: 'vertex', project: 'p', location: 'us-central1' }),
      false,
      '/v1/projects/p/locations/us-central1/endpoints/12:generateContent',
    ],
  ];
  it.each(cases)('of %s', (model, format, stream, path) => {
    const made = exchangeOf(format, { request: { model, messages: [USER] }, stream });
    expect(made.path).toBe(path);
    expect(made.path.startsWith(format.path)).toBe(true);
  });
});

describe('options', () => {
  it('choose host and credentials', () => {
    expect(gemini()).toMatchObject({
      name: 'gemini',
      defaultBaseUrl: 'https://generativelanguage.googleapis.com',
      auth: { header: 'x-goog-api-key', prefix: '' },
    });
    expect(gemini({ door: 'vertex', project: 'p', location: 'us-east1' })).toMatchObject({
      name: 'vertex',
      defaultBaseUrl: 'https://us-east1-aiplatform.googleapis.com',
      auth: 'bearer',
    });
    expect(gemini({ door: 'vertex', project: 'p' }).defaultBaseUrl).toBe('https://aiplatform.googleapis.com');
    // Express mode of Vertex takes API keys.
    expect(gemini({ door: 'vertex' }).auth).toEqual({ header: 'x-goog-api-key', prefix: '' });
  });

  const wrong: [options: object, message: RegExp][] = [
    [{ dor: 'vertex' }, /^gemini\(\): unknown option "dor"\. Did you mean "door"\?/],
    [{ door: 'studio' }, /gemini\(\)\.door must be one of "aistudio", "vertex", got "studio"/],
    [{ project: 'p' }, /project needs door: 'vertex'/],
    [{ door: 'vertex', project: '../x' }, /project must be a name/],
    [{ apiVersion: 'v1/x' }, /apiVersion must be a word/],
    [{ reasoningFields: ['thoughts'] }, /reasoningFields\[0\] must be one of "reasoning", "reasoning_content"/],
  ];
  it.each(wrong)('%j are refused', (options, message) => {
    expect(() => gemini(options)).toThrow(message);
  });

  it.each([
    [{ thinking: 'often' }, /^format\.thinking must be one of "budget", "level", "none", got "often"/],
    [{ jsonSchema: 1 }, /^format\.jsonSchema must be true or false, got 1/],
    [{ thinkng: 'level' }, /^format: unknown trait "thinkng"\. Did you mean "thinking"\?/],
    [{ maxCandidates: -1 }, /^format\.maxCandidates must be a whole number of candidates, 0 or more, got -1/],
    [{ thinkingLevels: [] }, /^format\.thinkingLevels must name at least one level/],
  ])('traits %j are refused at the start', (traits, message) => {
    const facts = { upstreamModel: 'm', maxCompletionTokens: undefined, traits };
    expect(() => gemini().supportedParameters!(facts)).toThrow(message);
  });

  it('list which parameters reach the model', () => {
    const supported = (upstreamModel: string, traits: JsonObject = {}) =>
      gemini().supportedParameters!({ upstreamModel, maxCompletionTokens: undefined, traits });
    for (const name of [
      'temperature',
      'top_k',
      'seed',
      'tools',
      'structured_outputs',
      'reasoning',
      'max_tokens',
      'stop',
    ])
      expect(supported('gemini-2.5-flash')).toContain(name);
    for (const name of ['min_p', 'logit_bias', 'verbosity', 'prediction', 'repetition_penalty', 'parallel_tool_calls'])
      expect(supported('gemini-2.5-flash')).not.toContain(name);
    expect(supported('gemini-2.0-flash')).not.toContain('reasoning_effort');
    expect(supported('m', { penalties: false })).not.toContain('presence_penalty');
    expect(supported('m', { logprobs: false })).not.toContain('top_logprobs');
  });
});
