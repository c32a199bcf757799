import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, Output, streamText, tool } from 'ai';
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { describe, expect, it } from 'vitest';
import { chat, error, reset, stall, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from './fixtures.js';

const messages = [{ role: 'user' as const, content: 'Hello' }];
const openai = ({ baseUrl }: Set, options: object = {}): OpenAI =>
  new OpenAI({ baseURL: baseUrl, apiKey: 'demo-key', maxRetries: 0, ...options });
const aiModel = ({ baseUrl }: Set, options: object = {}) =>
  createOpenAICompatible({
    name: 'nordlys',
    baseURL: baseUrl,
    apiKey: 'demo-key',
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...options,
  })('m');
const callWeather = { id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' };
const weatherTool = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

describe('the openai client, unchanged', () => {
  it('gets a completion, and who served it', async () => {
    const set = await gatewayOver([await upstreamFor(chat('Hello back'))]);
    const { data, response } = await openai(set).chat.completions.create({ model: 'm', messages }).withResponse();
    expect(data.choices[0]?.message.content).toBe('Hello back');
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(response.headers.get('x-nordlys-provider')).toBe('p0');
  });

  it('streams, with usage if requested', async () => {
    const set = await gatewayOver([await upstreamFor(chat('one two three'))]);
    const chunks = [];
    for await (const chunk of await openai(set).chat.completions.create({
      model: 'm',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    }))
      chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('one two three');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
  });

  it('streams with its helper, through a failover', async () => {
    const set = await gatewayOver([
      await upstreamFor(stream('x', { afterEvents: 1, end: 'reset' })),
      await upstreamFor(chat('from the second')),
    ]);
    const final = await openai(set).chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('from the second');
  });

  it.each([false, true])('calls tools (stream: %s)', async (streamed) => {
    const upstream = await upstreamFor(chat('', { toolCalls: [callWeather] }));
    const set = await gatewayOver([upstream]);
    const client = openai(set);
    const tools = [weatherTool];
    const completion = streamed
      ? await client.chat.completions.stream({ model: 'm', messages, tools }).finalChatCompletion()
      : await client.chat.completions.create({ model: 'm', messages, tools });
    const call = completion.choices[0]?.message.tool_calls?.[0];
    expect(call).toMatchObject({
      id: 'call_1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Oslo"}' },
    });
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');

    upstream.always(chat('Rain.'));
    const { message } = completion.choices[0]!;
    const response = await client.chat.completions.create({
      model: 'm',
      tools,
      messages: [
        ...messages,
        { role: 'assistant', content: message.content, tool_calls: message.tool_calls! },
        { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
      ],
    });
    expect(response.choices[0]?.message.content).toBe('Rain.');
  });

  it('parses structured output', async () => {
    const upstream = await upstreamFor(chat('{"capital":"Oslo"}'));
    const set = await gatewayOver([upstream]);
    const schema = {
      type: 'object',
      properties: { capital: { type: 'string' } },
      required: ['capital'],
      additionalProperties: false,
    };
    const completion = await openai(set).chat.completions.parse({
      model: 'm',
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
    });
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({ capital: 'Oslo' });
    expect(upstream.ledger[0]!.json).toMatchObject({ response_format: { json_schema: { schema } } });
  });

  it('accepts X-API-Key beside the dummy bearer token of the SDK', async () => {
    const set = await gatewayOver([await upstreamFor()]);
    const client = openai(set, { apiKey: 'dummy', defaultHeaders: { 'X-API-Key': 'demo-key' } });
    expect((await client.chat.completions.create({ model: 'm', messages })).choices).toHaveLength(1);
  });

  it('lists the models', async () => {
    const set = await gatewayOver([await upstreamFor()]);
    const ids = [];
    for await (const { id } of openai(set).models.list()) ids.push(id);
    expect(ids).toEqual(['m']);
  });

  it('retrieves one model, whatever its id', async () => {
    const { baseUrl } = await upstreamFor();
    const providers = { p0: { baseUrl, models: ['m', 'accounts/fireworks/models/llama:free'] } };
    const client = openai(await gatewayOver([], { providers, aliases: { fast: 'm' } }));
    const entry = { object: 'model', created: expect.any(Number), owned_by: 'p0' };
    expect(await client.models.retrieve('m')).toEqual({ ...entry, id: 'm' });
    const long = 'accounts/fireworks/models/llama:free';
    expect(await client.models.retrieve(long)).toEqual({ ...entry, id: long });
    expect(await client.models.retrieve('fast')).toMatchObject({ id: 'fast', owned_by: 'alias' });
    const unknown = client.models.retrieve('fats');
    await expect(unknown).rejects.toThrow(NotFoundError);
    await expect(unknown).rejects.toMatchObject({
      code: 'model_not_found',
      param: 'model',
      message: '404 This gateway lists no model "fats". Did you mean "fast"?',
    });
    await expect(client.models.delete('m')).rejects.toMatchObject({ status: 405 });
  });

  it('raises its own error classes', async () => {
    const upstream = await upstreamFor(error(429, undefined, { 'retry-after': '30' }));
    const set = await gatewayOver([upstream]);
    await expect(
      openai(set, { apiKey: 'wrong-key' }).chat.completions.create({ model: 'm', messages }),
    ).rejects.toThrow(AuthenticationError);
    await expect(openai(set).chat.completions.create({ model: 'nope', messages })).rejects.toThrow(NotFoundError);
    await expect(openai(set).chat.completions.create({ model: 'm', messages })).rejects.toThrow(RateLimitError);
    const refused = openai(set).chat.completions.create({
      model: 'm',
      messages: [{ role: 'robot' as 'user', content: 'x' }],
    });
    await expect(refused).rejects.toThrow(BadRequestError);
    await expect(refused).rejects.toMatchObject({
      status: 400,
      code: 'invalid_value',
      param: 'messages[0].role',
      requestID: expect.stringMatching(/^req_/),
    });
    await expect(openai(set).responses.create({ model: 'm', input: 'hi' })).rejects.toMatchObject({
      status: 404,
      code: 'unknown_url',
      message: expect.stringContaining('Responses API'),
    });
  });

  it('gets an error for half a response', async () => {
    const set = await gatewayOver([await upstreamFor(stream('one two three', { afterEvents: 3, end: 'fin' }))]);
    const read = async (): Promise<void> => {
      for await (const _ of await openai(set).chat.completions.create({ model: 'm', messages, stream: true }));
    };
    await expect(read()).rejects.toThrow(APIError);
  });

  it('aborts: the upstream is cut off', async () => {
    const upstream = await upstreamFor(stall('one two three four', { after: 2, ms: 60_000 }));
    const set = await gatewayOver([upstream]);
    for await (const _ of await openai(set).chat.completions.create({ model: 'm', messages, stream: true })) break;
    const { closedBy } = await upstream.closed(upstream.ledger[0]!);
    expect(closedBy).toBe('client');
  });

  it('does not multiply our tries by its own', async () => {
    const upstreams = [await upstreamFor(error(503)), await upstreamFor(error(503))];
    const set = await gatewayOver(upstreams);
    await expect(openai(set, { maxRetries: 2 }).chat.completions.create({ model: 'm', messages })).rejects.toThrow(
      APIError,
    );
    expect(upstreams[0]!.ledger.length + upstreams[1]!.ledger.length).toBeLessThanOrEqual(5);
  });
});

describe('the AI SDK, unchanged', () => {
  it('generates text', async () => {
    const set = await gatewayOver([
      await upstreamFor(reset({ after: 'request' })),
      await upstreamFor(chat('Hello back')),
    ]);
    const { text, usage, finishReason } = await generateText({ model: aiModel(set), prompt: 'Hello' });
    expect(text).toBe('Hello back');
    expect(finishReason).toBe('stop');
    expect(usage.totalTokens).toBeGreaterThan(0);
  });

  it('streams text', async () => {
    const set = await gatewayOver([await upstreamFor(chat('one two three'))]);
    const result = streamText({ model: aiModel(set), prompt: 'Hello' });
    let text = '';
    for await (const part of result.textStream) text += part;
    expect(text).toBe('one two three');
    expect((await result.usage).totalTokens).toBeGreaterThan(0);
  });

  it('calls tools', async () => {
    const set = await gatewayOver([await upstreamFor(chat('', { toolCalls: [callWeather] }))]);
    const { toolCalls } = await generateText({
      model: aiModel(set),
      prompt: 'Weather?',
      tools: {
        weather: tool({ inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } } }) }),
      },
    });
    expect(toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Oslo' } }]);
  });

  it('gets structured output', async () => {
    const set = await gatewayOver([await upstreamFor(chat('{"capital":"Oslo"}'))]);
    const { output } = await generateText({
      model: aiModel(set),
      prompt: 'Capital?',
      output: Output.object({
        schema: jsonSchema<{ capital: string }>({
          type: 'object',
          properties: { capital: { type: 'string' } },
          required: ['capital'],
        }),
      }),
    });
    expect(output).toEqual({ capital: 'Oslo' });
  });

  it('gets an error for an incomplete stream', async () => {
    const set = await gatewayOver([await upstreamFor(stream('one two three', { afterEvents: 3, end: 'reset' }))]);
    const errors: unknown[] = [];
    const result = streamText({
      model: aiModel(set),
      prompt: 'Hello',
      maxRetries: 0,
      onError: ({ error: seen }) => void errors.push(seen),
    });
    await result.consumeStream();
    expect(errors).toHaveLength(1);
  });

  it('shows the message of an error', async () => {
    const set = await gatewayOver([await upstreamFor()]);
    await expect(
      generateText({ model: aiModel(set, { apiKey: 'wrong' }), prompt: 'x', maxRetries: 0 }),
    ).rejects.toThrow(/API key/);
  });
});
