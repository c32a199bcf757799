import { describe, expect, it, test } from 'vitest';
import type { ChatChunk, ChatCompletion } from '../../src/chat/types.js';
import type { WireFormat } from '../../src/contracts/wire-format.js';
import { providerContract, type ProviderFixtures } from '../../src/testing/index.js';
import { failuresOf } from './contract-runner.js';

/** An invented wire format, as small as possible. */
const parrot: WireFormat = {
  name: 'parrot',
  path: '/squawk',
  headers: { 'parrot-version': '2026-01-01' },
  encodeRequest: (request) => ({ say: request.messages.map((message) => message.content) }),
  decodeCompletion(body) {
    const said = (body as { said?: unknown } | null | undefined)?.said;
    if (typeof said !== 'string') throw new TypeError('no parrot said this');
    return completionOf(said);
  },
  createChunkDecoder() {
    let count = 0;
    return ({ event, data }) => {
      if (event === 'end') return 'done';
      if (event !== 'word') return [];
      count += 1;
      return [chunkOf(count, data)];
    };
  },
  decodeError(body) {
    const error = (body as { squawk?: unknown } | null | undefined)?.squawk;
    return typeof error === 'string' ? { message: error, type: null, param: null, code: null } : undefined;
  },
};

function completionOf(text: string): ChatCompletion {
  return { choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }] };
}

function chunkOf(count: number, word: string): ChatChunk {
  return { choices: [{ index: 0, delta: { content: `${count}:${word}` }, finish_reason: null }] };
}

const fixtures: ProviderFixtures = {
  requests: [{ request: { model: 'grey', messages: [{ role: 'user', content: 'Hello' }] }, sends: { say: ['Hello'] } }],
  completions: [{ body: { said: 'Hello' }, means: completionOf('Hello') }],
  streams: [
    {
      events: [
        { event: 'word', data: 'Hel' },
        { event: 'ping', data: '' },
        { event: 'word', data: 'lo' },
        { event: 'end', data: '' },
      ],
      means: [chunkOf(1, 'Hel'), chunkOf(2, 'lo')],
      done: true,
    },
  ],
  errors: [{ body: { squawk: 'No.' }, means: { message: 'No.', type: null, param: null, code: null } }],
};

describe('a wire format keeps the contract', () => {
  providerContract(test, parrot, fixtures);
  providerContract(test, { name: 'openai-as-it-is', path: '/chat/completions' }, {});
});

describe('the contract catches a wire format', () => {
  let shared = 0;
  it.each<{ that: string; flaw: Partial<WireFormat>; caught: string }>([
    {
      that: 'sends a key',
      flaw: { headers: { authorization: 'Bearer k' } },
      caught: 'parrot adds headers, but no credentials',
    },
    { that: 'has no path to append', flaw: { path: 'squawk?x=1' }, caught: 'parrot has a path' },
    {
      that: 'writes into the request',
      flaw: {
        encodeRequest(request) {
          request.model = 'green';
          return { say: ['Hello'] };
        },
      },
      caught: 'parrot encodes a request for grey',
    },
    {
      that: 'takes anything for a response',
      flaw: { decodeCompletion: (body) => completionOf((body as { said?: string } | undefined)?.said ?? 'Hello') },
      caught: 'parrot does not take junk for a response',
    },
    {
      that: 'remembers across streams',
      flaw: {
        createChunkDecoder:
          () =>
          ({ event, data }) =>
            event === 'end' ? 'done' : event === 'word' ? [chunkOf(++shared, data)] : [],
      },
      caught: 'parrot reads a stream',
    },
    {
      that: 'ends at an event it does not know',
      flaw: { createChunkDecoder: () => () => 'done' },
      caught: 'parrot tolerates unknown events',
    },
    {
      that: 'breaks on an error that is none',
      flaw: {
        decodeError: (body) => ({ message: (body as { squawk: string }).squawk, type: null, param: null, code: null }),
      },
      caught: 'parrot does not take junk for an error',
    },
  ])('that $that', async ({ flaw, caught }) => {
    expect(await failuresOf((declare) => providerContract(declare, { ...parrot, ...flaw }, fixtures))).toContain(
      caught,
    );
  });
});
