import { describe, expect, test } from 'vitest';
import type { ChatRequest, Usage } from '../../src/chat/types.js';
import { createRegistry } from '../../src/route/registry.js';
import { Conversation, StickyMemory } from '../../src/route/sticky.js';
import { FakeClock } from '../support/fake-clock.js';

const { table } = createRegistry({
  providers: {
    p: { baseUrl: 'https://p.example', models: ['m', 'n'] },
    q: { baseUrl: 'https://q.example', models: ['m'] },
  },
});
const [pm, pn, qm] = table.endpoints as [
  (typeof table.endpoints)[0],
  (typeof table.endpoints)[0],
  (typeof table.endpoints)[0],
];

const CACHED: Usage = { prompt_tokens_details: { cached_tokens: 1 } };
const WRITTEN: Usage = { prompt_tokens_details: { cache_write_tokens: 1 } };
const FRESH: Usage = { prompt_tokens_details: { cached_tokens: 0 } };
const MINUTE = 60_000;

function setUp(capacity?: number) {
  const clock = new FakeClock();
  const memory = new StickyMemory(clock, capacity);
  const conversation = (
    fields: Record<string, unknown>,
    { tenant = 't', header }: { tenant?: string; header?: string } = {},
  ) => new Conversation(memory, { messages: [], ...fields } as ChatRequest, tenant, header);
  return { clock, memory, conversation };
}

const messages = (...texts: string[]) =>
  texts.map((content, index) => ({ role: index === 0 ? 'system' : 'user', content }));

describe('a conversation', () => {
  test.each([
    ['its session id', { session_id: 's' }, { session_id: 's', messages: messages('other', 'text') }],
    ['its prompt cache key', { prompt_cache_key: 'k' }, { prompt_cache_key: 'k', messages: messages('other', 'text') }],
    [
      'its instructions and first message',
      { messages: messages('be kind', 'hi') },
      { messages: [...messages('be kind', 'hi'), { role: 'assistant', content: 'hello' }] },
    ],
    [
      'texts in parts',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
      { messages: messages('', 'hi').slice(1) },
    ],
  ])('is known by %s', (_, before, later) => {
    const { conversation } = setUp();
    conversation(before).served(pm, CACHED);
    expect(conversation(later).slugFor('m')).toBe('p');
  });

  test.each([
    ['another session id', { session_id: 's' }, { session_id: 't' }],
    ['another first message', { messages: messages('be kind', 'hi') }, { messages: messages('be kind', 'ho') }],
    ['other instructions', { messages: messages('be kind', 'hi') }, { messages: messages('be brief', 'hi') }],
    ['the same text in other places', { messages: messages('ab', 'c') }, { messages: messages('a', 'bc') }],
    ['a session id over a cache key', { prompt_cache_key: 's' }, { session_id: 's' }],
  ])('is distinguished by %s', (_, before, later) => {
    const { conversation } = setUp();
    conversation(before).served(pm, CACHED);
    expect(conversation(later).slugFor('m')).toBeUndefined();
  });

  test('uses the session id of the header if the body has none', () => {
    const { conversation } = setUp();
    conversation({}, { header: 's' }).served(pm, undefined);
    expect(conversation({ session_id: 's' }).slugFor('m')).toBe('p');
    expect(conversation({ session_id: 'other' }, { header: 's' }).slugFor('m')).toBeUndefined();
  });

  test('does not take a session id of more than 256 characters', () => {
    const { conversation } = setUp();
    conversation({ session_id: 'x'.repeat(257) }).served(pm, undefined);
    expect(conversation({ session_id: 'x'.repeat(257) }).slugFor('m')).toBeUndefined();
  });

  test('belongs to its tenant', () => {
    const { conversation } = setUp();
    conversation({ session_id: 's' }, { tenant: 'a' }).served(pm, undefined);
    expect(conversation({ session_id: 's' }, { tenant: 'b' }).slugFor('m')).toBeUndefined();
    expect(conversation({ session_id: 's\0a' }, { tenant: '' }).slugFor('m')).toBeUndefined();
  });

  test('is stored for each model', () => {
    const { conversation } = setUp();
    conversation({ session_id: 's' }).served(pn, undefined);
    conversation({ session_id: 's' }).served(qm, undefined);
    expect(conversation({ session_id: 's' }).slugFor('n')).toBe('p');
    expect(conversation({ session_id: 's' }).slugFor('m')).toBe('q');
  });

  test.each([{}, { messages: null }, { messages: [null, 7] }, { session_id: 7 }])('%j has no effect', (fields) => {
    const { conversation } = setUp();
    conversation(fields).served(pm, CACHED);
    expect(conversation(fields).slugFor('m')).toBe('p');
  });
});

describe('memory', () => {
  test.each([
    ['with a session id, at the first success', { session_id: 's' }, undefined, 'p'],
    ['without one, when a cache was read', { messages: messages('a', 'b') }, CACHED, 'p'],
    ['without one, when a cache was written', { messages: messages('a', 'b') }, WRITTEN, 'p'],
    ['without one, not before', { messages: messages('a', 'b') }, FRESH, undefined],
    ['without one, not without usage', { messages: messages('a', 'b') }, undefined, undefined],
    ['with a cache key, when a cache was read', { prompt_cache_key: 'k' }, FRESH, undefined],
  ])('begins %s', (_, fields, usage, expected) => {
    const { conversation } = setUp();
    conversation(fields).served(pm, usage);
    expect(conversation(fields).slugFor('m')).toBe(expected);
  });

  test('ends after ten idle minutes', () => {
    const { clock, conversation } = setUp();
    conversation({ session_id: 's' }).served(pm, undefined);
    clock.advance(10 * MINUTE - 1);
    expect(conversation({ session_id: 's' }).slugFor('m')).toBe('p');
    clock.advance(1);
    expect(conversation({ session_id: 's' }).slugFor('m')).toBeUndefined();
  });

  test('begins anew with each success, cached or not', () => {
    const { clock, conversation } = setUp();
    conversation({ prompt_cache_key: 'k' }).served(pm, CACHED);
    clock.advance(9 * MINUTE);
    conversation({ prompt_cache_key: 'k' }).served(pm, FRESH);
    clock.advance(9 * MINUTE);
    expect(conversation({ prompt_cache_key: 'k' }).slugFor('m')).toBe('p');
  });

  test('moves with the conversation', () => {
    const { conversation } = setUp();
    conversation({ session_id: 's' }).served(pm, undefined);
    conversation({ session_id: 's' }).served(qm, undefined);
    expect(conversation({ session_id: 's' }).slugFor('m')).toBe('q');
  });

  test.each([
    [
      'an hour',
      {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        ],
      },
      59,
    ],
    ['an hour', { cache_control: { ttl: '1h' } }, 59],
    ['a day', { prompt_cache_retention: '24h' }, 23 * 60],
  ])('lasts as long as the prompt cache that is requested: %s', (_, fields, minutes) => {
    const { clock, conversation } = setUp();
    conversation({ session_id: 's', ...fields }).served(pm, undefined);
    clock.advance(minutes * MINUTE);
    expect(conversation({ session_id: 's' }).slugFor('m')).toBe('p');
    clock.advance(60 * MINUTE);
    expect(conversation({ session_id: 's' }).slugFor('m')).toBeUndefined();
  });

  test('is bounded: the longest unused conversation goes', () => {
    const { memory, conversation } = setUp(2);
    for (const session_id of ['a', 'b', 'a', 'c']) conversation({ session_id }).served(pm, undefined);
    expect(memory.size).toBe(2);
    expect(['a', 'b', 'c'].map((session_id) => conversation({ session_id }).slugFor('m'))).toEqual([
      'p',
      undefined,
      'p',
    ]);
  });
});
