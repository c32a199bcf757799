import { createParser } from 'eventsource-parser';
import OpenAI, { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { keepAliveOnly, faults, reset, sse, stall, stream } from '../../src/testing/index.js';
import { contentOf, readSse } from '../support/read-sse.js';
import { alone, expectHonestEnd, faultyAndSpare, SPARE, textOf, type Pair } from './fixtures.js';

const words = Array.from({ length: 18 }, (_, index) => `word${index} `);

describe('F07 reset mid-stream', () => {
  it.each(Array.from({ length: 21 }, (_, events) => events))('after %i events', async (events) => {
    const { post } = await faultyAndSpare(stream(words, { afterEvents: events, end: 'reset' }));
    const response = await post({ stream: true });
    // The head and the role carry no content: until then the spare can still respond. The 20th event is the finish reason.
    if (events <= 1) expect(await textOf(response)).toBe(SPARE);
    else if (events >= 20) expect(await textOf(response)).toBe(words.join(''));
    else {
      const { said, code } = await expectHonestEnd(response);
      expect(said).toBe(words.slice(0, events - 1).join(''));
      expect(code).toBe('upstream_truncated');
    }
  });
});

describe('F09 silence in the middle', () => {
  it('nothing more comes', async () => {
    const { post, faulty } = await alone(stall('one two three', { after: 2, ms: 60_000 }));
    expect((await expectHonestEnd(await post({ stream: true }))).code).toBe('upstream_timeout');
    expect((await faulty.closed(faulty.ledger[0]!)).closedBy).toBe('client');
  });

  it('only comments come', async () => {
    const { post } = await alone(keepAliveOnly({ after: 2, everyMs: 20 }), { timeouts: { idleMs: 150 } });
    expect((await expectHonestEnd(await post({ stream: true }))).code).toBe('upstream_timeout');
  });

  it.each([true, false])('before any content, only comments are sent (stream: %s)', async (streamed) => {
    const { post } = await faultyAndSpare(streamed ? keepAliveOnly({ after: 1, everyMs: 20 }) : commentsForJson());
    expect(await textOf(await post({ stream: streamed }))).toBe(SPARE);
  });

  it('a pause within the limits has no effect', async () => {
    const { post } = await alone(stall('one two three', { after: 2, ms: 200 }));
    expect(await textOf(await post({ stream: true }))).toBe('one two three');
  });

  function commentsForJson() {
    const comments = (function* () {
      for (;;) {
        yield 20;
        yield Buffer.from(': still here\n\n');
      }
    })();
    return sse(comments);
  }
});

describe('F19 half a response is never taken for a whole one', () => {
  const cuts = [
    ['reset', () => reset({ after: 4 })],
    ['an error event', () => faults.errorMidStream.script],
    ['a broken event', () => faults.brokenEvent.script],
    ['a clean end without a finish reason', () => faults.noFinish.script],
    ['silence', () => stall('one two three', { after: 2, ms: 60_000 })],
  ] as const;

  it.each(cuts)('by openai-node (%s)', async (_how, script) => {
    const { baseUrl } = await alone(script());
    const client = new OpenAI({ baseURL: baseUrl, apiKey: 'demo-key', maxRetries: 0 });
    const read = async (): Promise<void> => {
      const messages = [{ role: 'user' as const, content: 'hi' }];
      for await (const chunk of await client.chat.completions.create({ model: 'm', messages, stream: true }))
        void chunk;
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
  });

  it.each(cuts)('by fetch (%s)', async (_how, script) => {
    await expectHonestEnd(await (await alone(script())).post({ stream: true }));
  });

  it.each(cuts)('by eventsource-parser (%s)', async (_how, script) => {
    const events = await parsedEvents(await alone(script()));
    expect(events.filter(({ data }) => data === '[DONE]')).toEqual([]);
    expect(JSON.parse(events.at(-1)!.data)).toHaveProperty('error.code');
  });

  async function parsedEvents({ post }: Pair): Promise<{ data: string }[]> {
    const events: { data: string }[] = [];
    const parser = createParser({ onEvent: (event) => void events.push(event) });
    const response = await post({ stream: true });
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) parser.feed(text);
    return events;
  }

  it('and is sent as one chunk, whatever the client has read before', async () => {
    const { post } = await alone(reset({ after: 4 }));
    const payloads = await readSse(await post({ stream: true }));
    expect(contentOf(payloads.slice(0, -1))).not.toBe('');
    expect(Object.keys(JSON.parse(payloads.at(-1)!) as object)).toEqual(['error']);
  });
});
