import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { gatewayOfWires, WIRES, type Wire, type WireSet } from './wires.js';

const OSLO = { id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } };
const BERGEN = { id: 'call_2', name: 'weather', arguments: { city: 'Bergen' } };
const PNG = Buffer.from('89504e470d0a1a0a0000000d', 'hex');

const model = ({ baseUrl }: WireSet) =>
  createOpenAICompatible({
    name: 'nordlys',
    baseURL: baseUrl,
    apiKey: 'demo-key',
    includeUsage: true,
    supportsStructuredOutputs: true,
  })('m');

const weather = tool({
  inputSchema: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  }),
  execute: async ({ city }) => `Rain in ${city}.`,
});

describe.each(WIRES.map((wire) => [wire.name, wire] as const))('through %s the AI SDK', (_name, wire: Wire) => {
  it('generates and streams text with the same result', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'Rain, as always.' }));
    const whole = await generateText({ model: model(set), prompt: 'Hi', maxRetries: 0 });
    const stream = streamText({ model: model(set), prompt: 'Hi', maxRetries: 0 });
    let streamed = '';
    for await (const delta of stream.textStream) streamed += delta;
    expect(streamed).toBe(whole.text);
    expect([whole.text, whole.finishReason]).toEqual(['Rain, as always.', 'stop']);
    expect(await stream.finishReason).toBe('stop');
    const usage = await stream.usage;
    expect(usage.totalTokens).toBe(whole.usage.totalTokens);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it.each([false, true])('runs its loop of parallel tools (stream: %s)', async (streamed) => {
    const set = await gatewayOfWires([wire]);
    set.upstream.enqueue(wire.say({ text: 'Let me see.', toolCalls: [OSLO, BERGEN] }), wire.say({ toolCalls: [OSLO] }));
    set.upstream.always(wire.say({ text: 'It rains everywhere.' }));
    const options = {
      model: model(set),
      prompt: 'Weather?',
      tools: { weather },
      stopWhen: stepCountIs(5),
      maxRetries: 0,
    };
    const result = streamed ? streamText(options) : await generateText(options);
    if ('consumeStream' in result) await result.consumeStream();
    const steps = await result.steps;
    expect(steps).toHaveLength(3);
    expect(steps[0]!.toolResults.map(({ output }) => output)).toEqual(['Rain in Oslo.', 'Rain in Bergen.']);
    expect(await result.text).toBe('It rains everywhere.');
    const last = set.upstream.ledger.at(-1)!.text;
    expect(last.match(/Rain in Oslo\./g)).toHaveLength(2);
    expect(last.match(/Rain in Bergen\./g)).toHaveLength(1);
  });

  it('parses objects', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: '{"capital":"Oslo"}' }));
    const schema = jsonSchema<{ capital: string }>({
      type: 'object',
      properties: { capital: { type: 'string' } },
      required: ['capital'],
      additionalProperties: false,
    });
    const { output } = await generateText({
      model: model(set),
      prompt: 'Capital of Norway?',
      output: Output.object({ schema }),
      maxRetries: 0,
    });
    expect(output).toEqual({ capital: 'Oslo' });
  });

  it('sends images', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'A pixel.' }));
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'file' as const, data: PNG, mediaType: 'image/png' },
    ];
    const { text } = await generateText({ model: model(set), messages: [{ role: 'user', content }], maxRetries: 0 });
    expect(text).toBe('A pixel.');
    expect(set.upstream.ledger[0]!.text).toContain(PNG.toString('base64'));
  });

  it('reads reasoning', async () => {
    if (wire.reasoning === undefined) return;
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'Rain.', thinking: { text: 'Hm.', signature: 'c2ln' } }));
    const whole = await generateText({ model: model(set), prompt: 'Hi', maxRetries: 0 });
    const stream = streamText({ model: model(set), prompt: 'Hi', maxRetries: 0 });
    expect(whole.reasoningText).toBe('Hm.');
    expect(await stream.reasoningText).toBe('Hm.');
  });

  it('gets an error for an incomplete stream', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'one two three four five six' }, { afterEvents: 4, end: 'reset' }));
    const errors: unknown[] = [];
    const stream = streamText({
      model: model(set),
      prompt: 'Hi',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    await stream.consumeStream({ onError: () => undefined });
    expect(errors).not.toEqual([]);
  });
});
