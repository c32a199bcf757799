import { describe, expect, it } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import type { UpstreamEvent } from '../../src/contracts/wire-format.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { EventReader } from '../../src/sse/event-reader.js';
import { anthropicError, anthropicReply, type AnthropicReply } from '../../src/testing/anthropic-upstream.js';
import { fakeUpstream } from '../../src/testing/fake-upstream.js';
import type { ScriptSource } from '../../src/testing/script.js';
import { exchange } from '../formats/anthropic-support.js';
import { decode } from '../formats/cases.js';

const REPLY: AnthropicReply = {
  thinking: { text: 'Let me see', signature: 'SIG' },
  text: 'Hello there, Oslo is cold.',
  toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }],
  usage: { cache_read_input_tokens: 7 },
};

/** The response of a fake upstream to a request that the format has translated. */
async function post(script: ScriptSource, stream: boolean) {
  await using upstream = await fakeUpstream();
  upstream.enqueue(script);
  const sent = exchange({}, { stream });
  const response = await fetch(upstream.origin + sent.path, {
    method: 'POST',
    body: JSON.stringify(sent.body),
    headers: { 'content-type': 'application/json', ...sent.headers },
  });
  return { sent, status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

function eventsIn(text: string): UpstreamEvent[] {
  const events: UpstreamEvent[] = [];
  const reader = new EventReader({
    maxEventLength: 1_000_000,
    onEvent: ({ event, data }) => events.push({ event, data }),
    onOverflow: () => {
      throw new Error('overflow');
    },
  });
  reader.feed(Buffer.from(text));
  reader.end();
  return events;
}

describe('the fake upstream of Anthropic', () => {
  it('sends the same content whole and streamed', async () => {
    const whole = await post(anthropicReply(REPLY), false);
    const completion = whole.sent.completion(JSON.parse(whole.text), { status: 200, headers: {} });
    const streamed = await post(anthropicReply(REPLY), true);
    expect(streamed.type).toContain('text/event-stream');
    const { chunks, complete } = decode(streamed.sent, eventsIn(streamed.text));
    expect(complete).toBe(true);
    expect(assembleCompletion(chunks)).toEqual(completion);
    expect(completion).toMatchObject({
      choices: [{ finish_reason: 'tool_calls', message: { content: REPLY.text, reasoning: 'Let me see' } }],
      usage: { prompt_tokens: 17, completion_tokens: 5 },
    });
  });

  it.each(['cut', 'noMessageStop'] as const)('sends an incomplete stream: %s', async (fault) => {
    const { sent, text } = await post(anthropicReply({ text: 'Hello there', fault }), true);
    expect(decode(sent, eventsIn(text))).toMatchObject({ complete: false, failure: undefined });
  });

  it('is overloaded before and within a response', async () => {
    const overloaded = anthropicReply({ text: 'Hello there', fault: 'overloaded' });
    const { sent, text } = await post(overloaded, true);
    const { complete, failure } = decode(sent, eventsIn(text));
    expect(complete).toBe(false);
    expect(anthropic().decodeError!(failure)).toMatchObject({ status: 529 });
    expect(await post(overloaded, false)).toMatchObject({ status: 529 });
  });

  it('cuts a whole response within its JSON, and sends errors', async () => {
    const cut = await post(anthropicReply({ text: 'Hello', fault: 'cut' }), false);
    expect(() => JSON.parse(cut.text) as unknown).toThrow(SyntaxError);
    const refused = await post(anthropicError(429, 'rate_limit_error', 'Slow down.'), false);
    expect(refused.status).toBe(429);
    expect(anthropic().decodeError!(JSON.parse(refused.text))).toMatchObject({
      type: 'rate_limit_error',
      message: 'Slow down.',
    });
  });
});
