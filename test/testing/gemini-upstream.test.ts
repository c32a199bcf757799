import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { EventReader, type SseEvent } from '../../src/sse/event-reader.js';
import { fakeUpstream, type ScriptSource } from '../../src/testing/index.js';
import { geminiError, geminiReply } from '../../src/testing/gemini-upstream.js';
import { asRequest, HEAD, readStream } from '../formats/gemini-cases.js';

const format = gemini();

/** Sends a request through the format to an upstream with this script. */
async function post(script: ScriptSource, stream: boolean, request: JsonObject = {}) {
  await using upstream = await fakeUpstream({ script });
  const chatRequest = asRequest({ messages: [{ role: 'user', content: 'Hi' }], ...request });
  const model = { upstreamModel: 'gemini-2.5-flash', maxCompletionTokens: undefined, traits: {} };
  const exchange = format.exchange!(chatRequest, { model, stream, requestId: 'req-1', now: 1 });
  const response = await fetch(upstream.origin + exchange.path, {
    method: 'POST',
    body: JSON.stringify(exchange.body),
  });
  const text = await response.text().catch(() => '');
  return { exchange, status: response.status, type: response.headers.get('content-type'), text };
}

function eventsOf(text: string): SseEvent[] {
  const events: SseEvent[] = [];
  const reader = new EventReader({ maxEventLength: 1e6, onEvent: (event) => events.push(event), onOverflow: () => {} });
  reader.feed(Buffer.from(text));
  reader.end();
  return events;
}

async function askForStream(script: ScriptSource, request?: JsonObject) {
  const { exchange, text } = await post(script, true, request);
  const events = eventsOf(text).map(({ data }) => ({ data: JSON.parse(data) as unknown }));
  return readStream(exchange.decoder(HEAD), [...events, { eof: true }]);
}

const SCRIPT = geminiReply({
  text: 'Hello to you.',
  thinking: { text: 'A greeting.', signature: 'SIG' },
  toolCalls: [{ name: 'wave', arguments: { hands: 2 } }],
});

describe('a fake Gemini', () => {
  it('has the same content whole and as a stream', async () => {
    const whole = await post(SCRIPT, false);
    const completion = whole.exchange.completion(JSON.parse(whole.text), HEAD);
    expect(completion).toMatchObject({
      id: 'gemini-0',
      model: 'gemini-2.5-flash',
      choices: [
        {
          message: {
            content: 'Hello to you.',
            reasoning: 'A greeting.',
            tool_calls: [
              {
                function: { name: 'wave', arguments: '{"hands":2}' },
                extra_content: { google: { thought_signature: 'SIG' } },
              },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { completion_tokens: 6, completion_tokens_details: { reasoning_tokens: 2 } },
    });
    const streamed = await askForStream(SCRIPT);
    expect(streamed.complete).toBe(true);
    expect(streamed.chunks.length).toBeGreaterThan(6);
    expect(streamed.completion).toEqual(completion);
  });

  it('sends a list to a stream without alt=sse', async () => {
    await using upstream = await fakeUpstream({ script: SCRIPT });
    const { exchange } = await post(SCRIPT, true);
    const path = exchange.path.replace('?alt=sse', '');
    const response = await fetch(upstream.origin + path, { method: 'POST', body: '{}' });
    const list: unknown = await response.json();
    expect(list).toHaveLength(5);
    expect(exchange.completion(list, HEAD).choices[0]?.message?.content).toBe('Hello to you.');
  });

  it.each(['noFinishReason', 'cut', 'overloaded'] as const)(
    'never completes a stream with the fault %s',
    async (fault) => {
      const read = await askForStream(geminiReply({ text: 'Half of it', fault }));
      expect(read.complete).toBe(false);
      expect(read.completion.choices[0]?.message?.content).toMatch(/^Half of/);
      if (fault === 'overloaded') expect(read.error).toMatchObject({ code: 'UNAVAILABLE', kind: 'overloaded' });
    },
  );

  it('cuts a stream off with its connection', async () => {
    expect((await askForStream(geminiReply({ text: 'Half of it' }, { afterEvents: 2, end: 'fin' }))).complete).toBe(
      false,
    );
  });

  it('spoils whole responses', async () => {
    expect((await post(geminiReply({ text: 'Half', fault: 'overloaded' }), false)).status).toBe(503);
    const cut = await post(geminiReply({ text: 'Half', fault: 'cut' }), false);
    expect(() => JSON.parse(cut.text) as unknown).toThrow(SyntaxError);
  });

  it('signs a text where there is no call', async () => {
    const read = await askForStream(geminiReply({ text: 'Hello to you.', thinking: { text: 'Hm', signature: 'S' } }));
    expect(read.completion.choices[0]?.message).toMatchObject({ reasoning_details: [{ data: 'S' }] });
  });

  it('blocks prompts and filters responses', async () => {
    const blocked = await askForStream(geminiReply({ blockReason: 'SAFETY' }));
    expect(blocked.error).toMatchObject({ code: 'content_filter', status: 400 });
    const filtered = await askForStream(geminiReply({ finishReason: 'SAFETY', usage: 'never' }));
    expect(filtered.completion).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] });
    expect(filtered.completion.usage).toBeUndefined();
  });

  it.each([
    [503, 'overloaded'],
    [429, 'rate_limited'],
    [400, 'rejected'],
    [500, 'server_error'],
  ])('fails with %i', async (status, kind) => {
    const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' };
    const failed = await post(geminiError(status, 'Wait.', [retry]), false);
    expect(failed.status).toBe(status);
    const head = { status, headers: {} };
    expect(format.decodeError!(JSON.parse(failed.text), head)).toMatchObject({
      message: 'Wait.',
      kind,
      retryAfterMs: 2_000,
    });
    expect(format.decodeError!(JSON.parse((await post(geminiError(status), true)).text))).toMatchObject({ status });
  });
});
