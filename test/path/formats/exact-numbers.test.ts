import { describe, expect, it } from 'vitest';
import { detect, redact, type GatewayOptions } from '../../../src/index.js';
import { AWS_EVENT_STREAM_HEADERS, awsFrame, json, sse, type Script } from '../../../src/testing/index.js';
import { readResponse } from '../../support/client-view.js';
import { gatewayOfWires, NATIVE, WIRES } from './wires.js';

/** More digits than a double keeps, as identifiers of databases have. */
const INPUT = '{"id":12345678901234567890,"list":[9007199254740993,0.5],"factor":1234567890.12345678}';
const TOOLS = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];

const claudeMessage = (input: string): string =>
  `{"type":"message","id":"m","role":"assistant","model":"c","stop_reason":"tool_use","usage":{"input_tokens":12,` +
  `"output_tokens":3},"content":[{"type":"tool_use","id":"t1","name":"f","input":${input}}]}`;
const claudeEvents = (input: string): string[] => [
  '{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":12}}}',
  `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"f","input":${input}}}`,
  '{"type":"content_block_stop","index":0}',
  '{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":3}}',
  '{"type":"message_stop"}',
];
const google = (input: string): string =>
  `{"candidates":[{"index":0,"finishReason":"STOP","content":{"parts":[{"functionCall":{"id":"t1","name":"f","args":` +
  `${input}}}]}}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":3,"totalTokenCount":15}}`;
const converse = (input: string): string =>
  `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":${input}}}]}},` +
  `"stopReason":"tool_use","usage":{"inputTokens":12,"outputTokens":3,"totalTokens":15}}`;

const inFrames = (events: readonly string[]): Script =>
  sse(
    events.map((event) => awsFrame({ event: 'chunk', data: { bytes: Buffer.from(event).toString('base64') } })),
    { headers: AWS_EVENT_STREAM_HEADERS },
  );

/** Responses that give the input of a call as an object, whole and in a stream. */
const RESPONSES: Readonly<Record<string, { readonly whole: Script; readonly streamed?: Script }>> = {
  anthropic: { whole: json(claudeMessage(INPUT)), streamed: sse(claudeEvents(INPUT)) },
  'anthropic-bedrock': { whole: json(claudeMessage(INPUT)), streamed: inFrames(claudeEvents(INPUT)) },
  gemini: { whole: json(google(INPUT)), streamed: sse([google(INPUT)]) },
  // Its stream gives the input as text.
  bedrock: { whole: json(converse(INPUT)) },
};

describe.each(NATIVE.filter(({ name }) => name in RESPONSES))('$name', (wire) => {
  const { whole, streamed } = RESPONSES[wire.name]!;
  const call = { id: 't1', type: 'function', function: { name: 'f', arguments: INPUT } };

  it.each<readonly [what: string, script: Script, stream: boolean]>([
    ['a whole response', whole, false],
    ['a whole response where a stream was requested', whole, true],
    ...(streamed === undefined
      ? []
      : [
          ['a stream', streamed, true] as [string, Script, boolean],
          ['a stream where a whole response was requested', streamed, false] as [string, Script, boolean],
        ]),
  ])('keeps the digits of a tool input: %s', async (_what, script, stream) => {
    const { post, upstream } = await gatewayOfWires([wire]);
    upstream.enqueue(script);
    const body = await (
      await post({ stream, tools: TOOLS, stream_options: stream ? { include_usage: true } : null })
    ).text();
    expect(body).toContain(JSON.stringify(INPUT).slice(1, -1));
    expect(body).toContain('"completion_tokens":3');
  });

  it('sends the digits of earlier arguments back', async () => {
    const { post, upstream } = await gatewayOfWires([wire]);
    upstream.enqueue(wire.say({ text: 'Done.' }));
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 't1', content: 'ok' },
    ];
    expect(await readResponse(await post({ messages, tools: TOOLS }), false)).toMatchObject({ status: 200 });
    expect(upstream.ledger[0]!.text).toContain(INPUT);
  });

  it.each([
    ['as the client sent it', '', '"maximum": 9223372036854775807 '],
    ['and in a request that is written anew', '"max_tokens":-1,', '"maximum": 9223372036854775807 '],
  ])('sends the digits of a schema %s', async (_how, member, bound) => {
    const { post, upstream } = await gatewayOfWires([wire]);
    upstream.enqueue(wire.say({ text: 'Done.' }));
    const parameters = `{"type":"object","properties":{"id":{"type":"integer",${bound}}}}`;
    const tools = `[{"type":"function","function":{"name":"f","parameters":${parameters}}}]`;
    const body = `{"model":"m",${member}"messages":[{"role":"user","content":"hi"}],"tools":${tools},"temperature":0.30000000000000004}`;
    expect((await post({}, { body })).status).toBe(200);
    expect(upstream.ledger[0]!.text).toContain('"maximum":9223372036854775807}');
    expect(upstream.ledger[0]!.text).toContain('"temperature":0.30000000000000004');
  });
});

const SYSTEM = { role: 'system' as const, content: 'Be brief.' };

/** Ways to change a request that leave its tools alone. */
const CHANGES: readonly [what: string, options: Pick<GatewayOptions, 'hooks' | 'guards'>][] = [
  [
    'beforeRoute, in place',
    {
      hooks: {
        beforeRoute: ({ request }) => {
          request.messages.unshift(SYSTEM);
        },
      },
    },
  ],
  ['beforeRoute, as a copy', { hooks: { beforeRoute: ({ request }) => structuredClone(request) } }],
  [
    'beforeAttempt',
    {
      hooks: {
        beforeAttempt: ({ request }) => ({ request: { ...request, messages: [SYSTEM, ...request.messages] } }),
      },
    },
  ],
  [
    'both',
    {
      hooks: {
        beforeRoute: ({ request }) => ({ ...request, messages: [SYSTEM, ...request.messages] }),
        beforeAttempt: ({ request }) => ({ request: structuredClone(request) }),
      },
    },
  ],
  ['a guard of the prompt', { guards: { input: [redact({ detect: [detect.email()] })] } }],
];

describe.each(WIRES.filter(({ name }) => ['openai', 'azure', 'anthropic', 'gemini', 'bedrock'].includes(name)))(
  '$name, a changed request',
  (wire) => {
    it.each(CHANGES)('keeps the digits of what was not changed: %s', async (_what, options) => {
      const { post, upstream } = await gatewayOfWires([wire], options);
      upstream.enqueue(wire.say({ text: 'Done.' }));
      const parameters = '{"type":"object","properties":{"id":{"type":"integer","maximum":9223372036854775807}}}';
      const tools = `[{"type":"function","function":{"name":"f","description":"Ask a@example.com.","parameters":${parameters}}}]`;
      const messages = '[{"role":"user","content":"I am b@example.com"}]';
      expect((await post({}, { body: `{"model":"m","messages":${messages},"tools":${tools}}` })).status).toBe(200);
      expect(upstream.ledger[0]!.text).toContain('"maximum":9223372036854775807}');
    });
  },
);
