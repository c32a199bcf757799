import { ChatOpenAI } from '@langchain/openai';
import { OpenAI as LlamaIndexOpenAI } from '@llamaindex/openai';
import { OpenRouter } from '@openrouter/sdk';
import { describe, expect, it } from 'vitest';
import { chat, error, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from './fixtures.js';

describe('LangChain, unchanged', () => {
  const model = ({ baseUrl }: Set, options: object = {}): ChatOpenAI =>
    new ChatOpenAI({ model: 'm', apiKey: 'demo-key', maxRetries: 0, configuration: { baseURL: baseUrl }, ...options });

  it('invokes', async () => {
    const set = await gatewayOver([await upstreamFor(error(503)), await upstreamFor(chat('Hello back'))]);
    expect((await model(set).invoke('Hello')).content).toBe('Hello back');
  });

  it('streams', async () => {
    const set = await gatewayOver([await upstreamFor(chat('one two three'))]);
    let text = '';
    for await (const chunk of await model(set).stream('Hello')) text += String(chunk.content);
    expect(text).toBe('one two three');
  });

  it('gets an error for an incomplete stream', async () => {
    const set = await gatewayOver([await upstreamFor(stream('one two three', { afterEvents: 3, end: 'reset' }))]);
    const read = async (): Promise<void> => {
      for await (const _ of await model(set).stream('Hello'));
    };
    await expect(read()).rejects.toThrow();
  });
});

describe('LlamaIndex, unchanged', () => {
  const model = ({ baseUrl }: Set, options: object = {}): LlamaIndexOpenAI =>
    new LlamaIndexOpenAI({ model: 'm', apiKey: 'demo-key', baseURL: baseUrl, ...options });
  const messages = [{ role: 'user' as const, content: 'Weather?' }];
  const tools = [
    {
      metadata: {
        name: 'weather',
        description: 'What it is like outside.',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
      },
    },
  ];
  const weatherInOslo = { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' };

  it('chats, and completes a prompt', async () => {
    const set = await gatewayOver([await upstreamFor(error(503)), await upstreamFor(chat('Hello back'))]);
    expect((await model(set).chat({ messages })).message.content).toBe('Hello back');
    expect((await model(set).complete({ prompt: 'Hello' })).text).toBe('Hello back');
  });

  it('streams', async () => {
    const set = await gatewayOver([await upstreamFor(chat('one two three'))]);
    let text = '';
    for await (const { delta } of await model(set).chat({ messages, stream: true })) text += delta;
    expect(text).toBe('one two three');
  });

  it('calls a tool, and returns its result', async () => {
    const upstream = await upstreamFor(chat('', { toolCalls: [weatherInOslo] }));
    const set = await gatewayOver([upstream]);
    const { message } = await model(set).chat({ messages, tools });
    const call = { id: 'call_1', name: 'weather', input: '{"city":"Oslo"}' };
    expect(message.options).toEqual({ toolCall: [call] });

    upstream.always(chat('Rain.'));
    const toolResult = { id: 'call_1', result: 'rain', isError: false };
    const response = await model(set).chat({
      messages: [...messages, message, { role: 'user', content: 'rain', options: { toolResult } }],
      tools,
    });
    expect(response.message.content).toBe('Rain.');
    expect(upstream.ledger[1]!.json).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'tool', tool_call_id: 'call_1', content: 'rain' }],
    });
  });

  it('calls a tool out of a stream', async () => {
    const set = await gatewayOver([await upstreamFor(chat('', { toolCalls: [weatherInOslo] }))]);
    let last: object | undefined;
    for await (const { options } of await model(set).chat({ messages, tools, stream: true })) last = options;
    // Parsed: it has seen the finish reason, so the whole of the arguments has come.
    expect(last).toEqual({ toolCall: [{ id: 'call_1', name: 'weather', input: { city: 'Oslo' } }] });
  });

  it('shows who was refused, and why', async () => {
    const set = await gatewayOver([await upstreamFor()]);
    await expect(model(set, { apiKey: 'wrong' }).chat({ messages })).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
      message: expect.stringMatching(/API key/),
    });
  });

  it('does not try again ten times, as it would by itself, when every provider has failed', async () => {
    const upstreams = [await upstreamFor(error(503)), await upstreamFor(error(503))];
    const set = await gatewayOver(upstreams);
    await expect(model(set).chat({ messages })).rejects.toMatchObject({ status: 503 });
    expect(upstreams[0]!.ledger.length + upstreams[1]!.ledger.length).toBeLessThanOrEqual(5);
  });

  it('gets an error for an incomplete stream', async () => {
    const set = await gatewayOver([await upstreamFor(stream('one two three', { afterEvents: 3, end: 'reset' }))]);
    let text = '';
    const read = async (): Promise<void> => {
      for await (const { delta } of await model(set).chat({ messages, stream: true })) text += delta;
    };
    await expect(read()).rejects.toThrow();
    expect(text).toContain('one');
  });
});

describe('the OpenRouter SDK', () => {
  const client = ({ baseUrl }: Set): OpenRouter =>
    new OpenRouter({ apiKey: 'demo-key', serverURL: baseUrl, retryConfig: { strategy: 'none' } });
  const request = { model: 'm', messages: [{ role: 'user' as const, content: 'Hello' }] };

  it('gets a completion, its routing preferences understood', async () => {
    const [first, second] = [await upstreamFor(chat('from the first')), await upstreamFor(chat('from the second'))];
    const set = await gatewayOver([first, second], { errorFormat: 'openrouter' });
    const response = (await client(set).chat.send({
      chatRequest: { ...request, provider: { order: ['p1'], allowFallbacks: false } },
    })) as unknown as { choices: [{ message: { content: string } }] };
    expect(response.choices[0].message.content).toBe('from the second');
    expect(second.ledger[0]!.text).not.toContain('"provider"');
  });

  it('understands our errors in its own form', async () => {
    const set = await gatewayOver([await upstreamFor()], { errorFormat: 'openrouter' });
    await expect(client(set).chat.send({ chatRequest: { ...request, model: 'nope' } })).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('nope'),
    });
  });
});
