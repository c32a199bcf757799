import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/index.js';
import { chat, sse, type ScriptSource, type StreamEvent, type StreamEnding } from '../../src/testing/index.js';
import { expectHonestEnd, textOf } from '../faults/fixtures.js';
import { FakeClock } from '../support/fake-clock.js';
import { contentOf, readSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

/** Short enough for a test, long enough for a busy machine. */
const SHORT = { connectMs: 400, headersMs: 400, firstChunkMs: 400, idleMs: 400 };

const say = (content: unknown, finish_reason: string | null = null, more: object = {}): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason }],
  ...more,
});
const usage = { id: 'c', usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }, choices: [] };
const comment = Buffer.from(': still here\n\n');

async function requestTo(script: ScriptSource, options: Partial<GatewayOptions> = {}) {
  const set = await gatewayOver([await upstreamFor(script)], { timeouts: SHORT, maxAttempts: 1, ...options });
  return { ...set, response: await set.post({ stream: true }) };
}

describe('a finish reason is not the end', () => {
  const first = say('First half, ', 'stop');
  const second = say('second half.', 'stop');

  it.each<[string, StreamEvent[], StreamEnding]>([
    ['in every chunk, then [DONE]', [first, second, '[DONE]'], 'hang'],
    ['in every chunk, then the upstream’s own end', [first, second], 'clean'],
    ['in the only chunk, then the upstream’s own end', [say('First half, second half.', 'stop')], 'clean'],
    ['beside the last text, then a reset', [say('First half, '), second], 'reset'],
    ['after the last text, then nothing', [say('First half, second half.'), say('', 'stop')], 'hang'],
    ['then usage, then silence', [say('First half, second half.'), say('', 'stop'), usage], 'hang'],
  ])('%s: whole', async (_where, events, end) => {
    const { response } = await requestTo(sse(events, { end }));
    expect(await textOf(response)).toBe('First half, second half.');
  });

  it.each<[string, StreamEvent[], StreamEnding]>([
    ['in every chunk, then silence', [first, second], 'hang'],
    ['in every chunk, then a reset', [first, second], 'reset'],
    ['in the first chunk, then a reset', [first], 'reset'],
    ['in the first chunk, then silence', [first], 'hang'],
    ['before more text, then the upstream’s own end', [say('a'), say('', 'stop'), say('b')], 'clean'],
    [
      'before more reasoning, then silence',
      [say('a'), say('', 'stop'), { choices: [{ index: 0, delta: { reasoning: 'b' } }] }],
      'hang',
    ],
    ['before more text and another one, then a reset', [say('a'), say('', 'stop'), say('b'), say('', 'stop')], 'reset'],
    ['before an empty delta like those with text, and text', [say('a'), say('', 'stop'), say(''), say('b')], 'clean'],
  ])('%s: ends with an error, and is not stored', async (_where, events, end) => {
    const set = await requestTo(sse(events, { end }), { cache: { maxEntries: 9 } });
    await expectHonestEnd(set.response);
    set.upstreams[0]!.always(chat('whole'));
    const again = await set.post({ stream: true });
    expect(again.headers.get('x-nordlys-cache')).toBe('MISS');
    await again.text();
  });

  it.each([true, false])('that was replaced is passed on but not stored (stream: %s)', async (stream) => {
    const { post } = await requestTo(sse([first, second, '[DONE]']), { cache: { maxEntries: 9 } });
    for (let sent = 0; sent < 2; sent++) {
      const response = await post({ stream, user: 'other' });
      expect(response.headers.get('x-nordlys-cache')).toBe('MISS');
      expect(await textOf(response)).toBe('First half, second half.');
    }
  });

  it('the tail lasts as long as content arrives, and not as long as comments arrive', async () => {
    const clock = new FakeClock();
    const late = [say('a'), say('', 'stop'), 20_000, usage, 20_000, '[DONE]'];
    const script = sse(late as StreamEvent[], { end: 'hang' });
    const upstream = await upstreamFor({ script, clock });
    const { post } = await gatewayOver([upstream], { clock });
    const whole = post({ stream: true, stream_options: { include_usage: true } }).then(readSse);
    expect(JSON.parse((await passing(clock, whole)).at(-2)!)).toMatchObject({ usage: { total_tokens: 3 } });

    const comments = Array.from({ length: 30 }, () => [comment, 9_000]).flat();
    upstream.always(sse([say('a'), say('', 'stop'), ...comments, say('never read')], { end: 'hang' }));
    const before = clock.now();
    expect(await passing(clock, post({ stream: true }).then(textOf))).toBe('a');
    expect(clock.now() - before).toBeLessThan(50_000);
  });
});

/** Lets time pass until `work` is done. */
async function passing<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let done = false;
  const ended = work.finally(() => (done = true));
  // Failing is the test's to see, not the process's.
  ended.catch(() => {});
  while (!done) {
    await clock.advanceAsync(500);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return ended;
}

describe('errors without an envelope', () => {
  const bodies: readonly object[] = [
    { object: 'error', message: 'boom', code: 50001 },
    { code: 500, msg: 'boom', success: false },
    { detail: 'boom' },
    { error_code: 17, error_msg: 'boom' },
    { base_resp: { status_code: 1002, status_msg: 'boom' } },
    { choices: null, base_resp: { status_code: 1002, status_msg: 'boom' } },
    [{ error: { code: 503, message: 'boom', status: 'UNAVAILABLE' } }],
  ];
  const named = Buffer.from('event: error\ndata: Internal Server Error\n\n');

  it.each<[string, object | Buffer]>([
    ...bodies.map((body): [string, object] => [JSON.stringify(body), body]),
    ['an event of that name that is no JSON', named],
  ])('%s ends a stream that has begun', async (_text, body) => {
    const { response } = await requestTo(sse([say('Half '), body, say('more', 'stop'), '[DONE]']));
    expect((await expectHonestEnd(response)).said).toBe('Half ');
  });

  it.each<[string, object | Buffer]>([
    ...bodies.map((body): [string, object] => [JSON.stringify(body), body]),
    ['an event of that name that is no JSON', named],
  ])('%s before the first word causes a fallback', async (_text, body) => {
    const upstreams = [await upstreamFor(sse([say(''), body, '[DONE]'])), await upstreamFor(chat('spare'))];
    const { post } = await gatewayOver(upstreams, { timeouts: SHORT });
    expect(await textOf(await post({ stream: true }))).toBe('spare');
  });
});

describe('objects without choices', () => {
  it.each<[string, StreamEvent]>([
    ['Azure’s filter results', { prompt_filter_results: [{ prompt_index: 0 }] }],
    ['a ping', { type: 'ping' }],
    ['a named ping that is no JSON', Buffer.from('event: ping\ndata: pong\n\n')],
    ['a named ping with an object', Buffer.from('event: ping\ndata: {"message":"pong"}\n\n')],
    ['a report of progress', { status: 'processing', message: 'You are number 3' }],
    ['usage', { usage: { total_tokens: 3 } }],
    ['nothing at all', {}],
  ])('%s: dropped at every position', async (_what, event) => {
    const { response } = await requestTo(sse([event, say('Hel'), event, say('lo'), say('', 'stop'), event, '[DONE]']));
    const payloads = await readSse(response);
    expect(payloads).toHaveLength(4);
    expect(contentOf(payloads)).toBe('Hello');
  });

  it.each<[string, object]>([
    ['citations', { citations: ['https://x'] }],
    ['a chunk with null for choices', { object: 'chat.completion.chunk', choices: null, x_groq: { id: 'r' } }],
  ])('%s: passed on with an empty list', async (_what, event) => {
    const { response } = await requestTo(sse([say('a'), event, say('', 'stop')]));
    expect(JSON.parse((await readSse(response))[1]!)).toEqual({ ...event, choices: [] });
  });

  it('usage reaches clients that requested it, with an empty list', async () => {
    const { post } = await requestTo(sse([say('a'), say('', 'stop'), { usage: usage.usage }]));
    const payloads = await readSse(await post({ stream: true, stream_options: { include_usage: true } }));
    expect(JSON.parse(payloads.at(-2)!)).toEqual({ usage: usage.usage, choices: [] });
  });
});

describe('what comes before the first word', () => {
  it('hundreds of empty deltas are sent as one', async () => {
    const empty = {
      choices: [{ index: 0, delta: { role: 'assistant', content: '', tool_calls: [] }, finish_reason: null }],
    };
    const numbered = Array.from({ length: 3_000 }, (_, at) => ({ ...empty, created: at }));
    const { response } = await requestTo(sse([...numbered, say('a'), say('', 'stop')]));
    expect(await readSse(response)).toHaveLength(4);
  });

  it('empty deltas of several choices are sent once each', async () => {
    const empty = (index: number): object => ({ choices: [{ index, delta: { content: '' }, finish_reason: null }] });
    const { response } = await requestTo(
      sse([empty(0), empty(1), empty(0), empty(1), say('a'), say('', 'stop'), '[DONE]']),
    );
    expect(await readSse(response)).toHaveLength(5);
  });

  it('search results may be long, and all of them arrive', async () => {
    const search_results = Array.from({ length: 300 }, (_, at) => ({
      url: `https://x/${at}`,
      text: 's'.repeat(1_000),
    }));
    const { response } = await requestTo(sse([say('', null, { search_results }), say('a'), say('', 'stop')]));
    const [opening] = await readSse(response);
    expect(JSON.parse(opening!)).toMatchObject({ search_results });
  });
});

describe('timeouts', () => {
  const every = (ms: number, times: number, event: StreamEvent): StreamEvent[] =>
    Array.from({ length: times }, () => [ms, event]).flat();

  it.each<[string, StreamEvent]>([
    ['comments', comment],
    ['role chunks', say('')],
    ['pings', { type: 'ping' }],
  ])('%s for nine minutes: the first word is waited for', async (_what, sign) => {
    const clock = new FakeClock();
    const script = sse([...every(45_000, 12, sign), say('at last'), say('', 'stop')]);
    const upstream = await upstreamFor({ script, clock });
    const { post } = await gatewayOver([upstream], { clock });
    expect(await passing(clock, post({ stream: true }).then(textOf))).toBe('at last');
    expect(upstream.ledger).toHaveLength(1);
  });

  it.each<[string, object, number, number]>([
    ['signs of life for ever', {}, 590_000, 660_000],
    ['signs of life beyond the operator’s headersMs', { headersMs: 120_000 }, 115_000, 180_000],
  ])('%s: another provider is called in the end', async (_what, timeouts, earliest, latest) => {
    const clock = new FakeClock();
    const slow = await upstreamFor({ script: sse([...every(45_000, 40, comment)], { end: 'hang' }), clock });
    const { post } = await gatewayOver([slow, await upstreamFor(chat('spare'))], { clock, timeouts });
    const before = clock.now();
    expect(await passing(clock, post({ stream: true }).then(textOf))).toBe('spare');
    expect(clock.now() - before).toBeGreaterThan(earliest);
    expect(clock.now() - before).toBeLessThan(latest);
  });

  it('without a sign of life a minute is enough', async () => {
    const clock = new FakeClock();
    const slow = await upstreamFor({ script: sse([100_000, say('late')]), clock });
    const { post } = await gatewayOver([slow, await upstreamFor(chat('spare'))], { clock });
    expect(await passing(clock, post({ stream: true }).then(textOf))).toBe('spare');
  });

  it.each<[string, object]>([
    ['by default', {}],
    ['with totalMs', { totalMs: 60_000 }],
  ])('a stream that flows for half an hour is not cut %s', async (_how, timeouts) => {
    const clock = new FakeClock();
    const script = sse([say('a'), ...every(45_000, 40, say('a')), say('', 'stop')]);
    const { post } = await gatewayOver([await upstreamFor({ script, clock })], { clock, timeouts });
    expect(await passing(clock, post({ stream: true }).then(textOf))).toBe('a'.repeat(41));
  });

  it('a caller’s own timeout aborts it', async () => {
    const clock = new FakeClock();
    const script = sse([say('a'), ...every(20_000, 40, say('a')), say('', 'stop')]);
    const { post } = await gatewayOver([await upstreamFor({ script, clock })], { clock });
    const provider_configs = { p0: { endpoint_overrides: { chat_completions: { timeout: 90_000 } } } };
    const ended = post({ stream: true, provider_configs }).then(expectHonestEnd);
    expect((await passing(clock, ended)).said).toBe('a'.repeat(5));
  });
});
