import { describe, expect, it } from 'vitest';
import { assembleCompletion } from '../../src/chat/assemble.js';
import { ChunkNormaliser } from '../../src/chat/normalise-chunk.js';
import type { ChatChunk } from '../../src/chat/types.js';

type Piece = Record<string, unknown>;

/** The chunks of one stream, normalised. */
function normalised(...choices: Piece[]): ChatChunk[] {
  const normaliser = new ChunkNormaliser();
  return choices.map((choice) => {
    const chunk = { choices: [structuredClone(choice)] } as ChatChunk;
    expect(normaliser.normalise(chunk)).not.toBe('invalid');
    return chunk;
  });
}

const call = (index: unknown, id: string | undefined, name: string | undefined, args: unknown = ''): Piece => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  type: 'function',
  function: { ...(name === undefined ? {} : { name }), arguments: args },
});
const calling = (...calls: Piece[]): Piece => ({ index: 0, delta: { tool_calls: calls } });

/** The calls as a client puts them together: by number. */
function callsOf(...deltas: Piece[]): { id: unknown; name: string; arguments: string }[] {
  const calls: { id: unknown; name: string; arguments: string }[] = [];
  for (const { choices } of normalised(...deltas)) {
    for (const { index, id, function: called } of choices![0]!.delta!.tool_calls!) {
      expect(index).toBeTypeOf('number');
      const known = (calls[index!] ??= { id, name: '', arguments: '' });
      if (id !== undefined) known.id = id;
      known.name += called?.name ?? '';
      known.arguments += called?.arguments ?? '';
    }
  }
  return calls;
}

const OSLO = '{"city":"Oslo"}';
const BERGEN = '{"city":"Bergen"}';
const two = [
  { id: 'a', name: 'f', arguments: OSLO },
  { id: 'b', name: 'f', arguments: BERGEN },
];

const streams: readonly [string, readonly Piece[], readonly object[]][] = [
  [
    'OpenAI’s own',
    [calling(call(0, 'a', 'f')), calling(call(0, undefined, undefined, OSLO)), calling(call(1, 'b', 'f', BERGEN))],
    two,
  ],
  ['index null', [calling(call(null, 'a', 'f', OSLO)), calling(call(null, 'b', 'f', BERGEN))], two],
  ['index absent', [calling(call(undefined, 'a', 'f', OSLO)), calling(call(undefined, 'b', 'f', BERGEN))], two],
  ['index absent, in one delta', [calling(call(undefined, 'a', 'f', OSLO), call(undefined, 'b', 'f', BERGEN))], two],
  [
    'index null, in pieces',
    [
      calling(call(null, 'a', 'f')),
      calling(call(null, undefined, undefined, OSLO)),
      calling(call(null, 'b', 'f')),
      calling(call(null, undefined, undefined, BERGEN)),
    ],
    two,
  ],
  ['index as text', [calling(call('0', 'a', 'f', OSLO)), calling(call('1', 'b', 'f', BERGEN))], two],
  ['two calls at index 0', [calling(call(0, 'a', 'f', OSLO)), calling(call(0, 'b', 'f', BERGEN))], two],
  ['two calls at index 0, in one delta', [calling(call(0, 'a', 'f', OSLO), call(0, 'b', 'f', BERGEN))], two],
  [
    'two calls at index 0, in pieces',
    [
      calling(call(0, 'a', 'f')),
      calling(call(0, undefined, undefined, OSLO)),
      calling(call(0, 'b', 'f')),
      calling(call(0, undefined, undefined, BERGEN)),
    ],
    two,
  ],
  [
    'two calls at index 0, in turn',
    [
      calling(call(0, 'a', 'f')),
      calling(call(0, 'b', 'f')),
      calling(call(0, 'a', undefined, OSLO)),
      calling(call(0, 'b', undefined, BERGEN)),
    ],
    two,
  ],
  [
    'a new id with each unnamed piece',
    [
      calling(call(0, 'a', 'f')),
      calling(call(0, 'a2', undefined, '{"city":')),
      calling(call(0, 'a3', undefined, '"Oslo"}')),
    ],
    [two[0]!],
  ],
  [
    'a new id with each unnamed piece, without index',
    [calling(call(null, 'a', 'f')), calling(call(null, 'a2', undefined, OSLO))],
    [two[0]!],
  ],
  [
    'id and name with each piece',
    [calling(call(0, 'a', 'f', '{"city":')), calling(call(0, 'a', undefined, '"Oslo"}'))],
    [two[0]!],
  ],
  [
    'ids and names that are empty later',
    [calling(call(0, 'a', 'f')), calling({ ...call(0, '', '', OSLO), type: '' })],
    [two[0]!],
  ],
  ['arguments as an object', [calling(call(0, 'a', 'f', { city: 'Oslo' }))], [two[0]!]],
  [
    'the first index 1, then the same again',
    [calling(call(0, 'a', 'f', OSLO)), calling(call(0, 'b', 'f', BERGEN)), calling(call(1, 'c', 'g', '{}'))],
    [...two, { id: 'c', name: 'g', arguments: '{}' }],
  ],
];

describe('tool calls', () => {
  it.each(streams)('are numbered: %s', (_what, deltas, expected) => {
    expect(callsOf(...deltas)).toEqual(expected);
  });

  it.each(streams)('are put together: %s', (_what, deltas, expected) => {
    const chunks = deltas.map((choice) => ({ choices: [choice] }) as ChatChunk);
    expect(assembleCompletion(chunks).choices[0]!.message!['tool_calls']).toEqual(
      (expected as { id: string }[]).map(({ id, ...called }) => ({ id, type: 'function', function: called })),
    );
  });

  it('without id and index are distinguished by name, by list, and by whole arguments', () => {
    const f = (args: string, name = 'f'): Piece => call(0, undefined, name, args);
    expect(callsOf(calling(f(OSLO), f(BERGEN))).map((made) => made.arguments)).toEqual([OSLO, BERGEN]);
    expect(callsOf(calling(f(OSLO)), calling(f(BERGEN))).map((made) => made.arguments)).toEqual([OSLO, BERGEN]);
    expect(callsOf(calling(f(OSLO)), calling(f(BERGEN, 'g'))).map((made) => made.name)).toEqual(['f', 'g']);
    expect(callsOf(calling(f('{"city":')), calling(f('"Oslo"}'))).map((made) => made.arguments)).toEqual([OSLO]);
  });

  it('an empty type is dropped', () => {
    const [chunk] = normalised(calling({ ...call(0, 'a', 'f'), type: '' }));
    expect(chunk!.choices![0]!.delta!.tool_calls![0]).not.toHaveProperty('type');
  });

  it('one call without a list around it is a list of one', () => {
    expect(callsOf({ index: 0, delta: { tool_calls: call(0, 'a', 'f', OSLO) } })).toEqual([two[0]]);
  });
});

describe('choices', () => {
  it.each([
    [null, 0],
    [undefined, 0],
    ['0', 0],
    ['2', 2],
    [2, 2],
  ])('with the index %s have the number %i', (index, number) => {
    expect(normalised({ index, delta: {} })[0]!.choices![0]!.index).toBe(number);
  });

  it.each([1e9, -1, 0.5, '1000', 'x', '', true, {}, Number.NaN])('with the index %s are none', (index) => {
    const chunk = { choices: [{ index, delta: {} }] } as unknown as ChatChunk;
    expect(new ChunkNormaliser().normalise(chunk)).toBe('invalid');
    const calls = { choices: [calling({ ...call(0, 'a', 'f'), index })] } as ChatChunk;
    expect(new ChunkNormaliser().normalise(calls)).toBe('invalid');
  });

  it.each(['', false, 0])('with the finish reason %o have none', (reason) => {
    expect(normalised({ index: 0, delta: {}, finish_reason: reason })[0]!.choices![0]!.finish_reason).toBeNull();
  });

  it('have a delta', () => {
    expect(normalised({ index: 0, delta: null })[0]!.choices![0]!.delta).toEqual({});
  });

  it('with a whole message in place of deltas have its content, and beside deltas repeat it', () => {
    const message = { role: 'assistant', content: 'all' };
    expect(normalised({ index: 0, message })[0]!.choices![0]!.delta).toEqual(message);
    const [, last] = normalised({ index: 0, delta: { content: 'all' } }, { index: 0, message, finish_reason: 'stop' });
    expect(last!.choices![0]!.delta).toEqual({});
  });

  it.each([undefined, null])('are an empty list where they are %s', (choices) => {
    const chunk = { usage: { total_tokens: 1 }, choices } as ChatChunk;
    expect(new ChunkNormaliser().normalise(chunk)).toBe('changed');
    expect(chunk.choices).toEqual([]);
  });

  it.each([
    { choices: {} },
    { choices: 'x' },
    { choices: [null] },
    { choices: [{ delta: [] }] },
    { choices: [{ delta: { tool_calls: 'x' } }] },
    { choices: [{ delta: { tool_calls: [1] } }] },
  ])('like %o are none', (chunk) => {
    expect(new ChunkNormaliser().normalise(chunk as unknown as ChatChunk)).toBe('invalid');
  });

  it('in OpenAI’s form stay the very same', () => {
    const chunk = {
      choices: [{ index: 1, delta: { role: 'assistant', content: 'x', tool_calls: null }, finish_reason: null }],
    };
    const before = structuredClone(chunk);
    expect(new ChunkNormaliser().normalise(chunk)).toBe('same');
    expect(chunk).toEqual(before);
  });
});
