import { describe, expect, it } from 'vitest';
import { calls, claude, weather, call, result, user, send, refusedParam, type Traits } from './bedrock-send.js';

describe('parameters', () => {
  it.each([
    [{ temperature: 1.5 }, claude, { temperature: 1 }, ['temperature']],
    [{ temperature: 1.5 }, { family: 'nova' }, { temperature: 1 }, ['temperature']],
    [{ temperature: 1.5 }, { family: 'mistral' }, { temperature: 1 }, ['temperature']],
    [{ temperature: 0.5, top_p: 0.9 }, claude, { temperature: 0.5 }, ['top_p']],
    [{ top_p: 0.9 }, claude, { topP: 0.9 }, []],
    [{ temperature: 0.5, top_p: 0.9 }, { family: 'mistral' }, { temperature: 0.5, topP: 0.9 }, []],
    [
      { temperature: 0.5, top_p: 0.9, top_k: 4 },
      { ...claude, sampling: false },
      undefined,
      ['temperature', 'top_p', 'top_k'],
    ],
    [{ max_completion_tokens: 5, max_tokens: 9 }, claude, { maxTokens: 5 }, []],
    [{ stop: ['a', ' ', 'b'] }, claude, { stopSequences: ['a', 'b'] }, ['stop']],
    [{ stop: 'a' }, claude, { stopSequences: ['a'] }, []],
  ])('%j for %j', (more, traits, inferenceConfig, dropped) => {
    const sent = send([user()], more, traits);
    expect(sent.body.inferenceConfig).toEqual(inferenceConfig);
    expect(sent.dropped).toEqual(dropped);
  });

  it('of a family go where that family reads them', () => {
    expect(send([user()], { top_k: 4 }).body.additionalModelRequestFields).toEqual({ top_k: 4 });
    expect(send([user()], { top_k: 4 }, { family: 'nova' }).body.additionalModelRequestFields).toEqual({
      inferenceConfig: { topK: 4 },
    });
    expect(send([user()], { top_k: 4 }, { family: 'other' }).dropped).toEqual(['top_k']);
  });

  it('that request nothing are not reported', () => {
    const more = {
      frequency_penalty: 0,
      presence_penalty: null,
      logit_bias: {},
      logprobs: false,
      n: 1,
      store: true,
      user: 'u',
      modalities: ['text'],
      service_tier: 'auto',
      metadata: {},
    };
    expect(send([user()], more)).toMatchObject({ dropped: [], body: { messages: [{}] } });
  });

  it.each([
    [{ n: 2 }, 'n'],
    [{ modalities: ['text', 'audio'], audio: { voice: 'x', format: 'mp3' } }, 'modalities'],
    [{ audio: { voice: 'x', format: 'mp3' } }, 'audio'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'x' } } }, 'response_format'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'array' } } } },
      'response_format.json_schema.schema',
    ],
    [{ reasoning_effort: 'low', reasoning: { effort: 'high' } }, 'reasoning_effort'],
  ])('%j is refused', (more, param) => expect(refusedParam([user()], more)).toBe(param));

  it('of the envelope', () => {
    expect(send([user()], { service_tier: 'fast', metadata: { a: 'ü' } })).toMatchObject({
      dropped: ['service_tier', 'metadata'],
    });
    expect(send([user()], { metadata: { user_id: 'u-1', 'a:b': '' } }).body['requestMetadata']).toEqual({
      user_id: 'u-1',
      'a:b': '',
    });
  });

  it('are never passed through unknown', () => {
    const body = JSON.stringify(
      send([user()], { guardrailConfig: { x: 1 }, provider_order: ['a'], later: 'canary' }).body,
    );
    expect(body).toBe('{"messages":[{"role":"user","content":[{"text":"w?"}]}]}');
  });
});

describe('reasoning', () => {
  const fields = (more: object, traits: Traits, model = 'm') =>
    send([user()], more, traits, model).body.additionalModelRequestFields;

  it.each([
    [
      { reasoning_effort: 'high' },
      {},
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
    ],
    [
      { reasoning_effort: 'minimal' },
      {},
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
    ],
    [
      { reasoning: { effort: 'low', exclude: true } },
      {},
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } },
    ],
    [{ reasoning_effort: 'none' }, {}, { thinking: { type: 'disabled' } }],
    [{ reasoning_effort: 'max' }, { thinking: 'always' }, { output_config: { effort: 'max' } }],
    [
      { reasoning_effort: 'low', max_tokens: 4_000 },
      { thinking: 'manual' },
      { thinking: { type: 'enabled', budget_tokens: 1_024 } },
    ],
    [
      { reasoning_effort: 'high', max_tokens: 10_000 },
      { thinking: 'manual' },
      { thinking: { type: 'enabled', budget_tokens: 8_000 } },
    ],
    [
      { reasoning: { max_tokens: 5_000 }, max_tokens: 4_000 },
      { thinking: 'manual' },
      { thinking: { type: 'enabled', budget_tokens: 3_999 } },
    ],
    [{}, { thinking: 'manual' }, undefined],
    [{ reasoning_effort: 'none' }, { thinking: 'manual' }, undefined],
    [
      { reasoning_effort: 'medium' },
      { family: 'nova' },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
    ],
    [{ reasoning_effort: 'none' }, { family: 'nova' }, { reasoningConfig: { type: 'disabled' } }],
  ])('%j with %j', (more, traits, expected) => expect(fields(more, { ...claude, ...traits })).toEqual(expected));

  it('of models known by name', () => {
    expect(fields({ reasoning_effort: 'low' }, {}, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')).toMatchObject({
      thinking: { type: 'enabled' },
    });
    expect(fields({ reasoning_effort: 'low' }, {}, 'eu.anthropic.claude-next-9-v1:0')).toMatchObject({
      thinking: { type: 'adaptive' },
    });
    expect(fields({ reasoning_effort: 'xhigh' }, {}, 'openai.gpt-oss-120b-1:0')).toEqual({ reasoning_effort: 'high' });
    expect(fields({ reasoning_effort: 'low' }, {}, 'us.amazon.nova-2-lite-v1:0')).toMatchObject({
      reasoningConfig: {},
    });
  });

  it.each([
    [{ reasoning_effort: 'high' }, { family: 'mistral' }, ['reasoning_effort']],
    [{ reasoning_effort: 'later' }, claude, ['reasoning_effort']],
    [{ reasoning_effort: 'none' }, { ...claude, thinking: 'always' }, ['reasoning_effort']],
    [{ reasoning: { max_tokens: 9_000 } }, claude, ['reasoning']],
    [{ reasoning_effort: 'low', max_tokens: 1_000 }, { ...claude, thinking: 'manual' }, ['reasoning_effort']],
    [
      { reasoning_effort: 'low', tools: [weather], tool_choice: 'required' },
      { ...claude, thinking: 'manual' },
      ['reasoning_effort'],
    ],
  ])('%j with %j is reported', (more, traits, dropped) =>
    expect(send([user()], more, traits).dropped).toEqual(dropped),
  );

  it('by a budget raises no limit of the caller, and raises the default limit', () => {
    const manual = { ...claude, thinking: 'manual' };
    expect(send([user()], { reasoning_effort: 'medium' }, manual).body.inferenceConfig).toEqual({
      maxTokens: 2_048 + 4_096,
    });
    expect(send([user()], { reasoning_effort: 'low', max_tokens: 2_000 }, manual).body.inferenceConfig).toEqual({
      maxTokens: 2_000,
    });
  });

  it('replaces sampling', () => {
    const sent = send([user()], { reasoning_effort: 'low', temperature: 0.2, top_p: 0.96, top_k: 3 });
    expect(sent.body.inferenceConfig).toEqual({ topP: 0.96 });
    expect(sent.dropped).toEqual(['temperature', 'top_k']);
  });

  const signed = [
    { type: 'reasoning.text', text: 'Let me ', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.text', text: 'look.', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.text', signature: 'SIG', format: 'anthropic-claude-v1', index: 0 },
    { type: 'reasoning.encrypted', data: 'ENC', format: 'anthropic-claude-v1', index: 1 },
    { type: 'reasoning.text', text: 'unsigned', format: 'anthropic-claude-v1', index: 2 },
    { type: 'reasoning.encrypted', data: 'foreign', format: 'google-gemini-v1', index: 3 },
  ];
  const sentBack = [
    { reasoningContent: { reasoningText: { text: 'Let me look.', signature: 'SIG' } } },
    { reasoningContent: { redactedContent: 'ENC' } },
  ];
  const turn = (more: object) => [user(), { ...calls(call('a')), ...more }, result('a')];

  it('is sent back signed, first in its turn, so that the model continues thinking', () => {
    const { body, dropped } = send(
      turn({ reasoning_details: signed }),
      { reasoning_effort: 'low' },
      { ...claude, thinking: 'manual' },
    );
    expect(body.messages[1]!.content).toEqual([
      ...sentBack,
      { toolUse: { toolUseId: 'a', name: 'get_weather', input: {} } },
    ]);
    expect(body.additionalModelRequestFields).toMatchObject({ thinking: { type: 'enabled' } });
    expect(dropped).toEqual([]);
  });

  it('comes back in LiteLLM’s form', () => {
    const thinking_blocks = [
      { type: 'thinking', thinking: 'Let me look.', signature: 'SIG' },
      { type: 'redacted_thinking', data: 'ENC' },
      { type: 'thinking', thinking: 'x' },
    ];
    expect(send(turn({ thinking_blocks })).body.messages[1]!.content.slice(0, 2)).toEqual(sentBack);
  });

  it('that was lost switches thinking off for this request', () => {
    const sent = send(turn({}), { reasoning_effort: 'low' }, { ...claude, thinking: 'manual' });
    expect(sent.body.additionalModelRequestFields).toBeUndefined();
    expect(sent.dropped).toEqual(['reasoning_effort']);
  });

  it('never goes to another family', () => {
    const { body } = send(turn({ reasoning_details: signed, reasoning: 'x' }), {}, { family: 'nova' });
    expect(JSON.stringify(body)).not.toContain('reasoningContent');
  });
});
