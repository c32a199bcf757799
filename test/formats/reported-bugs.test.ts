/**
 * Bugs that were reported against other gateways and clients, by the ids of `trap` in the published cases: neighbours of
 * those cases, and what has no case there.
 */
import { describe, expect, it } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import { tokenCountsOf } from '../../src/chat/token-counts.js';
import { costOf, normaliseUsage } from '../../src/chat/usage.js';
import type { ChatCompletion, ChatRequest } from '../../src/chat/types.js';
import { UnsupportedRequest, type Exchange, type WireFormat } from '../../src/contracts/wire-format.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { azure } from '../../src/formats/azure/azure.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { usedTokens } from '../../src/observe/gen-ai.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { decode, readCases } from './cases.js';

const OK = { status: 200, headers: {} };
const CLAUDE_ON_BEDROCK = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const ASK = { role: 'user', content: 'Hi' };
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: {} } } } };
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const IMAGE = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };

const call = (id: string, name = 'f', args = '{}'): object => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const turn = (...calls: object[]): object => ({ role: 'assistant', content: null, tool_calls: calls });
const result = (id: string, content: unknown = 'ok'): object => ({ role: 'tool', tool_call_id: id, content });

function exchange(
  format: WireFormat,
  model: string,
  request: object = {},
  traits: object = {},
  stream = false,
): Exchange {
  const whole = { model, messages: [ASK], ...request } as ChatRequest;
  const facts = { upstreamModel: model, maxCompletionTokens: undefined, traits: traits as Record<string, unknown> };
  return format.exchange!(deepFreeze(structuredClone(whole)), { model: facts, stream, requestId: 'r', now: 0 });
}

// oxlint-disable-next-line typescript/no-explicit-any -- JSON, of which the tests read single members
type Body = any;
interface Sent {
  readonly body: Body;
  readonly text: string;
  readonly dropped: readonly string[];
  readonly path: string;
}

function sent(...given: Parameters<typeof exchange>): Sent {
  const { body, dropped, path } = exchange(...given);
  const text = JSON.stringify(body);
  return { body: JSON.parse(text), text, dropped, path };
}

const claude = (request: object, traits?: object, model = 'claude-sonnet-4-5'): Sent =>
  sent(anthropic(), model, request, traits);
const google = (request: object, traits?: object, model = 'gemini-2.5-flash'): Sent =>
  sent(gemini(), model, request, traits);
const converse = (request: object, traits?: object, model = CLAUDE_ON_BEDROCK): Sent =>
  sent(bedrock(), model, request, traits);

function paramRefused(send: () => unknown): string {
  try {
    send();
  } catch (error) {
    if (error instanceof UnsupportedRequest) return error.param;
    throw error;
  }
  throw new Error('It was sent.');
}

interface Streamed {
  readonly chunks: readonly Body[];
  readonly complete: boolean;
  readonly failure: unknown;
  readonly completion: Body;
}

function streamed(format: WireFormat, model: string, events: readonly object[], request: object = {}): Streamed {
  const decoded = decode(
    exchange(format, model, request, {}, true),
    events.map((data) => {
      const { event, failed, ...rest } = data as { event?: string; failed?: true };
      return { event, data: JSON.stringify(rest), ...(failed && { failed }) };
    }),
  );
  return { ...decoded, completion: assembleCompletion(decoded.chunks) };
}

const claudeStream = (...events: object[]): Streamed =>
  streamed(anthropic(), 'claude-sonnet-4-5', [
    { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 1 } } },
    ...events,
  ]);
const block = (index: number, start: object, ...deltas: object[]): object[] => [
  { type: 'content_block_start', index, content_block: start },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const claudeEnd = (reason: string | null): object[] => [
  { type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
];
const toolUse = (id: string, input: object = {}): object => ({ type: 'tool_use', id, name: 'f', input });
const jsonDelta = (text: string): object => ({ type: 'input_json_delta', partial_json: text });

const googleStream = (...responses: object[]): Streamed => streamed(gemini(), 'gemini-2.5-flash', responses);
const candidate = (parts: object[] | undefined, finishReason?: string): object => ({
  candidates: [
    { index: 0, ...(parts && { content: { role: 'model', parts } }), ...(finishReason && { finishReason }) },
  ],
});

describe('Anthropic', () => {
  it('A1: the index of a streamed call counts calls, whatever blocks stand between them', () => {
    const { chunks, completion } = claudeStream(
      ...block(0, { type: 'thinking', thinking: 'x' }),
      ...block(1, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }, jsonDelta('{"query":"x"}')),
      ...block(2, toolUse('a'), jsonDelta('{"a":1}')),
      ...block(3, { type: 'text', text: 'and' }),
      ...block(4, toolUse('b'), jsonDelta('{"a":2}')),
      ...claudeEnd('tool_use'),
    );
    const indexes = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }: Body) => delta.tool_calls ?? []));
    expect(new Set(indexes.map(({ index }) => index))).toEqual(new Set([0, 1]));
    expect(completion.choices[0]!.message.tool_calls).toMatchObject([
      { id: 'a', function: { arguments: '{"a":1}' } },
      { id: 'b', function: { arguments: '{"a":2}' } },
    ]);
  });

  it('A2: a call whose input came empty, or with its start, has JSON', () => {
    const { completion } = claudeStream(
      ...block(0, toolUse('a'), jsonDelta(''), jsonDelta('')),
      ...block(1, toolUse('b', { a: 1 })),
      ...block(2, toolUse('c', { a: 1 }), jsonDelta('{"a":'), jsonDelta('2}')),
      ...claudeEnd('tool_use'),
    );
    const calls = completion.choices[0]!.message.tool_calls as { function: { arguments: string } }[];
    expect(calls.map((each) => each.function.arguments)).toEqual(['{}', '{"a":1}', '{"a":2}']);
  });

  it('A3, B2: no blank text is sent, wherever it stands', () => {
    const messages = [
      {
        role: 'system',
        content: [
          { type: 'text', text: ' \n' },
          { type: 'text', text: 's' },
        ],
      },
      { role: 'developer', content: '\t' },
      { role: 'user', content: [{ type: 'text', text: '' }, IMAGE, { type: 'text', text: '\u00a0\n' }] },
      { role: 'assistant', content: ' ', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: '' }] },
      { role: 'assistant', content: '\r\n' },
      ASK,
    ];
    for (const send of [claude, converse]) {
      expect(send({ messages, tools: [TOOL] }).text).not.toMatch(/"text":"(?:\\[ntr]|\s)*"/);
    }
  });

  it('A4: only the end of the last assistant message is trimmed', () => {
    const { text } = claude({
      messages: [ASK, { role: 'assistant', content: 'one \n' }, ASK, { role: 'assistant', content: 'two \n\t' }],
    });
    expect(text).toContain('"one \\n"');
    expect(text).toContain('"two"');
  });

  const thought = (extra: object): object => ({
    type: 'reasoning.text',
    text: 'Hm \n',
    signature: 'SIG==',
    format: 'anthropic-claude-v1',
    ...extra,
  });

  it.each([
    ['A5', 'ok'],
    ['A6', null],
    ['A6', ''],
  ])('%s: signed thinking stands first and unmodified (content: %j)', (_id, content) => {
    const { body } = claude({
      reasoning_effort: 'low',
      max_tokens: 8_000,
      tools: [TOOL],
      messages: [
        ASK,
        { role: 'assistant', content, tool_calls: [call('a'), call('b')], reasoning_details: [thought({ index: 0 })] },
        result('a'),
        result('b'),
      ],
    });
    const types = body.messages[1].content.map(({ type }: Body) => type);
    expect(types).toEqual(['thinking', ...(content === 'ok' ? ['text'] : []), 'tool_use', 'tool_use']);
    expect(body.messages[1].content[0]).toEqual({ type: 'thinking', thinking: 'Hm \n', signature: 'SIG==' });
  });

  const FORCED = [
    'required',
    { type: 'function', function: { name: 'f' } },
    {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
    },
  ];

  it('A7: structured output by a tool and thinking are never sent together', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    for (const thinking of ['manual', 'adaptive']) {
      const { body, dropped } = claude(
        {
          max_tokens: 8_000,
          reasoning: { effort: 'high' },
          response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
        },
        { nativeJsonSchema: false, thinking },
      );
      expect(body.thinking === undefined || body.tool_choice === undefined).toBe(true);
      expect(dropped.some((path) => path.startsWith('reasoning'))).toBe(true);
    }
  });

  it('A8: a forced call turns thinking off, and says so', () => {
    for (const tool_choice of FORCED) {
      for (const thinking of ['manual', 'adaptive']) {
        const { body, dropped } = claude(
          { tool_choice, tools: [TOOL], reasoning_effort: 'high', max_tokens: 8_000 },
          { thinking },
        );
        expect(body.thinking, JSON.stringify(tool_choice)).toBeUndefined();
        expect(dropped).toContain('reasoning_effort');
        expect(['any', 'tool']).toContain(body.tool_choice.type);
      }
    }
  });

  it('A9: a name of next year thinks adaptively; what is declared decides', () => {
    const request = { reasoning_effort: 'high', max_tokens: 8_000 };
    expect(claude(request, {}, 'claude-zephyr-9').body.thinking).toMatchObject({ type: 'adaptive' });
    expect(claude(request, { thinking: 'manual' }, 'claude-zephyr-9').body.thinking.type).toBe('enabled');
    expect(claude(request, { thinking: 'none' }, 'claude-zephyr-9').body.thinking).toBeUndefined();
  });

  it('A10, A23: sampling is dropped where the model or the version refuses it, defaults included', () => {
    const request = { temperature: 1, top_p: 1, top_k: 5, max_tokens: 10 };
    for (const traits of [{ sampling: false }, { apiVersion: '2026-10-21' }]) {
      const { body, dropped } = claude(request, traits);
      expect([body.temperature, body.top_p, body.top_k]).toEqual([undefined, undefined, undefined]);
      expect(dropped).toEqual(expect.arrayContaining(['temperature', 'top_p', 'top_k']));
    }
  });

  it.each([1, 1_024, 1_025, 2_000])('A11, B11: within a limit of %d a budget fits, or there is none', (max_tokens) => {
    for (const [send, limitOf, budgetOf] of [
      [claude, (body: Body) => body.max_tokens, (body: Body) => body.thinking?.budget_tokens],
      [
        converse,
        (body: Body) => body.inferenceConfig.maxTokens,
        (body: Body) => body.additionalModelRequestFields?.thinking?.budget_tokens,
      ],
    ] as const) {
      const { body, dropped } = send({ max_tokens, reasoning: { max_tokens: 50_000 } }, { thinking: 'manual' });
      const budget = budgetOf(body) as number | undefined;
      expect(limitOf(body)).toBe(max_tokens);
      if (budget === undefined) expect(dropped.some((path) => path.startsWith('reasoning'))).toBe(true);
      else expect(budget >= 1_024 && budget < max_tokens).toBe(true);
    }
  });

  it('A12: a mark survives on every kind of part', () => {
    const cache_control = { type: 'ephemeral' };
    const file = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0x' } };
    for (const part of [{ type: 'text', text: 'x' }, IMAGE, file]) {
      const { text } = claude({ messages: [{ role: 'user', content: [{ ...part, cache_control }] }] });
      expect(text.split('"cache_control":{"type":"ephemeral"}'), part.type).toHaveLength(2);
    }
    const { body } = claude({
      tools: [TOOL],
      messages: [ASK, turn(call('a')), { ...result('a', [{ type: 'text', text: 'x', cache_control }]) }],
    });
    expect(JSON.stringify(body.messages[2])).toContain('cache_control');
  });

  it('A13: at most four marks, those of tools and system first, then the latest', () => {
    const cache_control = { type: 'ephemeral' };
    const marked = (text: string): object => ({ role: 'user', content: [{ type: 'text', text, cache_control }] });
    const { body, text } = claude({
      tools: [{ ...TOOL, cache_control }],
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control }] },
        marked('1'),
        { role: 'assistant', content: 'x' },
        marked('2'),
        { role: 'assistant', content: 'x' },
        marked('3'),
      ],
    });
    expect(text.split('"cache_control"')).toHaveLength(5);
    expect(body.tools[0].cache_control).toEqual(cache_control);
    expect(body.system[0].cache_control).toEqual(cache_control);
    expect(JSON.stringify(body.messages[0])).not.toContain('cache_control');
    expect(JSON.stringify(body.messages[4])).toContain('cache_control');
  });

  it('A14: a mark never reaches what does not know it', () => {
    const cache_control = { type: 'ephemeral' };
    const request = {
      cache_control,
      tools: [{ ...TOOL, cache_control }],
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control }] },
        { role: 'user', content: [{ type: 'text', text: 'x', cache_control }] },
      ],
    };
    expect(google(request).text).not.toMatch(/cache/i);
    expect(converse(request, {}, 'mistral.mistral-large-2407-v1:0').text).not.toMatch(/cache/i);
  });

  it('A15: an error event inside of a 200 is an overload, before and after the first content', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    for (const before of [[], block(0, { type: 'text', text: 'Hel' })]) {
      const { complete, failure, completion } = claudeStream(...before, error, ...claudeEnd('end_turn'));
      expect(complete).toBe(false);
      const read = anthropic().decodeError!(failure, undefined);
      expect(read).toMatchObject({ message: 'Overloaded', type: 'overloaded_error', status: 529 });
      expect(completion.choices[0]?.finish_reason ?? null).toBeNull();
    }
  });

  it('A16, A17: a stream without a stop reason is truncated, and no failure is a stop', () => {
    const cut = [
      claudeStream(...block(0, { type: 'text', text: 'All of it.' })),
      claudeStream(...block(0, { type: 'text', text: 'All of it.' }), {
        type: 'message_delta',
        delta: { stop_reason: null },
      }),
      googleStream(candidate([{ text: 'All of it.' }])),
      googleStream(candidate([{ text: 'a' }]), { error: { code: 500, message: 'x', status: 'INTERNAL' } }),
      googleStream(candidate(undefined, 'MALFORMED_FUNCTION_CALL')),
      streamed(bedrock(), CLAUDE_ON_BEDROCK, [
        { event: 'messageStart', role: 'assistant' },
        { event: 'contentBlockDelta', contentBlockIndex: 0, delta: { text: 'a' } },
        { event: 'messageStop', stopReason: 'malformed_model_output' },
      ]),
    ];
    for (const { complete, completion } of cut) {
      expect(complete).toBe(false);
      expect(completion.choices[0]?.finish_reason ?? null).toBeNull();
    }
  });

  it('A18, B4: ids of other vendors are made fit alike in call and result; server tools stay inside', () => {
    const id = `call|fc_${'x'.repeat(80)}:1`;
    const { body } = claude({ tools: [TOOL], messages: [ASK, turn(call(id)), result(id)] });
    const use = body.messages[1].content[0];
    expect(use.id).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(body.messages[2].content[0].tool_use_id).toBe(use.id);
    const onBedrock = converse({ tools: [TOOL], messages: [ASK, turn(call(id)), result(id)] }).body;
    const { toolUseId } = onBedrock.messages[1].content[0].toolUse;
    expect(toolUseId).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(onBedrock.messages[2].content[0].toolResult.toolUseId).toBe(toolUseId);
    const { completion } = claudeStream(
      ...block(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
      ...block(1, { type: 'text', text: 'Found.' }),
      ...claudeEnd('end_turn'),
    );
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Found.' } });
    expect(completion.choices[0]!.message.tool_calls).toBeUndefined();
  });

  it.each(['', ' ', '42', '"x"', 'null', '[1]', '{bad', '{"a":1}x'])(
    'A19: the input of a call whose arguments are %j is an object',
    (args) => {
      const messages = [ASK, turn(call('a', 'f', args)), result('a')];
      const inputs = [
        claude({ tools: [TOOL], messages }).body.messages[1].content[0].input,
        converse({ tools: [TOOL], messages }).body.messages[1].content[0].toolUse.input,
        google({ tools: [TOOL], messages }).body.contents[1].parts[0].functionCall.args,
      ];
      for (const input of inputs) {
        expect(typeof input === 'object' && input !== null && !Array.isArray(input)).toBe(true);
      }
    },
  );

  it.each([{}, { parameters: null }, { parameters: {} }, { parameters: { properties: {} }, strict: null }])(
    'A20: a tool with %j has an object schema and nothing of the envelope',
    (members) => {
      const tools = [{ type: 'function', function: { name: 'f', description: '', ...members } }];
      expect(claude({ tools }).body.tools[0]).toEqual({ name: 'f', input_schema: { type: 'object', properties: {} } });
      expect(converse({ tools }).body.toolConfig.tools[0].toolSpec.inputSchema.json.type).toBe('object');
    },
  );

  it('A21: nothing empty is emitted behind the opening', () => {
    const { chunks } = claudeStream(
      ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: '' }, { type: 'text_delta', text: 'x' }),
      ...block(1, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: '' }),
      ...block(2, toolUse('a'), jsonDelta(''), jsonDelta('{}'), jsonDelta('')),
      ...claudeEnd('tool_use'),
    );
    const deltas = chunks.slice(1).flatMap(({ choices }) => choices.map(({ delta }: Body) => delta));
    for (const delta of deltas) {
      expect(delta.content).not.toBe('');
      expect(delta['reasoning']).not.toBe('');
      for (const { id, function: called } of delta.tool_calls ?? []) {
        if (id === undefined) expect(called?.arguments).not.toBe('');
      }
    }
  });

  it('A22: tools that a vendor runs are refused where the format does not know them', () => {
    const tools = [TOOL, { type: 'web_search_20250305', name: 'web_search' }];
    for (const send of [google, converse]) expect(paramRefused(() => send({ tools }))).toMatch(/^tools\[1\]/);
  });
});

describe('Gemini', () => {
  const answer = { functionCall: { name: 'f', args: { a: 1 } } };

  it('G1, G2, G3: one finish reason, behind the last content, and `tool_calls` where a call was seen', () => {
    const cases: readonly (readonly [readonly object[], string])[] = [
      [[candidate([answer]), candidate([{ text: '' }], 'STOP')], 'tool_calls'],
      [
        [candidate([{ text: 'a' }], 'STOP'), candidate([answer], 'STOP'), candidate([{ text: 'b' }], 'STOP')],
        'tool_calls',
      ],
      [[candidate([], 'STOP'), candidate([answer])], 'tool_calls'],
      [[candidate([{ text: 'a' }], 'STOP'), candidate([{ text: 'b' }], 'STOP')], 'stop'],
      [[candidate([answer]), candidate(undefined, 'MAX_TOKENS')], 'length'],
    ];
    for (const [responses, reason] of cases) {
      const { chunks, complete, completion } = googleStream(...responses);
      const reasons = chunks.flatMap(({ choices }) => choices.map((choice: Body) => choice.finish_reason ?? null));
      expect(reasons.filter((each) => each !== null)).toEqual([reason]);
      expect(reasons.at(-1)).toBe(reason);
      expect(complete).toBe(true);
      expect(completion.choices[0]!.finish_reason).toBe(reason);
    }
  });

  it('G4: no native word stands in `finish_reason`', () => {
    const words = ['STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'LANGUAGE', 'SPII', 'OTHER', 'WORD_OF_NEXT_YEAR'];
    for (const word of words) {
      const { completion } = googleStream(candidate([{ text: 'a' }], word));
      expect(['stop', 'length', 'content_filter']).toContain(completion.choices[0]!.finish_reason);
    }
    for (const word of ['end_turn', 'pause_turn', 'word_of_next_year']) {
      const { completion } = claudeStream(...block(0, { type: 'text', text: 'a' }), ...claudeEnd(word));
      expect(completion.choices[0]!.finish_reason).toBe('stop');
    }
  });

  it('G5: the results of parallel calls are one Content, in the order of the calls', () => {
    const tools = ['f', 'g', 'h'].map((name) => ({ type: 'function', function: { name } }));
    const { body } = google({
      tools,
      messages: [
        ASK,
        turn(call('1', 'f'), call('2', 'g'), call('3', 'h')),
        result('3', 'three'),
        result('1', 'one'),
        result('2', 'two'),
        ASK,
      ],
    });
    const answered = body.contents[2].parts.filter((part: Body) => part.functionResponse !== undefined);
    expect(answered.map((part: Body) => part.functionResponse.name)).toEqual(['f', 'g', 'h']);
    expect(body.contents.map(({ role }: Body) => role)).not.toContain('tool');
  });

  it('G6: media of a result never stand beside `functionResponse` parts', () => {
    const messages = [ASK, turn(call('a')), result('a', [{ type: 'text', text: 'x' }, IMAGE])];
    expect(paramRefused(() => google({ tools: [TOOL], messages }))).toMatch(/^messages\[2\]/);
    const { body } = google({ tools: [TOOL], messages }, {}, 'gemini-3-pro-preview');
    const parts = body.contents[2].parts as Body[];
    expect(parts.every((part) => part.functionResponse !== undefined)).toBe(true);
    expect(parts[0].functionResponse.parts[0].inlineData).toMatchObject({ mimeType: 'image/png', data: PNG });
  });

  it('G7, G8: a signature comes back from every form, and a lost one is replaced on the first call alone', () => {
    const signed = { ...call('a'), extra_content: { google: { thought_signature: 'SIG' } } };
    const details = [{ type: 'reasoning.encrypted', data: 'SIG', id: 'a', format: 'google-gemini-v1', index: 0 }];
    const turns: readonly (readonly [object, string])[] = [
      [turn(signed, call('b')), 'SIG'],
      [{ ...turn(call('a'), call('b')), reasoning_details: details }, 'SIG'],
      [turn(call('a'), call('b')), 'skip_thought_signature_validator'],
    ];
    for (const [assistant, signature] of turns) {
      const messages = [ASK, assistant, result('a'), result('b')];
      const { body } = google({ tools: [TOOL], messages }, {}, 'gemini-3-pro-preview');
      const parts = body.contents[1].parts as Body[];
      expect(parts.map(({ thoughtSignature }) => thoughtSignature)).toEqual([signature, undefined]);
    }
    const { completion } = googleStream(candidate([{ ...answer, thoughtSignature: 'SIG' }], 'STOP'));
    const [made] = completion.choices[0]!.message.tool_calls as Body[];
    expect(made.extra_content.google.thought_signature).toBe('SIG');
    expect(JSON.stringify(completion.choices[0]!.message['reasoning_details'])).toContain('SIG');
  });

  const whole = (body: object): ChatCompletion => exchange(gemini(), 'gemini-2.5-flash').completion(body, OK);

  it('G9: a candidate without content is a choice with its finish reason', () => {
    for (const [word, reason] of [
      ['MAX_TOKENS', 'length'],
      ['SAFETY', 'content_filter'],
    ] as const) {
      expect(whole(candidate(undefined, word)).choices).toMatchObject([{ finish_reason: reason }]);
      expect(whole(candidate([], word)).choices).toMatchObject([{ finish_reason: reason }]);
    }
  });

  it('G10: a blocked prompt is an error with the code `content_filter`', () => {
    for (const blockReason of ['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'WORD_OF_NEXT_YEAR']) {
      const body = { promptFeedback: { blockReason }, usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } };
      const { failure, complete } = googleStream(body);
      expect(complete).toBe(false);
      expect(gemini().decodeError!(failure, undefined), blockReason).toMatchObject({
        code: 'content_filter',
        status: 400,
      });
      expect(() => whole(body)).toThrow();
    }
  });

  it('G11, G12: cleaning removes what the target does not know, and nothing else', () => {
    const parameters = {
      $schema: 'x',
      $id: 'y',
      type: 'object',
      additionalProperties: false,
      patternProperties: {},
      properties: {
        a: {
          anyOf: [
            { type: 'string', enum: ['x', 'y'] },
            { type: 'integer', minimum: 1 },
          ],
          examples: ['x'],
          $comment: 'c',
        },
        title: { type: 'string', title: 'T', default: 'd' },
      },
      required: ['a'],
    };
    const tools = [{ type: 'function', function: { name: 'f', parameters } }];
    const { parameters: proto } = google({ tools }, { jsonSchema: false }).body.tools[0].functionDeclarations[0];
    expect(JSON.stringify(proto)).not.toMatch(/\$|additionalProperties|patternProperties|examples/);
    expect(proto.required).toEqual(['a']);
    expect(proto.properties.a.anyOf).toMatchObject([
      { type: 'STRING', enum: ['x', 'y'] },
      { type: 'INTEGER', minimum: 1 },
    ]);
    expect(proto.properties.title.type).toBe('STRING');
    const { parametersJsonSchema: full } = google({ tools }).body.tools[0].functionDeclarations[0];
    expect(full.properties.a.anyOf).toHaveLength(2);
    expect(full.required).toEqual(['a']);
  });

  it('G13, U2: `completion_tokens` holds thoughts, `prompt_tokens` what was cached', () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 80,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 40,
      totalTokenCount: 152,
    };
    expect(whole({ ...candidate([{ text: 'a' }], 'STOP'), usageMetadata }).usage).toMatchObject({
      prompt_tokens: 107,
      completion_tokens: 45,
      total_tokens: 152,
      prompt_tokens_details: { cached_tokens: 80 },
    });
  });

  it('G14: the end of the body without a finish reason is a truncation', () => {
    for (const responses of [[candidate([{ text: 'a' }])], [candidate([answer])], [{ usageMetadata: {} }]]) {
      expect(googleStream(...responses).complete).toBe(false);
    }
  });

  it('G15: the wait of `RetryInfo` is read, and a quota per minute is not final', () => {
    const error = {
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
      message: 'Quota exceeded for quota metric, limit: 10.',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
          violations: [{ quotaId: 'RequestsPerMinutePerProject' }],
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '37s' },
      ],
    };
    for (const body of [{ error }, [{ error }]]) {
      const read = gemini().decodeError!(body, { status: 429, headers: {} });
      expect(read).toMatchObject({ retryAfterMs: 37_000 });
      expect([undefined, 'rate_limited']).toContain(read?.kind);
    }
  });

  it('G16: a MIME type is canonical and comes from the path of a URL, or the request is refused', () => {
    const image = (url: string): object => ({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
    const mimeOf = (url: string): string =>
      google(image(url), { externalUrls: true }).body.contents[0].parts[0].fileData.mimeType;
    expect(mimeOf('https://x.example/a.JPG?name=b.png#c.gif')).toBe('image/jpeg');
    expect(mimeOf('https://x.example/a.b/c.webp')).toBe('image/webp');
    expect(google(image(`data:image/jpg;base64,/9j/4AAQ`)).body.contents[0].parts[0].inlineData.mimeType).toBe(
      'image/jpeg',
    );
    for (const url of ['https://x.example/a?b=c.png', 'https://x.example/png']) {
      expect(paramRefused(() => google(image(url), { externalUrls: true }))).toContain('image_url');
    }
  });

  it('G17: signatures of texts and thoughts are kept, also in a part without text', () => {
    for (const last of [
      { text: 'b', thoughtSignature: 'SIG' },
      { text: '', thoughtSignature: 'SIG' },
    ]) {
      const { completion } = googleStream(candidate([{ text: 'a' }]), candidate([last], 'STOP'));
      expect(JSON.stringify(completion.choices[0]!.message['reasoning_details'])).toContain('"data":"SIG"');
    }
  });

  it('G18: Vertex takes a token on the paths of a project, and a key on those without', () => {
    const inProject = gemini({ door: 'vertex', project: 'p', location: 'europe-west4' });
    expect(inProject.auth).toBe('bearer');
    expect(sent(inProject, 'gemini-2.5-pro').path).toBe(
      '/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent',
    );
    const express = gemini({ door: 'vertex' });
    expect(express.auth).toEqual({ header: 'x-goog-api-key', prefix: '' });
    expect(sent(express, 'gemini-2.5-pro').path).toBe('/v1/publishers/google/models/gemini-2.5-pro:generateContent');
  });

  it('G19: an error, a block or a malformed call inside of a 200 is a failure', () => {
    for (const bad of [
      { error: { code: 503, message: 'x', status: 'UNAVAILABLE' } },
      { promptFeedback: { blockReason: 'OTHER' } },
      candidate(undefined, 'MALFORMED_FUNCTION_CALL'),
      candidate(undefined, 'UNEXPECTED_TOOL_CALL'),
    ]) {
      for (const before of [[], [candidate([{ text: 'a' }])]]) {
        const { failure, complete } = googleStream(...before, bad);
        expect(failure, JSON.stringify(bad)).toBeDefined();
        expect(complete).toBe(false);
      }
    }
  });

  it('G20: members of one door are not sent to the other', () => {
    const request = { metadata: { team: 'a' }, store: true, user: 'u' };
    expect(google(request)).toMatchObject({ dropped: ['metadata'] });
    expect(google(request).body.labels).toBeUndefined();
    const onVertex = sent(gemini({ door: 'vertex' }), 'gemini-2.5-pro', request);
    expect(onVertex.body.labels).toEqual({ team: 'a' });
    for (const { text } of [google(request), onVertex]) expect(text).not.toMatch(/"(?:store|metadata|user)":/);
  });

  it('G21: ids of other vendors are not sent; those that Gemini gave are', () => {
    const messages = (id: string): object => ({ tools: [TOOL], messages: [ASK, turn(call(id)), result(id)] });
    for (const id of ['call_abc', 'toolu_01', 'c|1']) {
      expect(google(messages(id), {}, 'gemini-3-pro-preview').text).not.toContain(`"id"`);
    }
  });
});

describe('Bedrock', () => {
  it('B1, B8: `toolConfig` is there whenever a message has calls, and `none` is no choice', () => {
    const messages = [ASK, turn(call('a', 'old.tool')), result('a'), ASK];
    for (const request of [{ messages }, { messages, tools: [] }, { messages, tool_choice: 'none', tools: [TOOL] }]) {
      const { toolConfig } = converse(request).body;
      expect(toolConfig.tools.length).toBeGreaterThan(0);
      expect(toolConfig.toolChoice).toBeUndefined();
    }
    expect(converse({ tool_choice: 'none', tools: [TOOL] }).body.toolConfig).toBeUndefined();
  });

  it('B3: results stand first, and what the user says in blocks behind them', () => {
    const { body } = converse({
      tools: [TOOL],
      messages: [ASK, turn(call('a'), call('b')), result('b'), result('a'), { role: 'user', content: 'Go on.' }],
    });
    const blocks = body.messages[2].content as Body[];
    expect(blocks.map((each) => Object.keys(each)[0])).toEqual(['toolResult', 'toolResult', 'text']);
  });

  it('B4: names fit in declaration, choice and history, and the caller gets its own back', () => {
    const name = `mcp.server/${'x'.repeat(80)}`;
    const tools = [{ type: 'function', function: { name } }];
    const request = {
      tools,
      tool_choice: { type: 'function', function: { name } },
      messages: [ASK, turn(call('a', name)), result('a'), ASK],
    };
    const { body } = converse(request);
    const fit = body.toolConfig.tools[0].toolSpec.name as string;
    expect(fit).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(body.toolConfig.toolChoice.tool.name).toBe(fit);
    expect(body.messages[1].content[0].toolUse.name).toBe(fit);
    const { completion } = streamed(
      bedrock(),
      CLAUDE_ON_BEDROCK,
      [
        { event: 'messageStart', role: 'assistant' },
        { event: 'contentBlockStart', contentBlockIndex: 0, start: { toolUse: { toolUseId: 't', name: fit } } },
        { event: 'contentBlockStop', contentBlockIndex: 0 },
        { event: 'messageStop', stopReason: 'tool_use' },
      ],
      request,
    );
    expect(completion.choices[0]!.message.tool_calls).toMatchObject([{ function: { name, arguments: '{}' } }]);
  });

  it('B5, B9: exception frames end the stream as errors, throttling as a rate limit', () => {
    for (const event of ['throttlingException', 'internalServerException', 'modelStreamErrorException']) {
      const { failure, complete } = streamed(bedrock(), CLAUDE_ON_BEDROCK, [
        { event: 'messageStart', role: 'assistant' },
        { event: 'contentBlockDelta', contentBlockIndex: 0, delta: { text: 'a' } },
        { event, failed: true, message: 'Too many requests.' },
        { event: 'messageStop', stopReason: 'end_turn' },
      ]);
      expect(complete).toBe(false);
      const kind = bedrock().decodeError!(failure, undefined)?.kind;
      if (event === 'throttlingException') expect(kind).toBe('rate_limited');
    }
    for (const name of ['ThrottlingException', 'ThrottlingException:http://internal.amazon.com/x']) {
      const head = { status: 429, headers: { 'x-amzn-errortype': name } };
      const read = bedrock().decodeError!({ message: 'Too many tokens' }, head);
      expect([undefined, 'rate_limited']).toContain(read?.kind);
    }
  });

  it('B6: a later metadata event erases no usage, and a signature without text is kept', () => {
    const { completion } = streamed(bedrock(), CLAUDE_ON_BEDROCK, [
      { event: 'messageStart', role: 'assistant' },
      { event: 'contentBlockDelta', contentBlockIndex: 0, delta: { reasoningContent: { signature: 'SIG' } } },
      { event: 'contentBlockDelta', contentBlockIndex: 1, delta: { text: 'a' } },
      { event: 'messageStop', stopReason: 'end_turn' },
      { event: 'metadata', usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, metrics: {} },
      { event: 'metadata', metrics: { latencyMs: 1 } },
    ]);
    expect(completion.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2 });
    expect(JSON.stringify(completion.choices[0]!.message['reasoning_details'])).toContain('SIG');
  });

  it('B7: the id of a model is one segment, whatever is in it', () => {
    const arn = 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.x-v1:0';
    expect(converse({}, {}, arn).path).toBe(`/model/${encodeURIComponent(arn)}/converse`);
  });

  it('B8: names of documents are unique and of the characters that are allowed', () => {
    const file = (filename: string): object => ({
      type: 'file',
      file: { filename, file_data: 'data:application/pdf;base64,JVBERi0x' },
    });
    const content = [{ type: 'text', text: 'x' }, file('a_b.pdf'), file('a b.pdf'), file('a.b.pdf'), file('')];
    const { body } = converse({ messages: [{ role: 'user', content }] });
    const names = body.messages[0].content.flatMap((each: Body) => each.document?.name ?? []) as string[];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9\s()[\]-]+$/);
  });

  it('B10: a malformed call or output, and words of next year, are no stop', () => {
    for (const stopReason of ['malformed_tool_use', 'malformed_model_output']) {
      const output = { message: { role: 'assistant', content: [{ text: 'a' }] } };
      const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
      expect(() => exchange(bedrock(), CLAUDE_ON_BEDROCK).completion({ output, stopReason, usage }, OK)).toThrow();
    }
  });
});

describe('Azure', () => {
  const chunks = (...events: object[]): readonly Body[] => {
    const decoder = azure().createChunkDecoder!();
    return events.flatMap((event) => {
      const read = decoder({ event: undefined, data: JSON.stringify(event) });
      return read === 'done' ? [] : read;
    });
  };

  it('Z1: a first chunk without choices is passed on only where it has usage', () => {
    const filters = { id: '', choices: [], prompt_filter_results: [] };
    expect(chunks(filters, { ...filters, usage: null })).toEqual([]);
    expect(chunks({ ...filters, usage: { total_tokens: 1 } })).toHaveLength(1);
  });

  it('Z2: a choice without `delta` is given an empty one', () => {
    expect(chunks({ id: 'a', choices: [{ index: 0 }, { index: 1, delta: null }] })[0].choices).toMatchObject([
      { delta: {} },
      { delta: {} },
    ]);
  });
});

describe('accounts', () => {
  const native = { input_tokens: 100, output_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 50 };
  const usage = exchange(anthropic(), 'claude-sonnet-4-5').completion(
    { id: 'm', type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn', usage: native },
    OK,
  ).usage!;

  it('U1: what the cache wrote is charged once, at its own price', () => {
    const prices = { prompt: 3, completion: 15, cacheRead: 0.3, cacheWrite: 3.75, request: 0, image: 0 };
    expect(costOf(usage, prices)).toBeCloseTo((100 * 3 + 30 * 0.3 + 50 * 3.75 + 10 * 15) / 1e6, 12);
  });

  it('U2, U3: the sums hold what the cache read and wrote, however often they are normalised', () => {
    expect(usage).toMatchObject({ prompt_tokens: 180, completion_tokens: 10, total_tokens: 190 });
    for (const one of [usage, native]) {
      const once = normaliseUsage(one);
      expect(once).toMatchObject({ prompt_tokens: 180, total_tokens: 190 });
      expect(normaliseUsage(once)).toEqual(once);
    }
  });

  it('U4: observers are told the sums of the response', () => {
    expect(usedTokens(usage)).toMatchObject({ input: 180, output: 10 });
    expect(tokenCountsOf(usage)).toMatchObject({ prompt: 180, cacheRead: 30, cacheWrite: 50, completion: 10 });
  });
});

it('every reported bug has a case, or a test here', async () => {
  const { readFile } = await import('node:fs/promises');
  const here = await readFile(new URL(import.meta.url), 'utf8');
  const cases = ['anthropic', 'bedrock', 'gemini'].flatMap((name) => readCases(`cases-${name}.jsonl`));
  const trapped = new Set(cases.map((row) => (row as { readonly trap?: string }).trap));
  const ids = (letter: string, last: number): string[] =>
    Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
  const all = [...ids('A', 23), ...ids('G', 21), ...ids('B', 11), ...ids('Z', 2), ...ids('U', 4)];
  const named = (id: string): boolean => new RegExp(`(?:it|each)\\b[^\\n]*\\b${id}\\b|\\['${id}'`).test(here);
  expect(all.filter((id) => !trapped.has(id) && !named(id))).toEqual([]);
});
