import { describe, expect, it, test } from 'vitest';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../../src/chat/types.js';
import {
  UnsupportedRequest,
  type Exchange,
  type ExchangeContext,
  type WireFormat,
} from '../../src/contracts/wire-format.js';
import { providerContract, type ProviderFixtures } from '../../src/testing/index.js';
import { failuresOf } from './contract-runner.js';

/** An invented wire format, as small as possible. */
const owl: WireFormat = {
  name: 'owl',
  path: '/trees',
  exchange,
  supportedParameters: () => new Set(['temperature']),
};

function exchange(request: ChatRequest, { model, stream }: ExchangeContext): Exchange {
  if ((request.n ?? 1) > 1) throw new UnsupportedRequest('n', 'One owl hoots at a time.');
  return {
    path: `/trees/${encodeURIComponent(model.upstreamModel)}${stream ? '?hoot=1' : ''}`,
    headers: { 'owl-version': '7' },
    body: { hear: request.messages.map(({ content }) => content) },
    dropped: request.seed === undefined ? [] : ['seed'],
    completion(body) {
      const hoot = (body as { hoot?: unknown } | null | undefined)?.hoot;
      if (typeof hoot !== 'string') throw new TypeError('no owl');
      return completionOf(hoot);
    },
    decoder() {
      let hoots = 0;
      let finished = false;
      return {
        event({ event, data }) {
          if (event === 'last') finished = true;
          return event === 'hoot' ? [chunkOf(`${++hoots}:${data}`, null)] : [];
        },
        end: () => (finished ? [chunkOf('', 'stop')] : []),
      };
    },
  };
}

function completionOf(text: string): ChatCompletion {
  return { choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }] };
}

function chunkOf(content: string, reason: string | null): ChatChunk {
  return { choices: [{ index: 0, delta: { content }, finish_reason: reason }] };
}

const request: ChatRequest = { model: 'barn owl', messages: [{ role: 'user', content: 'Hi' }], seed: 1 };
const fixtures: ProviderFixtures = {
  exchanges: [
    {
      request,
      sends: {
        path: '/trees/barn%20owl',
        headers: { 'owl-version': '7' },
        body: { hear: ['Hi'] },
        dropped: ['seed'],
      },
      completions: [{ body: { hoot: 'Hoo' }, means: completionOf('Hoo') }],
      streams: [
        {
          events: [
            { event: 'hoot', data: 'a' },
            { event: 'hoot', data: 'b' },
            { event: 'last', data: '' },
          ],
          means: [chunkOf('1:a', null), chunkOf('2:b', null), chunkOf('', 'stop')],
          done: true,
        },
        { events: [{ event: 'hoot', data: 'a' }], means: [chunkOf('1:a', null)], done: false },
      ],
    },
    { request: { ...request, n: 2 }, refused: 'n' },
  ],
};

describe('a wire format that translates keeps the contract', () => {
  providerContract(test, owl, fixtures);
  providerContract(test, { ...owl, name: 'owl-anywhere', path: '' }, fixtures);
});

describe('the contract catches an exchange', () => {
  let shared = 0;
  const changed = (change: (made: Exchange, request: ChatRequest, context: ExchangeContext) => Partial<Exchange>) => ({
    exchange: (request: ChatRequest, context: ExchangeContext): Exchange => {
      const made = exchange(request, context);
      return { ...made, ...change(made, request, context) };
    },
  });

  it.each<{ that: string; flaw: Partial<WireFormat>; caught: string }>([
    {
      that: 'lets the model choose the path',
      flaw: changed((_, __, { model }) => ({ path: `/trees/${model.upstreamModel}` })),
      caught: 'owl translates a request for barn owl',
    },
    {
      that: 'has a path that does not begin as declared',
      flaw: { path: '/bushes' },
      caught: 'owl translates a request for barn owl',
    },
    {
      that: 'sends a key',
      flaw: changed(() => ({ headers: { 'x-api-key': 'k' } })),
      caught: 'owl translates a request for barn owl',
    },
    {
      that: 'writes into the request',
      flaw: changed((_, request) => {
        request.model = 'green';
        return {};
      }),
      caught: 'owl translates a request for barn owl',
    },
    {
      that: 'returns another result each time',
      flaw: changed(() => ({ body: { count: ++shared } })),
      caught: 'owl translates a request for barn owl',
    },
    {
      that: 'drops silently',
      flaw: changed(() => ({ dropped: [] })),
      caught: 'owl translates a request for barn owl',
    },
    {
      that: 'sends what it should refuse',
      flaw: { exchange: (request, context) => exchange({ ...request, n: 1 }, context) },
      caught: 'owl refuses a request for barn owl',
    },
    {
      that: 'names another member than the one it refuses',
      flaw: {
        exchange(request, context) {
          if (request.n === 2) throw new UnsupportedRequest('seed', 'No.');
          return exchange(request, context);
        },
      },
      caught: 'owl refuses a request for barn owl',
    },
    {
      that: 'takes anything for a response',
      flaw: changed(() => ({ completion: () => completionOf('Hoo') })),
      caught: 'owl does not take junk for a response',
    },
    {
      that: 'reads another response than came',
      flaw: changed(() => ({ completion: () => completionOf('Coo') })),
      caught: 'owl reads a whole response for barn owl',
    },
    {
      that: 'remembers across exchanges',
      flaw: changed(() => ({
        decoder: () => ({
          event: ({ event, data }) => (event === 'hoot' ? [chunkOf(`${++shared}:${data}`, null)] : []),
          end: () => [chunkOf('', 'stop')],
        }),
      })),
      caught: 'owl reads a stream for barn owl',
    },
    {
      that: 'calls a broken stream complete',
      flaw: changed(({ decoder }) => ({
        decoder: (head) => ({ event: (event) => decoder(head).event(event), end: () => [chunkOf('', 'stop')] }),
      })),
      caught: 'owl reads a stream for barn owl',
    },
    {
      that: 'breaks at an end that comes too soon',
      flaw: changed(({ decoder }) => ({
        decoder(head) {
          const inner = decoder(head);
          return {
            event: (event) => inner.event(event),
            end() {
              const rest = inner.end!();
              if (rest.length === 0) throw new Error('too soon');
              return rest;
            },
          };
        },
      })),
      caught: 'owl reads a stream for barn owl',
    },
    {
      that: 'ends at an event that it does not know',
      flaw: changed(() => ({ decoder: () => ({ event: () => 'done' }) })),
      caught: 'owl survives unknown events of its response',
    },
    {
      that: 'names parameters that are none',
      flaw: { supportedParameters: () => new Set(['messages[0].name']) },
      caught: 'owl names the parameters that a model supports',
    },
  ])('that $that', async ({ flaw, caught }) => {
    expect(await failuresOf((declare) => providerContract(declare, { ...owl, ...flaw }, fixtures))).toContain(caught);
  });
});
