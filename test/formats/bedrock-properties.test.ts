import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { UnsupportedRequest, type Exchange } from '../../src/contracts/wire-format.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { validRequest, json } from '../validate/arbitraries.js';
import { exchangeFor, readStream, OK } from './bedrock-cases.js';

const format = bedrock({ guardrail: { identifier: 'g', version: '1' } });

const traits = fc.record(
  {
    family: fc.constantFrom('claude', 'nova', 'mistral', 'other'),
    thinking: fc.constantFrom('adaptive', 'manual', 'always', 'none'),
    promptCaching: fc.constantFrom(true, 'auto', false),
    nativeJsonSchema: fc.boolean(),
    jsonObject: fc.constant('instruct'),
    tools: fc.boolean(),
    forcedTools: fc.boolean(),
    prefill: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** What the published arbitrary does not have and this format has to read. */
const extras = fc.record(
  {
    reasoning_effort: fc.constantFrom('none', 'low', 'high', 'later'),
    reasoning: fc.oneof(
      json,
      fc.record({ effort: fc.constant('low'), max_tokens: fc.integer() }, { requiredKeys: [] }),
    ),
    service_tier: fc.constantFrom('auto', 'flex', 'scale'),
    top_k: fc.nat(),
    parallel_tool_calls: fc.boolean(),
    tool_choice: fc.constantFrom('auto', 'none', 'required'),
    functions: fc.constant([{ name: 'old' }]),
    cache_control: fc.constant({ type: 'ephemeral' }),
    response_format: fc.record({
      type: fc.constant('json_schema'),
      json_schema: fc.record({ name: fc.string(), schema: fc.dictionary(fc.string(), json) }),
    }),
  },
  { requiredKeys: [] },
);

function texts(request: { messages: ChatRequest['messages'] }): { path: string; text: string }[] {
  return request.messages.flatMap(({ content }, index) => {
    const path = `messages[${index}].content`;
    if (typeof content === 'string') return [{ path, text: content }];
    return ((content ?? []) as { text?: string }[]).flatMap(({ text }) => (text === undefined ? [] : [{ path, text }]));
  });
}

function attempt(run: () => Exchange): Exchange | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof UnsupportedRequest)) throw error;
    expect(error.param).toMatch(/^[a-z_]+/);
    expect(error.message).not.toBe('');
    return undefined;
  }
}

/** The same without what is refused most often: orphaned results, files, several choices. */
function friendly({ n: _n, ...base }: Record<string, unknown>): Record<string, unknown> {
  const messages = (base['messages'] as Record<string, unknown>[]).filter(
    ({ role, content }) => role !== 'tool' && (typeof content === 'string' || role !== 'user'),
  );
  const user = { role: 'user', content: 'Hello' };
  return { ...base, messages: [user, ...messages, user] };
}

describe('any valid request', () => {
  it('is sent with all of its content, or refused with its param', () => {
    let sent = 0;
    fc.assert(
      fc.property(validRequest, extras, traits, fc.boolean(), (base, more, model, stream) => {
        const request = stream ? { ...base, ...more } : friendly(base);
        const input = { request, model: { upstreamModel: 'm', maxCompletionTokens: 9_000, traits: model }, stream };
        const exchange = attempt(() => exchangeFor(format, input));
        if (exchange === undefined) return;
        sent += 1;
        expect(exchangeFor(format, input)).toMatchObject({ body: exchange.body, dropped: exchange.dropped });
        const body = JSON.stringify(exchange.body);
        for (const { path, text } of texts(request as { messages: ChatRequest['messages'] })) {
          if (text.trim() === '' || exchange.dropped.includes(path)) continue;
          const whole = JSON.stringify(text).slice(1, -1);
          // A prefill loses the white space at its end.
          expect(body.includes(whole) || body.includes(JSON.stringify(text.trimEnd()).slice(1, -1)), path).toBe(true);
        }
        for (const path of exchange.dropped) expect(path).toMatch(/^[a-z_]+(\[\d+\])?/);
      }),
      { numRuns: 1_500 },
    );
    expect(sent).toBeGreaterThan(150);
  });

  it('never leads its path beyond the segment of the model', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (upstreamModel, stream) => {
        const exchange = attempt(() => exchangeFor(format, { model: { upstreamModel, traits: {} }, stream }));
        if (exchange === undefined) return;
        const { pathname } = new URL(`https://host${exchange.path}`);
        expect(pathname).toBe(exchange.path);
        expect(pathname.split('/')).toHaveLength(4);
      }),
    );
    expect(attempt(() => exchangeFor(format, { model: { upstreamModel: '..', traits: {} } }))).toBeUndefined();
  });
});

describe('junk', () => {
  const exchange = exchangeFor(format, { model: { upstreamModel: 'm', traits: {} }, stream: true });
  const eventName = fc.constantFrom(
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'metadata',
    'x',
  );
  const part = fc.oneof(
    json,
    fc.record({ delta: json, contentBlockIndex: fc.oneof(json, fc.nat({ max: 2 })) }),
    fc.record({ start: fc.record({ toolUse: json }), contentBlockIndex: fc.nat({ max: 2 }) }),
    fc.record({
      delta: fc.record({ text: json, toolUse: json, reasoningContent: json, image: json }, { requiredKeys: [] }),
    }),
    fc.record({ usage: json, serviceTier: json }),
  );

  it('in a stream never ends it as complete', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(eventName, part), { maxLength: 8 }), (list) => {
        // What is no object throws, which ends the attempt.
        const events = list
          .filter(([, data]) => typeof data === 'object' && data !== null && !Array.isArray(data))
          .map(([event, data]) => ({ event, data: JSON.stringify(data) }));
        const read = readStream(exchange, events, format);
        expect(read.complete).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('is no completion and no error', () => {
    for (const value of [
      undefined,
      null,
      42,
      true,
      '',
      'text',
      [],
      [null],
      {},
      { error: null },
      { error: 7 },
      { output: {} },
    ]) {
      expect(() => exchange.completion(value, OK)).toThrow();
      expect(format.decodeError!(value), JSON.stringify(value)).toBeUndefined();
    }
    fc.assert(fc.property(json, (value) => void format.decodeError!(value, { status: 400, headers: {} })));
  });
});
