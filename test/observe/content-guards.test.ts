import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blockPatterns,
  detect,
  redact,
  type GuardOptions,
  type OutputGuard,
  type TelemetryOptions,
} from '../../src/index.js';
import { textRedactor } from '../../src/guard/redact-text.js';
import { chat, sse, stream } from '../../src/testing/index.js';
import { FIXTURES } from '../guard/fixtures.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { recordedTracer } from './spans.js';

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

const ADDRESS = 'jane.roe@example.org';
const userMessage = (content: string) => [{ role: 'user', content }];

async function capturing(
  guards: GuardOptions | undefined,
  script: Parameters<typeof upstreamFor>[0],
  telemetry: Partial<TelemetryOptions> = {},
) {
  const recorded = recordedTracer();
  const reported: unknown[] = [];
  const set = await gatewayOver([await upstreamFor(script)], {
    guards,
    hooks: { onHookError: (thrown) => void reported.push(thrown) },
    telemetry: { content: () => 'redacted', ...telemetry, tracer: recorded.tracer },
  });
  const spanText = async () => JSON.stringify((await recorded.requestSpan()).attributes);
  return { ...set, ...recorded, reported, spanText };
}

describe('"redacted" without telemetry.redact', () => {
  it.each<[string, GuardOptions]>([
    ['input', { input: [redact({ surfaces: ['system'] })] }],
    ['output', { output: [redact({ channels: ['reasoning'] })] }],
  ])('removes from prompt and response what the redact() in guards.%s looks for', async (_, guards) => {
    const { post, requestSpan } = await capturing(guards, stream(`write to ${ADDRESS} today`));
    await (await post({ messages: userMessage(`I am ${ADDRESS}.`), stream: true })).text();
    const { attributes } = await requestSpan();
    expect(attributes['nordlys.content']).toBe('redacted');
    expect(attributes['gen_ai.input.messages']).toContain('I am ⟨email⟩.');
    expect(attributes['gen_ai.output.messages']).toContain('write to ⟨email⟩ today');
    expect(JSON.stringify(attributes)).not.toContain('example.org');
  });

  it('exports no value that was put back for the client', async () => {
    const { post, spanText } = await capturing(
      { input: [redact({ restore: true })] },
      // The upstream repeats what it was sent.
      ({ json }) => chat((json as { messages: { content: string }[] }).messages[0]!.content),
    );
    const response = await post({ messages: userMessage(`I am ${ADDRESS}`) });
    expect(await response.text()).toContain(ADDRESS);
    expect(await spanText()).not.toContain('example.org');
  });

  it('removes values from tool arguments, however JSON has escaped them', async () => {
    const calls = (args: string) => [
      { index: 0, id: 'c', type: 'function', function: { name: 'mail', arguments: args } },
    ];
    const delta = (tool_calls: object) => ({ choices: [{ index: 0, delta: { tool_calls } }] });
    const { post, spanText } = await capturing(
      { output: [redact({ channels: ['text'] })] },
      sse([
        delta(calls('{"to":"jane\\u002eroe\\u0040exam')),
        delta([{ index: 0, function: { arguments: 'ple.org"}' } }]),
        { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
        '[DONE]',
      ]),
    );
    await (await post({ messages: userMessage('Hi'), stream: true })).text();
    const text = await spanText();
    expect(text).toContain('⟨email⟩');
    expect(text).not.toMatch(/jane|exam/);
  });

  it('removes values from a prompt that was blocked because of them', async () => {
    const { post, spanText } = await capturing(
      { input: [blockPatterns({ detect: [detect.email()] })], output: [redact({ detect: [detect.card()] })] },
      chat('Hi'),
    );
    expect((await post({ messages: userMessage(`I am ${ADDRESS}`) })).status).toBe(400);
    expect(await spanText()).toMatch(/I am ⟨email⟩/);
  });

  it('telemetry.redact replaces it', async () => {
    const { post, spanText } = await capturing({ output: [redact()] }, chat('Hi'), {
      redact: (text) => text.replace('secret', '[hidden]'),
    });
    await (await post({ messages: userMessage(`secret ${ADDRESS}`) })).text();
    expect(await spanText()).toContain(`[hidden] ${ADDRESS}`);
  });

  const passing: OutputGuard = { name: 'own', onError: 'open', check: () => 'pass' };
  it.each<[string, GuardOptions | undefined]>([
    ['no guards', undefined],
    ['guards of the host only', { output: [passing] }],
    ['blockPatterns() only', { output: [blockPatterns({ patterns: [/forbidden/] })] }],
  ])('captures nothing with %s, and reports what is missing', async (_, guards) => {
    const { post, spanText, reported } = await capturing(guards, chat('text of the response'));
    expect((await post({ messages: userMessage('words of the prompt') })).status).toBe(200);
    expect(await spanText()).not.toContain('text of');
    expect(String(reported[0])).toContain('needs telemetry.redact or a guard made by redact()');
    expect(reported).toHaveLength(1);
  });
});

describe('a text that was cut', () => {
  const redactText = textRedactor({ output: [redact()] })!;

  it.each(FIXTURES)('shows nothing of $type $value, wherever the cut is', ({ type, value }) => {
    const text = `Before ${value}`;
    for (let end = 'Before '.length; end < text.length; end++) {
      const shown = redactText(text.slice(0, end), true);
      // A value may end before the fixture does: an address at example.co is one.
      expect([`Before `, `Before ⟨${type}⟩`]).toContain(shown);
    }
  });
});
