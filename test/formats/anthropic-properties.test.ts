import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import {
  UnsupportedRequest,
  type Exchange,
  type ExchangeContext,
  type WireFormat,
} from '../../src/contracts/wire-format.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { json } from '../validate/arbitraries.js';
import { anyRequest } from './arbitrary-requests.js';

const formats = [
  anthropic(),
  anthropic({ door: 'vertex', promptCaching: 'auto' }),
  anthropic({ door: 'bedrock', promptCaching: false }),
];
const format = fc.constantFrom(...formats);
const model = fc.record({
  upstreamModel: fc.constantFrom(
    'claude-sonnet-4-5',
    'claude-opus-5-5',
    'claude-3-haiku',
    '..',
    'a/b?c',
    'claude-opus-4-0',
  ),
  maxCompletionTokens: fc.constantFrom(undefined, 8_192),
  traits: fc.record(
    {
      thinking: fc.constantFrom('adaptive', 'manual', 'always', 'none'),
      prefill: fc.boolean(),
      midSystem: fc.boolean(),
      jsonObject: fc.constant('instruct'),
      nativeJsonSchema: fc.boolean(),
      promptCaching: fc.constantFrom(true, 'auto'),
    },
    { requiredKeys: [] },
  ),
});
const context: fc.Arbitrary<ExchangeContext> = fc.record({
  model,
  stream: fc.boolean(),
  requestId: fc.constant('r'),
  now: fc.constant(1),
});

describe('any request that is valid', () => {
  it('is sent rather often, so that the properties prove something', () => {
    const requests = fc.sample(anyRequest, { numRuns: 500, seed: 15 });
    const where: ExchangeContext = {
      model: { upstreamModel: 'claude-sonnet-4-5', maxCompletionTokens: undefined, traits: { jsonObject: 'instruct' } },
      stream: false,
      requestId: 'r',
      now: 1,
    };
    expect(
      requests.filter((request) => exchangeOrRefusal(formats[0]!, request, where) !== undefined).length,
    ).toBeGreaterThan(150);
  });

  it('returns an exchange or is refused with a param, and is never changed', () => {
    fc.assert(
      fc.property(format, anyRequest, context, (wire, request, where) => {
        const exchange = exchangeOrRefusal(wire, deepFreeze(request), deepFreeze(where));
        if (exchange === undefined) return;
        expect(exchange.path).toMatch(/^\/[\w\-.~!$&'()*+,;=:@%/]+$/);
        expect(exchange.path.split('/')).not.toContain('..');
        expect(() => JSON.stringify(exchange.body)).not.toThrow();
        expect(JSON.stringify(exchange)).toBe(JSON.stringify(exchangeOrRefusal(wire, request, where)));
      }),
      { numRuns: 800 },
    );
  });

  it('loses no text that is not reported', () => {
    fc.assert(
      fc.property(format, anyRequest, context, (wire, request, where) => {
        const exchange = exchangeOrRefusal(wire, request, where);
        if (exchange === undefined) return;
        const sent = JSON.stringify([...stringsIn(exchange.body)]);
        for (const [path, text] of textsOf(request)) {
          if (exchange.dropped.some((dropped) => path.startsWith(dropped))) continue;
          // White space at the end of the last assistant message is trimmed.
          expect(sent, path).toContain(JSON.stringify(text.trimEnd()).slice(1, -1));
        }
      }),
      { numRuns: 800 },
    );
  });

  it('has at most four cache marks, none on thinking or blank texts', () => {
    fc.assert(
      fc.property(format, anyRequest, context, (wire, request, where) => {
        const exchange = exchangeOrRefusal(wire, request, where);
        if (exchange === undefined) return;
        const marked = objectsIn(exchange.body).filter((object) => 'cache_control' in object && 'type' in object);
        expect(JSON.stringify(exchange.body).split('"cache_control":{"type"').length - 1).toBeLessThanOrEqual(4);
        for (const block of marked) expect(block['type']).not.toMatch(/thinking/);
        for (const block of objectsIn((exchange.body as { messages: unknown }).messages)) {
          if (block['type'] === 'text') expect(String(block['text']).trim()).not.toBe('');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a decoder', () => {
  const exchange = formats[0]!.exchange!(
    { messages: [{ role: 'user', content: 'Hi' }] },
    {
      model: { upstreamModel: 'claude-sonnet-4-5', maxCompletionTokens: undefined, traits: {} },
      stream: true,
      requestId: 'r',
      now: 1,
    },
  );
  const word = fc.constantFrom(
    'text',
    'tool_use',
    'thinking',
    'redacted_thinking',
    'text_delta',
    'input_json_delta',
    'thinking_delta',
    'signature_delta',
    'citations_delta',
  );
  const members = fc.dictionary(
    fc.constantFrom(
      'type',
      'index',
      'text',
      'delta',
      'content_block',
      'message',
      'usage',
      'error',
      'id',
      'name',
      'input',
      'partial_json',
      'stop_reason',
      'citation',
      '__proto__',
    ),
    fc.oneof(json, word),
    { maxKeys: 5 },
  );
  const event = fc
    .record(
      {
        type: fc.constantFrom(
          'message_start',
          'content_block_start',
          'content_block_delta',
          'content_block_stop',
          'message_delta',
          'message_stop',
          'ping',
          'error',
          'other',
        ),
        index: fc.nat({ max: 2 }),
        content_block: fc.oneof(members, json),
        delta: fc.oneof(members, json),
        message: fc.oneof(members, json),
      },
      { requiredKeys: ['type'] },
    )
    .map((value) => JSON.stringify(value));

  it('reads junk without throwing, and emits nothing after an error', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            event,
            json.map((value) => JSON.stringify(value)),
          ),
          { maxLength: 12 },
        ),
        (events) => {
          const decoder = exchange.decoder({ status: 200, headers: {} });
          const chunks = events.flatMap((data) => decoder.event({ event: undefined, data }) as readonly object[]);
          chunks.push(...decoder.end!());
          const failed = chunks.findIndex((chunk) => 'error' in chunk);
          expect(failed === -1 || failed === chunks.length - 1).toBe(true);
          expect(() => JSON.stringify(chunks)).not.toThrow();
        },
      ),
      { numRuns: 800 },
    );
  });

  it('accepts any text of an event that is no JSON, and throws nothing but SyntaxError', () => {
    fc.assert(
      fc.property(fc.string(), (data) => {
        try {
          exchange.decoder({ status: 200, headers: {} }).event({ event: undefined, data });
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });

  it('reads a whole body that is junk as an error', () => {
    fc.assert(
      fc.property(json, (body) => {
        expect(() => exchange.completion(body, { status: 200, headers: {} })).toThrow(TypeError);
        expect(() => formats[0]!.decodeError!(body)).not.toThrow();
      }),
    );
  });
});

function exchangeOrRefusal(wire: WireFormat, request: ChatRequest, where: ExchangeContext): Exchange | undefined {
  try {
    return wire.exchange!(request, where);
  } catch (error) {
    if (!(error instanceof UnsupportedRequest)) throw error;
    expect(error.param).toMatch(/^[a-z_]+[\w.[\]]*$/);
    expect(error.message).not.toBe('');
    return undefined;
  }
}

/** Everything in the messages that a model is to read, with its path. */
function* textsOf({ messages }: ChatRequest): Iterable<readonly [path: string, text: string]> {
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const { content } = message;
    const parts = typeof content === 'string' ? [content] : (content ?? []).map((part) => part['text']);
    for (const text of parts) if (typeof text === 'string' && text.trim() !== '') yield [`${at}.content`, text];
    const refusal = message['refusal'];
    if (typeof refusal === 'string' && refusal.trim() !== '') yield [`${at}.refusal`, refusal];
  }
}

function* stringsIn(value: unknown): Iterable<string> {
  if (typeof value === 'string') yield value;
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) yield* stringsIn(inner);
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
}
