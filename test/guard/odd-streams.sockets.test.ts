import { describe, expect, it } from 'vitest';
import { redact } from '../../src/index.js';
import { sse } from '../../src/testing/index.js';
import { undiciTransport } from '../../src/undici/index.js';
import type { ChatChunk, ChunkDelta } from '../../src/chat/types.js';
import { isJson, NAMES } from './cut-streams.js';
import { CHANNELS, chunk, textIn, world } from './support.js';

const TRANSPORTS = [
  ['http-proxy', () => undefined],
  ['undici', () => undiciTransport()],
] as const;
const ADDRESS = 'zoe@example.com';
/** As some encoders write it: all of it escaped. */
const ESCAPED = [...ADDRESS].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const CHOICES = 3;

/** Both halves in every choice and channel: first all first halves, then `between`, then all second halves. */
function halves(at: number, between: (channel: string) => ChunkDelta | undefined, text = ADDRESS) {
  const each = (delta: (channel: string) => ChunkDelta | undefined) =>
    Array.from({ length: CHOICES }, (_, choice) =>
      NAMES.flatMap((channel) => {
        const made = delta(channel);
        return made === undefined ? [] : [chunk(made, choice)];
      }),
    ).flat();
  const quote = (channel: string) => (isJson(channel) ? '"' : '');
  return [
    ...each((channel) => CHANNELS[channel]!(quote(channel) + text.slice(0, at))),
    ...each(between),
    ...each((channel) => CHANNELS[channel]!(text.slice(at) + quote(channel))),
  ];
}

const ends = Array.from({ length: CHOICES }, (_, choice) => chunk({}, choice, 'stop'));

describe.each(TRANSPORTS)('through %s nothing of a value passes', (_, transport) => {
  const redacting = () => world({ ...(transport() && { transport: transport()! }), guards: { output: [redact()] } });

  it.each<[string, (channel: string) => ChunkDelta | undefined]>([
    ['an empty text', (channel) => CHANNELS[channel]!('')],
    ['an empty delta', () => ({})],
    ['null', () => ({ content: null, tool_calls: null }) as unknown as ChunkDelta],
    ['a role', () => ({ role: 'assistant' })],
    ['text of a channel of its own', () => ({ some_other: 'text' })],
  ])('with %s between its halves', async (_name, between) => {
    const { upstream, post } = await redacting();
    for (let at = 1; at < ADDRESS.length; at++) {
      upstream.enqueue(sse([...halves(at, between), ...ends, '[DONE]']));
      const { chunks, raw, isDone } = await post({ stream: true, n: CHOICES });
      expect(isDone).toBe(true);
      expect(raw).not.toMatch(/zoe|example/);
      for (const channel of NAMES) {
        const expected = isJson(channel) ? '"⟨email⟩"' : '⟨email⟩';
        for (let choice = 0; choice < CHOICES; choice++) expect(textIn(chunks, choice, channel)).toBe(expected);
      }
    }
  });

  it('that JSON has escaped, wherever an escape is cut', async () => {
    const { upstream, post } = await redacting();
    for (let at = 1; at < ESCAPED.length; at++) {
      upstream.enqueue(sse([...halves(at, () => undefined, ESCAPED), ...ends, '[DONE]']));
      const { chunks } = await post({ stream: true, n: CHOICES });
      for (const channel of NAMES.filter(isJson)) {
        for (let choice = 0; choice < CHOICES; choice++) expect(textIn(chunks, choice, channel)).toBe('"⟨email⟩"');
      }
    }
  });

  it.each<[string, readonly (ChatChunk | '[DONE]')[]]>([
    ['with [DONE] but no finish reason', ['[DONE]']],
    ['with nothing behind it', []],
    ['with the finish reason of one choice only', [chunk({}, 1, 'stop'), '[DONE]']],
  ])('that ends a stream %s', async (_name, end) => {
    const { upstream, post } = await redacting();
    for (let at = 1; at <= ADDRESS.length; at++) {
      upstream.enqueue(sse([...halves(at, () => undefined), ...end]));
      const { raw } = await post({ stream: true, n: CHOICES });
      expect(raw).not.toMatch(/zoe|example/);
    }
  });

  it('beside characters of two units that are cut', async () => {
    const { upstream, post } = await redacting();
    const text = `😀${ADDRESS}😀${ADDRESS} 𝕏`;
    for (let at = 1; at < text.length; at++) {
      upstream.enqueue(
        sse([chunk({ content: text.slice(0, at) }), chunk({ content: text.slice(at) }), ...ends, '[DONE]']),
      );
      const { chunks } = await post({ stream: true });
      expect(textIn(chunks, 0, 'content')).toBe('😀⟨email⟩😀⟨email⟩ 𝕏');
    }
  });

  it('that tokens of log probabilities spell out', async () => {
    const { upstream, post } = await redacting();
    for (const list of ['content', 'refusal']) {
      const pieces = ADDRESS.match(/.{1,4}/g)!.map((token) => {
        const made = chunk({ content: token });
        const top = [{ token, logprob: -1, bytes: [...Buffer.from(token)] }];
        Object.assign(made.choices![0]!, { logprobs: { [list]: [{ ...top[0], top_logprobs: top }] } });
        return made;
      });
      upstream.enqueue(sse([...pieces, ...ends, '[DONE]']));
      const { raw, chunks } = await post({ stream: true, logprobs: true, top_logprobs: 1 });
      expect(textIn(chunks, 0, 'content')).toBe('⟨email⟩');
      expect(raw).not.toMatch(/zoe|exam|"token"|bytes/);
    }
  });
});
