import OpenAI, { RateLimitError } from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources';
import { describe, expect, it } from 'vitest';
import type { ChatChunk } from '../../../src/index.js';
import { runningTime } from '../../support/running-time.js';
import { gatewayOfWires, NATIVE, WIRES, type Wire, type WireSet } from './wires.js';

const USER: ChatCompletionMessageParam = { role: 'user', content: 'What is the weather in Oslo?' };
const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const OSLO = { id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } };
const BERGEN = { id: 'call_2', name: 'weather', arguments: { city: 'Bergen' } };
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const client = ({ baseUrl }: WireSet): OpenAI => new OpenAI({ baseURL: baseUrl, apiKey: 'demo-key', maxRetries: 0 });
const sent = ({ upstream }: WireSet, index = -1): string => upstream.ledger.at(index)!.text;

type Params = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'stream'>;

/** The message of a completion, whole or assembled from a stream by the client's own helper. */
async function complete(set: WireSet, streamed: boolean, params: Params) {
  const { chat } = client(set);
  const completion = streamed
    ? await chat.completions
        .stream({ model: 'm', ...params, stream_options: { include_usage: true } })
        .finalChatCompletion()
    : await chat.completions.create({ model: 'm', ...params });
  return { completion, choice: completion.choices[0]!, message: completion.choices[0]!.message };
}

const cases = WIRES.flatMap((wire) => [false, true].map((streamed) => [wire.name, streamed, wire] as const));

describe.each(cases)('through %s (stream: %s) the openai client', (_name, streamed, wire: Wire) => {
  it('gets a completion with usage', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'Rain, as always.' }));
    const { completion, choice } = await complete(set, streamed, { messages: [USER] });
    expect(choice).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'Rain, as always.' },
    });
    const { prompt_tokens, completion_tokens, total_tokens } = completion.usage!;
    expect(completion_tokens).toBeGreaterThan(0);
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect(completion.id).not.toBe('');
    expect(completion.created).toBeGreaterThan(1_600_000_000);
  });

  it('calls tools in several turns', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.enqueue(wire.say({ text: 'Let me see.', toolCalls: [OSLO] }));
    const first = await complete(set, streamed, { messages: [USER], tools: [WEATHER] });
    expect(first.choice.finish_reason).toBe('tool_calls');
    const [call] = first.message.tool_calls!;
    expect(call).toMatchObject({ type: 'function', function: { name: 'weather' } });
    const { name, arguments: json } = (call as { function: { name: string; arguments: string } }).function;
    expect([name, JSON.parse(json)]).toEqual(['weather', { city: 'Oslo' }]);

    set.upstream.always(wire.say({ text: 'It rains.' }));
    const history = [USER, first.message, { role: 'tool' as const, tool_call_id: call!.id, content: '{"sky":"rain"}' }];
    const second = await complete(set, streamed, { messages: history, tools: [WEATHER] });
    expect(second.message.content).toBe('It rains.');
    // Call and result reach the upstream, with one id where its language has ids.
    expect(sent(set)).toContain('rain');
    expect(sent(set)).toContain('Oslo');
    if (!wire.name.includes('gemini') && wire.name !== 'vertex') expect(sent(set).split(call!.id)).toHaveLength(3);
  });

  it('calls tools in parallel', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.enqueue(wire.say({ toolCalls: [OSLO, BERGEN] }));
    const { choice, message } = await complete(set, streamed, { messages: [USER], tools: [WEATHER] });
    const calls = message.tool_calls as { id: string; function: { arguments: string } }[];
    expect(choice.finish_reason).toBe('tool_calls');
    expect(calls.map((call) => JSON.parse(call.function.arguments) as unknown)).toEqual([
      { city: 'Oslo' },
      { city: 'Bergen' },
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);

    set.upstream.always(wire.say({ text: 'Rain in both.' }));
    const results = calls.map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `result ${index}`,
    }));
    const next = await complete(set, streamed, { messages: [USER, message, ...results], tools: [WEATHER] });
    expect(next.message.content).toBe('Rain in both.');
    expect(sent(set).indexOf('result 0')).toBeLessThan(sent(set).indexOf('result 1'));
  });

  it('gets structured output', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: '{"capital":"Oslo"}' }));
    const schema = {
      type: 'object',
      properties: { capital: { type: 'string' } },
      required: ['capital'],
      additionalProperties: false,
    };
    const { message } = await complete(set, streamed, {
      messages: [USER],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
    });
    expect(JSON.parse(message.content!)).toEqual({ capital: 'Oslo' });
    expect(sent(set)).toContain('capital');
  });

  it('sends images', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'A pixel.' }));
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url: PIXEL } },
    ];
    const { message } = await complete(set, streamed, { messages: [{ role: 'user', content }] });
    expect(message.content).toBe('A pixel.');
    expect(sent(set)).toContain(PIXEL.split(',')[1]!);
  });

  it('gets finish reason length if the limit was reached', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'Half of', finish: 'length' }));
    const { chat } = client(set);
    const finishes: unknown[] = [];
    if (streamed) {
      const stream = await chat.completions.create({ model: 'm', messages: [USER], stream: true, max_tokens: 5 });
      for await (const chunk of stream) finishes.push(chunk.choices[0]?.finish_reason);
    } else {
      finishes.push(
        (await chat.completions.create({ model: 'm', messages: [USER], max_tokens: 5 })).choices[0]?.finish_reason,
      );
    }
    expect(finishes.filter((reason) => typeof reason === 'string')).toEqual(['length']);
  });

  it('gets a 429 as a rate limit', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.fails(429));
    await expect(complete(set, streamed, { messages: [USER] })).rejects.toBeInstanceOf(RateLimitError);
  });
});

describe.each(WIRES.map((wire) => [wire.name, wire] as const))('through %s', (_name, wire: Wire) => {
  it.each([0, 4])('an abort closes the upstream call within 100 ms (after %s events)', async (afterEvents) => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'one two three four five six seven eight' }, { afterEvents, end: 'hang' }));
    const controller = new AbortController();
    const response = set.post({ stream: true }, { signal: controller.signal });
    response.catch(() => undefined);
    const entry = await set.upstream.nextRequest('head');
    if (afterEvents > 0) await (await response).body!.getReader().read();
    const ran = runningTime();
    controller.abort();
    await set.upstream.closed(entry);
    expect(ran()).toBeLessThan(100);
  });

  it('a cached response serves whole and streamed requests', async () => {
    for (const first of [false, true]) {
      const set = await gatewayOfWires([wire], { cache: {} });
      set.upstream.always(wire.say({ text: 'Once.', toolCalls: [OSLO] }));
      const [one, other] = [
        await complete(set, first, { messages: [USER], tools: [WEATHER] }),
        await complete(set, !first, { messages: [USER], tools: [WEATHER] }),
      ];
      expect(set.upstream.ledger).toHaveLength(1);
      const said = ({ content, tool_calls }: typeof one.message) => ({
        content,
        calls: JSON.parse(JSON.stringify(tool_calls)) as object,
      });
      expect(said(other.message)).toMatchObject(said(one.message));
      expect(other.completion.usage).toEqual(one.completion.usage);
    }
  });
});

describe.each(NATIVE.map((wire) => [wire.name, wire] as const))('%s', (_name, wire: Wire) => {
  it.each([false, true])('sends its reasoning and gets it back signed (stream: %s)', async (streamed) => {
    const set = await gatewayOfWires(
      [wire],
      {},
      { format: { thinking: wire.reasoning?.startsWith('google') ? 'budget' : 'manual' } },
    );
    const thinking = { text: 'They ask for the weather.', signature: 'c2lnbmVk' };
    set.upstream.enqueue(wire.say({ thinking, toolCalls: [OSLO] }));
    const body = { messages: [USER], tools: [WEATHER], reasoning_effort: 'low' as const };
    const first = await set.post({ ...body, stream: streamed });
    const { message } = await read(first, streamed);
    expect(message['reasoning']).toBe(thinking.text);
    expect(message['reasoning_content']).toBe(thinking.text);
    const details = message['reasoning_details'] as { format: string }[];
    expect(details.map(({ format }) => format)).toEqual([wire.reasoning]);

    set.upstream.always(wire.say({ text: 'Rain.' }));
    const [call] = message['tool_calls'] as { id: string }[];
    const history = [USER, message, { role: 'tool', tool_call_id: call!.id, content: 'rain' }];
    await set.post({ ...body, messages: history });
    expect(sent(set)).toContain('c2lnbmVk');
  });

  it('never receives the fields of the gateway, and no request for usage', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'Hi.' }));
    const response = await set.post({ stream: true, session_id: 's', provider: { sort: 'price' }, user: 'u' });
    await response.text();
    expect(sent(set)).not.toMatch(/session_id|"provider"|stream_options|"user":/);
  });

  it('hands one usage chunk to those who ask, and none to the others', async () => {
    const set = await gatewayOfWires([wire]);
    set.upstream.always(wire.say({ text: 'Hi.' }));
    for (const [options, count] of [
      [{}, 0],
      [{ stream_options: { include_usage: true } }, 1],
    ] as const) {
      const text = await (await set.post({ stream: true, ...options })).text();
      expect(text.match(/"usage":\{/g) ?? []).toHaveLength(count);
      expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    }
  });
});

/** The message of a response of the gateway: its own, or that of its chunks. */
async function read(response: Response, streamed: boolean): Promise<{ message: Record<string, unknown> }> {
  const { assembleCompletion } = await import('../../../src/chat/assemble.js');
  const text = await response.text();
  if (!streamed) {
    const { choices } = JSON.parse(text) as { choices: { message: Record<string, unknown> }[] };
    return choices[0]!;
  }
  const payloads = text.split('\n').filter((line) => line.startsWith('data: {'));
  const completion = assembleCompletion(payloads.map((line) => JSON.parse(line.slice(6)) as ChatChunk));
  return { message: completion.choices[0]!.message as Record<string, unknown> };
}
