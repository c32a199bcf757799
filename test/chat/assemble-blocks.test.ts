import { describe, expect, it } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import type { ChatChunk } from '../../src/chat/types.js';

function messageOf(...deltas: object[]): Record<string, unknown> {
  return assembleCompletion(deltas.map((delta) => ({ choices: [{ index: 0, delta }] }) as ChatChunk)).choices[0]!
    .message as Record<string, unknown>;
}

const details = (...items: object[]): object => ({ reasoning_details: items });
const blocks = (...items: object[]): object => ({ thinking_blocks: items });
const text = (words: string, index = 0): object => ({ type: 'reasoning.text', text: words, index });

describe('reasoning_details', () => {
  it('are joined by index, so that a signature has its whole text', () => {
    const message = messageOf(
      details(text('Let')),
      details(text(' me.')),
      details({ type: 'reasoning.text', signature: 'SIG', index: 0 }),
      details(text('Next.', 1)),
    );
    expect(message['reasoning_details']).toEqual([
      { type: 'reasoning.text', text: 'Let me.', signature: 'SIG', index: 0 },
      { type: 'reasoning.text', text: 'Next.', index: 1 },
    ]);
  });

  it('of different types or ids are kept apart, even at one index', () => {
    const items = [
      { type: 'reasoning.summary', summary: 'short', index: 0 },
      { type: 'reasoning.encrypted', data: 'AAAA', id: 'r1', index: 0 },
      { type: 'reasoning.encrypted', data: 'BBBB', id: 'r2', index: 0 },
    ];
    expect(messageOf(...items.map((item) => details(item)))['reasoning_details']).toEqual(items);
  });
});

describe('thinking_blocks', () => {
  it('without index continue until they are signed', () => {
    const message = messageOf(
      blocks({ type: 'thinking', thinking: 'Let' }),
      blocks({ type: 'thinking', thinking: ' me.', signature: null }),
      blocks({ type: 'thinking', thinking: '', signature: 'S1' }),
      blocks({ type: 'thinking', thinking: 'More.' }),
      blocks({ type: 'redacted_thinking', data: 'X' }),
      blocks({ type: 'redacted_thinking', data: 'Y' }),
    );
    expect(message['thinking_blocks']).toEqual([
      { type: 'thinking', thinking: 'Let me.', signature: 'S1' },
      { type: 'thinking', thinking: 'More.' },
      { type: 'redacted_thinking', data: 'X' },
      { type: 'redacted_thinking', data: 'Y' },
    ]);
  });

  it('of one delta are never joined with each other', () => {
    const two = [
      { type: 'thinking', thinking: 'a' },
      { type: 'thinking', thinking: 'b' },
    ];
    expect(messageOf(blocks(...two))['thinking_blocks']).toEqual(two);
  });
});

describe('unknown members', () => {
  it.each(['reasoning_text', 'thinking', 'thoughts', 'reasoning_summary', 'explanation'])('%s is joined', (key) => {
    expect(messageOf({ [key]: 'Let me ' }, { [key]: 'think.' })[key]).toBe('Let me think.');
  });

  it.each(['reasoning_opaque', 'signature', 'thought_signature', 'encrypted_content', 'item_id', 'name'])(
    '%s is a label, and the latest counts',
    (key) => {
      expect(messageOf({ [key]: 'one' }, { [key]: 'one' })[key]).toBe('one');
    },
  );
});

describe('id, model and created', () => {
  it('are those of the first chunk that has them', () => {
    const chunks = [
      { id: '', created: 0, model: '', choices: [] },
      { id: 'c1', created: 1, model: 'm', choices: [] },
      { id: 'c2', created: 2, model: 'n', choices: [] },
    ];
    expect(assembleCompletion(chunks)).toMatchObject({ id: 'c1', created: 1, model: 'm' });
  });
});
