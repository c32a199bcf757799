import { describe, expect, it } from 'vitest';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import type { ChatRequest } from '../../src/chat/types.js';
import type { WireFormat } from '../../src/contracts/wire-format.js';

/** What a format makes of an assistant message between two user messages. */
function sent(format: WireFormat, upstreamModel: string, message: object): unknown {
  const request = {
    model: upstreamModel,
    max_tokens: 10,
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', ...message },
      { role: 'user', content: 'b' },
    ],
  } as ChatRequest;
  const model = { upstreamModel, maxCompletionTokens: undefined, traits: {} };
  const { body } = format.exchange!(request, { model, stream: false, requestId: 'r', now: 0 });
  const turns = JSON.parse(JSON.stringify(body)) as { messages?: unknown[]; contents?: unknown[] };
  return (turns.messages ?? turns.contents)?.[1];
}

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const signed = { type: 'thinking', thinking: 'hm', signature: 'S' };
const unsigned = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] };
const text = { type: 'text', text: 'x' };

describe('thinking parts in the content of an assistant message', () => {
  it.each<[string, object, unknown, unknown]>([
    ['signed', { content: [signed, text] }, [signed], { text: 'hm', signature: 'S' }],
    ['unsigned', { content: [unsigned, text] }, [], undefined],
    ['without text', { content: [signed], reasoning_content: 'hm' }, undefined, undefined],
    [
      'beside the same thinking_blocks',
      { content: [signed, text], thinking_blocks: [signed] },
      [signed],
      {
        text: 'hm',
        signature: 'S',
      },
    ],
    [
      'reasoning of another vendor',
      { content: [{ type: 'reasoning', summary: [], signature: 'X' }, text] },
      [],
      undefined,
    ],
  ])('%s', (_what, message, blocks, reasoning) => {
    expect(sent(anthropic(), 'claude-sonnet-4-5', message)).toEqual(
      blocks === undefined ? undefined : { role: 'assistant', content: [...(blocks as unknown[]), text] },
    );
    const byBedrock = reasoning === undefined ? [] : [{ reasoningContent: { reasoningText: reasoning } }];
    expect(sent(bedrock(), CLAUDE, message)).toEqual(
      blocks === undefined ? undefined : { role: 'assistant', content: [...byBedrock, { text: 'x' }] },
    );
    expect(sent(gemini(), 'gemini-2.5-flash', message)).toEqual(
      blocks === undefined ? undefined : { role: 'model', parts: [{ text: 'x' }] },
    );
  });
});
