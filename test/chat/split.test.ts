import * as fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import { splitCompletion } from '../../src/chat/split.js';
import type { ChatChunk, ChatCompletion } from '../../src/chat/types.js';

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

function completionOf(message: Record<string, unknown>, choice: Record<string, unknown> = {}): ChatCompletion {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'small',
    system_fingerprint: null,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, ...message },
        logprobs: null,
        finish_reason: 'stop',
        ...choice,
      },
    ],
    usage: USAGE,
  };
}

const TOOL_CALLS = [
  { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
  { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } },
];

const RESPONSES: Record<string, ChatCompletion> = {
  text: completionOf({ content: 'Hello' }),
  'empty text': completionOf({ content: '' }),
  'tool calls': completionOf({ tool_calls: TOOL_CALLS }, { finish_reason: 'tool_calls' }),
  'text and tool calls': completionOf(
    { content: 'Let me look.', tool_calls: TOOL_CALLS },
    { finish_reason: 'tool_calls' },
  ),
  'a custom tool call': completionOf({
    tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sh', input: 'ls' } }],
  }),
  'a legacy function call': completionOf(
    { function_call: { name: 'f', arguments: '{}' } },
    { finish_reason: 'function_call' },
  ),
  'a refusal': completionOf({ refusal: 'No.' }),
  reasoning: completionOf({ content: '42', reasoning_content: 'six by nine' }),
  audio: completionOf({ audio: { id: 'audio_1', data: 'AAAA', transcript: 'hm', expires_at: 5 } }),
  annotations: completionOf({
    content: 'see',
    annotations: [{ type: 'url_citation', url_citation: { url: 'https://x' } }],
  }),
  logprobs: completionOf(
    { content: 'a' },
    { logprobs: { content: [{ token: 'a', logprob: -5.4e-6, bytes: [97], top_logprobs: [] }], refusal: null } },
  ),
  'unknown members': {
    ...completionOf({ content: 'x' }, { native_finish_reason: 'end' }),
    citations: ['https://x'],
    service_tier: 'default',
  },
  'three choices': {
    ...completionOf({ content: 'a' }),
    choices: [0, 1, 2].map((index) => ({
      index,
      message: { role: 'assistant', content: `choice ${index}`, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    })),
  },
};

describe('splitCompletion', () => {
  it.each(Object.entries(RESPONSES))('loses nothing of a response with %s', (_, completion) => {
    expect(assembleCompletion(splitCompletion(completion, { includeUsage: true }))).toEqual(completion);
  });

  it('begins each choice with its role and ends it with its reason', () => {
    const chunks = splitCompletion(RESPONSES['text'] as ChatCompletion, { includeUsage: false });
    expect(chunks.map((chunk) => chunk.choices?.[0])).toEqual([
      { index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: 'Hello' }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' },
    ]);
  });

  it('names the provider in every chunk', () => {
    for (const chunk of splitCompletion(RESPONSES['tool calls'] as ChatCompletion, { includeUsage: true })) {
      expect(chunk).toMatchObject({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: 'small',
        system_fingerprint: null,
      });
    }
  });

  it('sends usage in a last chunk of its own, only if it was requested', () => {
    const withUsage = splitCompletion(RESPONSES['text'] as ChatCompletion, { includeUsage: true });
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: USAGE });
    expect(withUsage.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);

    const withoutUsage = splitCompletion(RESPONSES['text'] as ChatCompletion, { includeUsage: false });
    expect(withoutUsage.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('returns nothing for a response without choices', () => {
    expect(splitCompletion({ choices: [] }, { includeUsage: false })).toEqual([]);
  });

  it.each(Object.entries(RESPONSES))('satisfies the stream helper of the openai client: %s', async (_, completion) => {
    const received = await throughOpenAI(splitCompletion(completion, { includeUsage: true }));
    for (const [position, choice] of completion.choices.entries()) {
      const got = received.choices[position];
      expect(got?.finish_reason).toBe(choice.finish_reason);
      expect(got?.message.content ?? null).toBe(choice.message?.content ?? null);
      expect(got?.message.refusal ?? null).toBe(choice.message?.['refusal'] ?? null);
      expect(idsOf(got?.message.tool_calls)).toEqual(idsOf(choice.message?.['tool_calls']));
    }
    expect(received.usage).toEqual(USAGE);
  });

  it('survives a round trip for any text, tool call and number of choices', () => {
    const toolCall = fc.record({
      id: fc.string({ minLength: 1 }),
      type: fc.constant('function'),
      function: fc.record({ name: fc.string({ minLength: 1 }), arguments: fc.string() }),
    });
    const message = fc.record({
      content: fc.string({ minLength: 1 }),
      tool_calls: fc.array(toolCall, { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (messages) => {
        const completion: ChatCompletion = {
          ...completionOf({}),
          choices: messages.map((said, index) => ({
            index,
            message: { role: 'assistant', refusal: null, ...said },
            logprobs: null,
            finish_reason: 'tool_calls',
          })),
        };
        expect(assembleCompletion(splitCompletion(completion, { includeUsage: true }))).toEqual(completion);
      }),
      { numRuns: 100 },
    );
  });
});

/** What the openai client's own assembler makes of `chunks`. */
async function throughOpenAI(chunks: readonly ChatChunk[]): Promise<OpenAI.ChatCompletion> {
  const text = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
  const client = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(text, { headers: { 'content-type': 'text/event-stream' } })),
  });
  const stream = client.chat.completions.stream({ model: 'small', messages: [{ role: 'user', content: 'hi' }] });
  return stream.finalChatCompletion();
}

function idsOf(calls: unknown): unknown[] {
  return (calls as { id: string }[] | undefined)?.map((call) => call.id) ?? [];
}
