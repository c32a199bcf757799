import { describe, expect, it } from 'vitest';
import { blockPatterns, detect, redact, type Detector } from '../../src/index.js';
import { completion, json, raw, sse } from '../../src/testing/index.js';
import { undiciTransport } from '../../src/undici/index.js';
import { cutEverywhere, inTwo, isJson, MAX_CHOICES, NAMES, oneByOne, textWith } from './cut-streams.js';
import { FIXTURES, type Fixture } from './fixtures.js';
import { CHANNELS, chunk, textIn, world } from './support.js';

const TRANSPORTS = [
  ['http-proxy', () => undefined],
  ['undici', () => undiciTransport()],
] as const;
describe.each(TRANSPORTS)('through %s', (_, transport) => {
  it.each(FIXTURES)('$type $value is redacted wherever it is cut', async ({ type, value }: Fixture) => {
    const { upstream, post } = await world({
      ...(transport() && { transport: transport()! }),
      guards: { output: [redact()] },
    });
    const text = textWith(value);
    const longest = Math.max(...NAMES.map((name) => text(name).length));
    for (let first = 0; first < longest; first += MAX_CHOICES) {
      upstream.enqueue(
        cutEverywhere(text, Math.min(MAX_CHOICES, longest - first), (whole, choice) => inTwo(whole, first + choice)),
      );
    }
    upstream.enqueue(cutEverywhere(text, 2, oneByOne));
    const expected = textWith(`⟨${type}⟩`);
    const rounds = Math.ceil(longest / MAX_CHOICES) + 1;
    for (let round = 0; round < rounds; round++) {
      const { chunks, isDone, raw } = await post({ stream: true, n: 2 });
      expect(isDone).toBe(true);
      expect(raw).not.toContain(JSON.stringify(value).slice(1, -1));
      const choices = new Set(chunks.flatMap((one) => (one.choices ?? []).map(({ index }) => index!)));
      for (const choice of choices) {
        for (const name of NAMES) expect(textIn(chunks, choice, name), `${name} of ${choice}`).toBe(expected(name));
      }
    }
  });

  it.each(FIXTURES)('$type $value is blocked wherever it is cut, in every channel', async ({ type, value }) => {
    const own = detectorOf(type);
    const { upstream, post } = await world({
      ...(transport() && { transport: transport()! }),
      guards: { output: [blockPatterns({ detect: [own] })] },
    });
    const secret = JSON.stringify(value).slice(1, -1);
    for (const name of NAMES) {
      const text = isJson(name) ? JSON.stringify(value) : value;
      const cuts = [1, 2, Math.floor(text.length / 2), text.length - 1].map((at) => [
        text.slice(0, at),
        text.slice(at),
      ]);
      for (const pieces of [[text], oneByOne(text), ...cuts]) {
        upstream.enqueue(
          sse([...pieces.map((piece) => chunk(CHANNELS[name]!(piece))), chunk({}, 0, 'stop'), '[DONE]']),
        );
        const { status, error, headers, raw, isDone } = await post({ stream: true });
        // The quote in front of a JSON string may have been released before the value came.
        if (!isJson(name)) expect([status, headers['x-should-retry']], name).toEqual([400, 'false']);
        expect(error?.code, name).toBe('content_blocked');
        expect(error!.param).toMatch(/^choices\[0\]\.message\./);
        expect(isDone).toBe(false);
        expect(raw).not.toContain(secret.slice(0, 8));
      }
    }
  });
});

function detectorOf(type: string): Detector {
  const all = { email: detect.email, iban: detect.iban, card: detect.card, jwt: detect.jwt };
  if (type === 'private-key') return detect.privateKey();
  return type === 'api-key' ? detect.apiKey() : all[type as keyof typeof all]();
}

describe('a whole response', () => {
  const message = (value: string) => ({
    role: 'assistant',
    content: `To ${value}`,
    refusal: value,
    reasoning: `r ${value}`,
    annotations: [{ type: 'url_citation', url_citation: { title: value, url: `mailto:${value}` } }],
    tool_calls: [
      { id: 'call_1', type: 'function', function: { name: 'send', arguments: JSON.stringify({ to: value }) } },
    ],
  });
  const body = (value: string) => ({
    object: 'chat.completion',
    choices: [0, 1].map((index) => ({
      index,
      message: message(value),
      logprobs: { content: [{ token: value, logprob: -1, bytes: null }] },
      finish_reason: 'stop',
    })),
  });

  it.each(FIXTURES.filter(({ type }) => type === 'email'))('$value is redacted in every member', async ({ value }) => {
    const { upstream, post } = await world({ guards: { output: [redact()] } });
    upstream.enqueue(json(body(value)));
    const { completion: received, raw: bytes } = await post({ n: 2 });
    expect(received.choices.map((choice) => choice.message)).toEqual(
      body('⟨email⟩').choices.map((choice) => ({ ...choice.message })),
    );
    expect(received.choices.map(({ logprobs }) => logprobs)).toEqual([null, null]);
    expect(bytes).not.toContain(value);
  });

  it('keeps its bytes where nothing is found', async () => {
    const { upstream, post } = await world({ guards: { output: [redact()] } });
    const text =
      '{ "choices": [ {"index":0,"message":{"content":"Hi"},"finish_reason":"stop","n":12345678901234567890} ] }';
    upstream.enqueue(raw200(text));
    expect((await post()).body).toBe(text);
  });

  it('is blocked with the path of the text', async () => {
    const { upstream, post } = await world({ guards: { output: [blockPatterns({ patterns: [/forbidden/] })] } });
    upstream.enqueue(completion('That is forbidden.'));
    const { status, error, headers } = await post();
    expect([status, error?.code, error?.param]).toEqual([400, 'content_blocked', 'choices[0].message.content']);
    expect(headers['x-should-retry']).toBe('false');
  });
});

describe('what a stream carries beside its text', () => {
  it('log probabilities and copies of the message are dropped', async () => {
    const { upstream, post } = await world({ guards: { output: [redact()] } });
    const first = chunk({ content: 'Hi, a@example.com' });
    Object.assign(first.choices![0]!, {
      logprobs: { content: [{ token: 'a@example.com', logprob: 0 }] },
      message: { content: 'a@example.com' },
    });
    upstream.enqueue(sse([first, chunk({}, 0, 'stop'), '[DONE]']));
    const { raw, completion: received } = await post({ stream: true });
    expect(raw).not.toContain('example');
    expect(received.choices[0]!.message!.content).toBe('Hi, ⟨email⟩');
  });

  it('usage comes after the finish reason that waited', async () => {
    const { upstream, post } = await world({ guards: { output: [redact()] } });
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    upstream.enqueue(
      sse([chunk({ content: 'word' }), chunk({}, 0, 'stop'), { ...chunk({}), choices: [], usage }, '[DONE]']),
    );
    const { chunks } = await post({ stream: true, stream_options: { include_usage: true } });
    expect(chunks.map(({ choices }) => choices![0]?.finish_reason)).toEqual([null, 'stop', undefined]);
    expect(chunks.at(-1)!.usage).toEqual(usage);
  });

  it('text that comes behind a finish reason still belongs to the value before it', async () => {
    const { upstream, post } = await world({ guards: { output: [redact()] } });
    upstream.enqueue(
      sse([chunk({ content: 'a@exa' }), chunk({}, 0, 'stop'), chunk({ content: 'mple.com' }, 0, 'stop'), '[DONE]']),
    );
    const { raw, completion: received } = await post({ stream: true });
    expect(raw).not.toContain('exa');
    expect(received.choices[0]!.message!.content).toBe('⟨email⟩');
  });

  it('chunks in which nothing is found keep their bytes', async () => {
    const { upstream, post } = await world({ guards: { output: [redact()] } });
    const text = '{"id":"c", "choices":[{"index":0,"delta":{"content":"Hello, "}}],"n":12345678901234567890}';
    upstream.enqueue(sse([text, chunk({}, 0, 'stop'), '[DONE]']));
    expect((await post({ stream: true })).body).toContain(`data: ${text}\n\n`);
  });
});

/** A whole response of exactly this text. */
function raw200(text: string) {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`;
  return raw(head + text);
}
