import { describe, expect, it } from 'vitest';
import { CompletionAssembler, assembleCompletion } from '../../src/chat/assemble.js';
import type { ChatChunk } from '../../src/chat/types.js';

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'small' };

/** One chunk of choice 0. */
function delta(members: Record<string, unknown>, choice: Record<string, unknown> = {}): ChatChunk {
  return { ...HEAD, choices: [{ index: 0, delta: members, finish_reason: null, ...choice }] };
}

function messageOf(...chunks: ChatChunk[]): Record<string, unknown> {
  return assembleCompletion(chunks).choices[0]?.message ?? {};
}

describe('assembleCompletion', () => {
  it('joins the pieces of an ordinary stream into one completion', () => {
    const completion = assembleCompletion([
      { ...HEAD, service_tier: 'default', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
      delta({ content: 'Hel' }),
      delta({ content: 'lo' }),
      delta({}, { finish_reason: 'stop' }),
      { ...HEAD, choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
    ]);
    expect(completion).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'small',
      system_fingerprint: null,
      service_tier: 'default',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it('keeps the id of the first chunk where an upstream changes it', () => {
    const completion = assembleCompletion([
      { id: 'a', choices: [] },
      { id: 'b', choices: [] },
    ]);
    expect(completion.id).toBe('a');
  });

  it('separates interleaved choices by their index and returns them in order', () => {
    const completion = assembleCompletion([
      { choices: [{ index: 1, delta: { content: 'b' } }] },
      { choices: [{ index: 0, delta: { content: 'a' } }] },
      { choices: [{ index: 1, delta: { content: 'B' }, finish_reason: 'length' }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ]);
    expect(completion.choices.map((choice) => [choice.index, choice.message?.content, choice.finish_reason])).toEqual([
      [0, 'a', 'stop'],
      [1, 'bB', 'length'],
    ]);
  });

  it('puts tool calls together by index and sets absent content to null', () => {
    const message = messageOf(
      delta({
        role: 'assistant',
        content: '',
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      delta({ tool_calls: [{ index: 1, id: 'call_2', type: 'custom', custom: { name: 'sh', input: 'l' } }] }),
      delta({ tool_calls: [{ index: 0, function: { name: '', arguments: '"Oslo"}' } }] }),
      delta({ tool_calls: [{ index: 1, custom: { input: 's' } }] }),
    );
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
        { id: 'call_2', type: 'custom', custom: { name: 'sh', input: 'ls' } },
      ],
    });
  });

  it('follows the ids of tool calls if an upstream omits the index', () => {
    const message = messageOf(
      delta({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: '1' } }] }),
      delta({ tool_calls: [{ function: { arguments: '2' } }] }),
      delta({ tool_calls: [{ id: 'b', function: { name: 'g', arguments: '3' } }] }),
      delta({ tool_calls: [{ id: 'a', function: { arguments: '4' } }] }),
    );
    expect(message['tool_calls']).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '124' } },
      { id: 'b', type: 'function', function: { name: 'g', arguments: '3' } },
    ]);
  });

  it('joins reasoning, refusals and legacy function calls', () => {
    const message = messageOf(
      delta({ reasoning_content: 'because ', reasoning: 'as ' }),
      delta({ reasoning_content: 'so', reasoning: 'well' }),
      delta({ refusal: 'I ' }),
      delta({ refusal: 'cannot.' }),
      delta({ function_call: { name: 'f', arguments: '{' } }),
      delta({ function_call: { arguments: '}' } }),
    );
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      reasoning_content: 'because so',
      reasoning: 'as well',
      refusal: 'I cannot.',
      function_call: { name: 'f', arguments: '{}' },
    });
  });

  it('adds up lists, and keeps the latest of labels and of members that it does not know', () => {
    const completion = assembleCompletion([
      { ...HEAD, citations: ['x'], choices: [{ index: 0, delta: { annotations: [1], phase: 'good' } }] },
      {
        ...HEAD,
        citations: null,
        choices: [{ index: 0, delta: { annotations: [2], phase: 'better' }, stop_reason: 7 }],
      },
    ]);
    expect(completion['citations']).toEqual(['x']);
    expect(completion.choices[0]).toMatchObject({ stop_reason: 7, message: { annotations: [1, 2], phase: 'better' } });
  });

  it('adds up the log probabilities of content and refusal', () => {
    const completion = assembleCompletion([
      delta({ content: 'a' }, { logprobs: { content: [{ token: 'a', logprob: -0.1 }], refusal: null } }),
      delta({ content: 'b' }, { logprobs: { content: [{ token: 'b', logprob: -0.2 }], refusal: null } }),
    ]);
    expect(completion.choices[0]?.['logprobs']).toEqual({
      content: [
        { token: 'a', logprob: -0.1 },
        { token: 'b', logprob: -0.2 },
      ],
      refusal: null,
    });
  });

  const text = Buffer.from('a spoken response').toString('base64');
  const audioCases = [
    { it: 'slices of one base64 text', pieces: [text.slice(0, 5), text.slice(5)] },
    {
      it: 'pieces that were encoded each by itself',
      pieces: ['a s', 'poken ', 'response'].map((piece) =>
        Buffer.from(piece.trimEnd() + (piece.endsWith(' ') ? ' ' : '')).toString('base64'),
      ),
    },
  ];
  it.each(audioCases)('joins audio that comes as $it', ({ pieces }) => {
    const message = messageOf(
      delta({ audio: { id: 'audio_1', transcript: 'a spoken ' } }),
      ...pieces.map((data) => delta({ audio: { data } })),
      delta({ audio: { transcript: 'response', expires_at: 12 } }),
    );
    const audio = message['audio'] as { data: string };
    expect(audio).toMatchObject({ id: 'audio_1', transcript: 'a spoken response', expires_at: 12 });
    expect(Buffer.from(audio.data, 'base64').toString()).toBe('a spoken response');
    expect(message['content']).toBeNull();
  });

  it.each([-1, 128, 1.5, 4_294_967_294, '128', '1e1', '-1', true, Number.NaN])(
    'ignores a choice and a tool call with the index %s',
    (index) => {
      const stray = { index: index as number };
      expect(assembleCompletion([{ choices: [{ ...stray, delta: { content: 'x' } }] }]).choices).toEqual([]);
      expect(messageOf(delta({ tool_calls: [{ ...stray, function: { arguments: 'x' } }] }))).not.toHaveProperty(
        'tool_calls',
      );
    },
  );

  it('treats hostile member names as plain names', () => {
    const chunk = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"choices":[{"index":0,"__proto__":{"polluted":1},' +
        '"delta":{"__proto__":{"polluted":1},"content":"ok","toString":"x","tool_calls":[{"index":0,"__proto__":{"polluted":1}}]}}]}',
    ) as ChatChunk;
    const completion = assembleCompletion([chunk]);
    expect(JSON.stringify(completion)).not.toContain('__proto__');
    expect(completion).not.toHaveProperty('polluted');
    expect(completion.choices[0]).not.toHaveProperty('polluted');
    expect(completion.choices[0]?.message).not.toHaveProperty('polluted');
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('shrugs at chunks that are not shaped like chunks', () => {
    const odd = [
      {},
      { choices: null },
      { choices: [null] },
      { choices: [{ delta: null }] },
      { choices: [{ delta: { content: 7 } }] },
    ];
    expect(() => assembleCompletion(odd as unknown[] as ChatChunk[])).not.toThrow();
  });
});

describe('CompletionAssembler', () => {
  it('returns what has arrived so far', () => {
    const assembler = new CompletionAssembler();
    assembler.add(delta({ content: 'so' }));
    expect(assembler.completion().choices[0]?.message?.content).toBe('so');
    assembler.add(delta({ content: ' far' }));
    expect(assembler.completion().choices[0]?.message?.content).toBe('so far');
  });
});
