import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { asJson } from './gemini-cases.js';
import { type Given, exchange, body, config, refused } from './gemini-given.js';

describe('generationConfig', () => {
  const cases: [request: JsonObject, sent: unknown, dropped?: string[], given?: Given][] = [
    [
      {
        temperature: null,
        stop: [],
        n: 1,
        modalities: ['text'],
        frequency_penalty: 0,
        logprobs: false,
        logit_bias: {},
      },
      undefined,
      [],
    ],
    [{ temperature: 0, top_p: 0 }, { temperature: 0, topP: 0 }, []],
    [{ max_completion_tokens: 5, max_tokens: 9 }, { maxOutputTokens: 5 }, ['max_tokens']],
    [{ max_completion_tokens: 5, max_tokens: 5 }, { maxOutputTokens: 5 }, []],
    [{ stop: ['', 'x'] }, { stopSequences: ['x'] }],
    [{ stop: 'x' }, { stopSequences: ['x'] }],
    [{ seed: 2 ** 31 - 1 }, { seed: 2 ** 31 - 1 }, []],
    [{ seed: -(2 ** 31) }, { seed: -(2 ** 31) }, []],
    [{ seed: 2 ** 31 }, undefined, ['seed']],
    [{ presence_penalty: 1 }, undefined, ['presence_penalty'], { traits: { penalties: false } }],
    [{ logprobs: true, top_logprobs: 2 }, undefined, ['logprobs', 'top_logprobs'], { traits: { logprobs: false } }],
    [{ top_logprobs: 2 }, undefined, ['top_logprobs']],
    [{ logprobs: true }, { responseLogprobs: true }, []],
    [
      {
        min_p: 0.1,
        top_a: 0.1,
        repetition_penalty: 1,
        prediction: {},
        verbosity: 'low',
        logit_bias: { 1: 2 },
        parallel_tool_calls: false,
      },
      undefined,
      ['logit_bias', 'min_p', 'parallel_tool_calls', 'prediction', 'repetition_penalty', 'top_a', 'verbosity'],
    ],
    [{ modalities: ['image'] }, { responseModalities: ['IMAGE'] }],
    [{ response_format: { type: 'text' } }, undefined],
    [{ response_format: { type: 'json_object' } }, { responseMimeType: 'application/json' }],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      { responseMimeType: 'application/json' },
    ],
    [
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'x', schema: { type: 'array', items: { const: 'a' } } },
        },
      },
      {
        responseMimeType: 'application/json',
        responseSchema: { type: 'ARRAY', items: { type: 'STRING', enum: ['a'] } },
      },
      [],
      { model: 'gemini-2.0-flash' },
    ],
  ];
  it.each(cases)('%j', (request, sent, dropped, given) => {
    expect(config(request, given)).toEqual(sent);
    if (dropped !== undefined) expect(exchange(request, given).dropped.toSorted()).toEqual(dropped);
  });

  const wrong: [request: JsonObject, param: string, given?: Given][] = [
    [{ n: 9 }, 'n'],
    [{ n: 2 }, 'n', { traits: { maxCandidates: 1 } }],
    [{ stop: ['1', '2', '3', '4', '5', '6'] }, 'stop'],
    [{ modalities: ['text', 'audio'], audio: { voice: 'x', format: 'mp3' } }, 'modalities'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { $ref: 'https://x.example' } } } },
      'response_format.json_schema.schema',
    ],
  ];
  it.each(wrong)('%j is refused', (request, param, given) => {
    expect(refused(request, given)).toBe(param);
  });
});

describe('the rest of the body', () => {
  it.each([
    ['auto', undefined, []],
    ['default', 'standard', []],
    ['flex', 'flex', []],
    ['priority', 'priority', []],
    ['scale', undefined, ['service_tier']],
  ])('service tier %s', (service_tier, sent, dropped) => {
    const made = exchange({ service_tier });
    expect(asJson(made.body)['serviceTier']).toBe(sent);
    expect(made.dropped).toEqual(dropped);
  });

  it.each([
    [{ team: 'a-1' }, 'vertex', { team: 'a-1' }, []],
    [{ Team: 'x' }, 'vertex', undefined, ['metadata']],
    [{ team: 'With space' }, 'vertex', undefined, ['metadata']],
    [{ team: 'a' }, 'aistudio', undefined, ['metadata']],
    [{}, 'aistudio', undefined, []],
  ] as const)('metadata %j on %s', (metadata, door, sent, dropped) => {
    const made = exchange({ metadata }, { door });
    expect(asJson(made.body)['labels']).toEqual(sent);
    expect(made.dropped).toEqual(dropped);
  });

  it('has no members that Gemini does not know', () => {
    const sent = body({
      user: 'u',
      store: true,
      stream: false,
      stream_options: {},
      safety_identifier: 's',
      prompt_cache_key: 'k',
      unheard_of: { any: 'thing' },
    });
    expect(sent).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
  });
});
