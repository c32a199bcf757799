import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContentCapture, GatewayOptions, TelemetryOptions } from '../../src/index.js';
import { chat, error, hang, stream } from '../../src/testing/index.js';
import { ContentAttributes } from '../../src/observe/content.js';
import type { RequestContext } from '../../src/request/context.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { recordedTracer } from './spans.js';

const PROMPT = 'text-of-the-prompt';
const RESPONSE = 'text-of-the-response';
const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: PROMPT },
];
const NAMES = ['gen_ai.system_instructions', 'gen_ai.input.messages', 'gen_ai.output.messages'];

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

async function capturing(
  telemetry: Omit<TelemetryOptions, 'tracer'>,
  script: Parameters<typeof upstreamFor>[0] = chat(RESPONSE),
  options: Partial<GatewayOptions> = {},
) {
  const recorded = recordedTracer();
  const upstream = await upstreamFor(script);
  const set = await gatewayOver([upstream], { ...options, telemetry: { ...telemetry, tracer: recorded.tracer } });
  return { ...recorded, ...set, upstream };
}

function textOf(attributes: object): string {
  return JSON.stringify(attributes);
}

describe('telemetry.content', () => {
  it.each<[string, Omit<TelemetryOptions, 'tracer'>]>([
    ['by default', {}],
    ['with "none"', { content: () => 'none' }],
  ])('captures nothing %s', async (_, telemetry) => {
    const { post, spans } = await capturing(telemetry, stream(RESPONSE));
    await (await post({ messages, stream: true })).text();
    for (const { attributes } of await spans(2)) {
      expect(textOf(attributes)).not.toContain('text-of');
      for (const name of [...NAMES, 'nordlys.content']) expect(attributes).not.toHaveProperty([name]);
    }
  });

  it.each([
    ['a whole response', {}],
    ['a stream', { stream: true }],
  ])('"full" captures prompt and response of %s, on the request’s span only', async (_, form) => {
    const { post, spans } = await capturing(
      { content: () => 'full' },
      'stream' in form ? stream(RESPONSE) : chat(RESPONSE),
    );
    await (await post({ messages, ...form })).text();
    const [call, request] = await spans(2);
    const [instructions, input, output] = NAMES.map((name) => JSON.parse(String(request!.attributes[name])) as unknown);
    expect(instructions).toEqual([{ type: 'text', content: 'Be brief.' }]);
    expect(input).toEqual([{ role: 'user', parts: [{ type: 'text', content: PROMPT }] }]);
    expect(output).toEqual([
      { role: 'assistant', finish_reason: 'stop', parts: [{ type: 'text', content: RESPONSE }] },
    ]);
    expect(request!.attributes['nordlys.content']).toBe('full');
    expect(request!.attributes).not.toHaveProperty(['nordlys.content.truncated']);
    expect(textOf(call!.attributes)).not.toContain('text-of');
  });

  it('is called once per request, with the caller and the request', async () => {
    const seen: unknown[] = [];
    const { post, requestSpan } = await capturing({
      content: ({ caller, request, requestId, req }) => {
        seen.push([typeof caller?.id, request.model, requestId, req.method]);
        return 'full';
      },
    });
    await post({ messages }, { headers: { 'x-request-id': 'request-1' } });
    await requestSpan();
    expect(seen).toEqual([['string', 'm', 'request-1', 'POST']]);
  });

  it('decides per caller', async () => {
    const { post, spans } = await capturing(
      { content: ({ caller }) => (caller?.['consent'] === true ? 'full' : 'none') },
      chat(RESPONSE),
      {
        keys: undefined,
        verifyKey: (key: string) => ({ id: key, consent: key === 'yes' }),
      } as unknown as Partial<GatewayOptions>,
    );
    await (await post({ messages }, { headers: { authorization: 'Bearer no' } })).text();
    await (await post({ messages }, { headers: { authorization: 'Bearer yes' } })).text();
    const all = await spans(4);
    expect(all.filter(({ kind }) => kind === 0).map(({ attributes }) => textOf(attributes).includes(PROMPT))).toEqual([
      false,
      true,
    ]);
  });

  it('captures cache hits, however often the same body comes', async () => {
    const { post, spans } = await capturing({ content: () => 'full' }, chat(RESPONSE), { cache: {} });
    for (let time = 0; time < 3; time++) await (await post({ messages })).text();
    const requests = (await spans(4)).filter(({ kind }) => kind === 0);
    expect(requests.map(({ attributes }) => attributes['nordlys.cache'])).toEqual(['MISS', 'HIT', 'HIT']);
    for (const { attributes } of requests) {
      expect(attributes['gen_ai.input.messages']).toContain(PROMPT);
      expect(attributes['gen_ai.output.messages']).toContain(RESPONSE);
    }
  });
});

describe('requests that share an upstream call', () => {
  it('are captured each by its own decision', async () => {
    const { post, spans } = await capturing(
      { content: ({ req }) => (req.headers['x-consent'] === 'yes' ? 'full' : 'none') },
      stream(RESPONSE),
      { cache: { coalesce: true } },
    );
    const say = async (consent: string) =>
      (await post({ messages, stream: true }, { headers: { 'x-consent': consent } })).text();
    await Promise.all([say('no'), say('yes')]);
    const requests = (await spans(3)).filter(({ kind }) => kind === 0);
    const captured = requests.filter(({ attributes }) => textOf(attributes).includes('text-of'));
    expect(captured).toHaveLength(1);
    expect(captured[0]!.attributes['gen_ai.output.messages']).toContain(RESPONSE);
  });
});

describe('failures obey it', () => {
  const scripts: [string, Parameters<typeof upstreamFor>[0]][] = [
    ['an upstream error', error(400, { error: { message: PROMPT, type: 'a', code: 'b', param: null } })],
    ['an overloaded upstream', error(503)],
    ['a stream that breaks off', stream(`${RESPONSE} and more`, { afterEvents: 3, end: 'reset' })],
  ];
  for (const [name, script] of scripts) {
    it.each<ContentCapture>(['none', 'full'])(`${name}, "%s"`, async (capture) => {
      const { post, spans, requestSpan } = await capturing({ content: () => capture }, script);
      await (await post({ messages, stream: true })).text();
      const { attributes } = await requestSpan();
      expect(attributes).toHaveProperty(['error.type']);
      const all = (await spans(Number(attributes['nordlys.attempts']) + 1)).map((span) => textOf(span.attributes));
      expect(all.some((text) => text.includes('text-of'))).toBe(capture === 'full');
      if (capture === 'full') expect(attributes['gen_ai.input.messages']).toContain(PROMPT);
    });
  }

  it.each<ContentCapture>(['none', 'full'])('a client that disconnected, "%s"', async (capture) => {
    const { post, requestSpan, upstream } = await capturing({ content: () => capture }, hang());
    const controller = new AbortController();
    const pending = post({ messages }, { signal: controller.signal }).catch(() => undefined);
    await upstream.nextRequest();
    controller.abort();
    await pending;
    const { attributes } = await requestSpan();
    expect(attributes['error.type']).toBe('client_closed_request');
    expect(textOf(attributes).includes(PROMPT)).toBe(capture === 'full');
  });

  it('an invalid request is not captured, and content is not called', async () => {
    let calls = 0;
    const { post, requestSpan } = await capturing({ content: () => (calls++, 'full') });
    await post({ messages: PROMPT });
    expect(textOf((await requestSpan()).attributes)).not.toContain('text-of');
    expect(calls).toBe(0);
  });

  const faulty: [string, TelemetryOptions['content'], TelemetryOptions['redact']][] = [
    [
      'content throws',
      () => {
        throw new Error('no decision');
      },
      undefined,
    ],
    ['content returns another word', (() => 'all') as unknown as TelemetryOptions['content'], undefined],
    ['content returns a promise', (async () => 'full') as unknown as TelemetryOptions['content'], undefined],
    ['there is no redactor', () => 'redacted', undefined],
    [
      'the redactor throws',
      () => 'redacted',
      () => {
        throw new Error('no redaction');
      },
    ],
    ['the redactor returns nothing', () => 'redacted', (() => undefined) as unknown as TelemetryOptions['redact']],
  ];
  it.each(faulty)('nothing is captured when %s, and the host gets the error', async (_, content, redact) => {
    const reported: unknown[] = [];
    const hooks = { onHookError: (thrown: unknown) => reported.push(thrown) };
    const { post, spans } = await capturing({ content, redact }, stream(RESPONSE), { hooks });
    const response = await post({ messages, stream: true });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('[DONE]');
    const all = await spans(2);
    expect(textOf(all.map(({ attributes }) => attributes))).not.toContain('text-of');
    expect(all.find(({ kind }) => kind === 0)!.attributes).toMatchObject({ 'http.response.status_code': 200 });
    expect(reported).toHaveLength(1);
  });
});

describe('"redacted"', () => {
  const redact = (text: string) => text.replaceAll(/\S+@\S+\.\w+/g, '[e-mail]');

  it('redacts every text of prompt and response, values over many chunks included', async () => {
    const { post, requestSpan } = await capturing(
      { content: () => 'redacted', redact },
      stream('write to jane@example.org today'),
    );
    await (
      await post({
        stream: true,
        messages: [
          { role: 'system', content: 'You are a@example.org' },
          { role: 'user', content: [{ type: 'text', text: 'I am b@example.org' }] },
          {
            role: 'assistant',
            tool_calls: [
              { id: 'c', type: 'function', function: { name: 'mail', arguments: '{"to":"x@example.org "}' } },
            ],
          },
          { role: 'tool', tool_call_id: 'c', content: 'sent to d@example.org' },
        ],
      })
    ).text();
    const { attributes } = await requestSpan();
    const text = textOf(attributes);
    expect(text).not.toContain('example.org');
    expect(text.match(/\[e-mail\]/g)).toHaveLength(5);
    expect(attributes['nordlys.content']).toBe('redacted');
  });

  it('a value at the cut of the text is not exported in part', () => {
    const secret = 'jane.roe.with.a.long.name@example.org';
    const removed = new ContentAttributes({
      content: () => 'redacted',
      maxBytes: 400,
      redact: (text) => text.replaceAll(/\S+@\S+\.\w+/g, ''),
    });
    for (let offset = 0; offset <= secret.length; offset++) {
      // What is redacted takes less room than before, so that the place of the cut comes into the part that is kept.
      const content = ` ${'x'.repeat(offset)} ${`${secret} `.repeat(200)}`;
      const request = { messages: [{ role: 'user', content }] };
      const attributes = removed.of({ requestId: 'r', request } as RequestContext, undefined);
      expect(textOf(attributes)).not.toMatch(/jane|roe|example/);
      expect(attributes['nordlys.content.truncated']).toBe(true);
    }
  });

  it('the end of an incomplete response is not captured, as a value may end anywhere', async () => {
    const script = stream('one two three jane@exam ple.org', { afterEvents: 5, end: 'reset' });
    const { post, requestSpan } = await capturing({ content: () => 'redacted', redact }, script);
    await (await post({ messages, stream: true })).text();
    const { attributes } = await requestSpan();
    expect(attributes['error.type']).toBe('upstream_truncated');
    expect(textOf(attributes)).not.toContain('jane');
  });
});

describe('contentMaxBytes', () => {
  it('bounds each attribute, and marks what was cut', async () => {
    const { post, requestSpan } = await capturing(
      { content: () => 'full', contentMaxBytes: 200 },
      stream('много слов '.repeat(100)),
    );
    const long = '"quoted"\n'.repeat(1_000);
    const body = [
      { role: 'system', content: long },
      { role: 'user', content: long },
      { role: 'user', content: 'last' },
    ];
    await (await post({ messages: body, stream: true })).text();
    const { attributes } = await requestSpan();
    for (const name of NAMES) {
      const json = String(attributes[name]);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(200);
      expect(Buffer.byteLength(json)).toBeGreaterThan(150);
      expect(() => void JSON.parse(json)).not.toThrow();
    }
    expect(JSON.parse(String(attributes['gen_ai.input.messages']))).toMatchObject([
      { role: 'user' },
      { role: 'user', parts: [{ content: 'last' }] },
    ]);
    expect(attributes['nordlys.content.truncated']).toBe(true);
  });

  it('is 32,768 by default', async () => {
    const { post, requestSpan } = await capturing({ content: () => 'full' }, chat('x'.repeat(100_000)));
    await (await post({ messages })).text();
    const { attributes } = await requestSpan();
    const bytes = Buffer.byteLength(String(attributes['gen_ai.output.messages']));
    expect(bytes).toBeLessThanOrEqual(32_768);
    expect(bytes).toBeGreaterThan(32_700);
    expect(attributes['nordlys.content.truncated']).toBe(true);
  });
});
