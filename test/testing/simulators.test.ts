import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulators, type BreakKind, type Simulator, type Simulators } from '../../examples/support/simulators.ts';

let simulators: Simulators;

beforeAll(async () => {
  simulators = await startSimulators({ timeScale: 0 });
});

afterEach(() => {
  for (const simulator of all()) simulator.repair();
});

afterAll(() => simulators.close());

function all(): Simulator[] {
  return [simulators.fastCheap, simulators.slowSmart, simulators.flaky, simulators.strictZdr];
}

function client(simulator: Simulator = simulators.fastCheap): OpenAI {
  return new OpenAI({ baseURL: simulator.baseUrl, apiKey: simulator.apiKey, maxRetries: 0 });
}

const QUESTION = { model: 'demo-chat', messages: [{ role: 'user' as const, content: 'Why is the sky green?' }] };

describe('a simulator responds as OpenAI does', () => {
  it('with text and usage', async () => {
    const response = await client().chat.completions.create(QUESTION);
    const said = response.choices[0]?.message.content ?? '';
    expect(response.choices[0]?.finish_reason).toBe('stop');
    expect(said.split(' ').length).toBeGreaterThan(30);
    expect(response.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: said.split(' ').length });
  });

  it('the same to the same question, and another text from another simulator', async () => {
    const post = async (simulator: Simulator): Promise<unknown> =>
      (await client(simulator).chat.completions.create(QUESTION)).choices[0]?.message.content;
    expect(await post(simulators.fastCheap)).toBe(await post(simulators.fastCheap));
    expect(await post(simulators.fastCheap)).not.toBe(await post(simulators.strictZdr));
  });

  it('streamed, with the same text', async () => {
    const whole = await client().chat.completions.create(QUESTION);
    const streamed = await client().chat.completions.stream(QUESTION).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
  });

  it.each([
    [undefined, false],
    [{ include_usage: true }, true],
  ])('with usage on a stream if requested (%j)', async (options, isSent) => {
    const chunks = await client().chat.completions.create({
      ...QUESTION,
      stream: true,
      ...(options && { stream_options: options }),
    });
    const usages: unknown[] = [];
    for await (const chunk of chunks) if (chunk.usage) usages.push(chunk.usage);
    expect(usages).toHaveLength(isSent ? 1 : 0);
  });

  it('with as many choices as requested, each different', async () => {
    const { choices } = await client().chat.completions.create({ ...QUESTION, n: 3 });
    expect(new Set(choices.map((choice) => choice.message.content)).size).toBe(3);
    const streamed = await client()
      .chat.completions.stream({ ...QUESTION, n: 3 })
      .finalChatCompletion();
    expect(streamed.choices.map((choice) => choice.message.content)).toEqual(
      choices.map((choice) => choice.message.content),
    );
  });

  it('no longer than it may', async () => {
    const { choices, usage } = await client().chat.completions.create({ ...QUESTION, max_tokens: 4 });
    expect(choices[0]).toMatchObject({ finish_reason: 'length' });
    expect(choices[0]?.message.content?.split(' ')).toHaveLength(4);
    expect(usage?.completion_tokens).toBe(4);
  });

  it('only until a stop word', async () => {
    const { choices } = await client().chat.completions.create({ ...QUESTION, stop: [' the ', 'zebra'] });
    expect(choices[0]?.message.content).not.toContain(' the ');
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  it('by a schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        title: { type: 'string', maxLength: 5 },
        kind: { enum: ['aurora', 'cloud'] },
        height: { type: 'integer', minimum: 90 },
        colours: { type: 'array', items: { $ref: '#/$defs/colour' }, minItems: 2 },
        seen: { type: ['boolean', 'null'] },
      },
      required: ['title', 'kind', 'height', 'colours', 'seen'],
      $defs: { colour: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
    };
    const { choices } = await client().chat.completions.create({
      ...QUESTION,
      response_format: { type: 'json_schema', json_schema: { name: 'light', schema } },
    });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({
      title: 'north',
      kind: 'aurora',
      height: 90,
      colours: [{ name: 'northern light' }, { name: 'northern light' }],
      seen: true,
    });
  });

  it('by a schema that refers to itself', async () => {
    const node = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } } };
    const { choices } = await client().chat.completions.create({
      ...QUESTION,
      response_format: { type: 'json_schema', json_schema: { name: 'tree', schema: node } },
    });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toHaveProperty('children');
  });
});

describe('a simulator calls a tool', () => {
  const tools = [
    {
      type: 'function' as const,
      function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    },
  ];
  const weather = { ...QUESTION, messages: [{ role: 'user' as const, content: 'What is the weather like?' }] };

  it.each([
    ['the question has its name in it', weather, 'tool_calls'],
    ['it must', { ...QUESTION, tool_choice: 'required' as const }, 'tool_calls'],
    [
      'it is named',
      { ...QUESTION, tool_choice: { type: 'function' as const, function: { name: 'get_weather' } } },
      'tool_calls',
    ],
    ['not if nothing requests it', QUESTION, 'stop'],
    ['not when it may not', { ...weather, tool_choice: 'none' as const }, 'stop'],
  ])('%s', async (_when, request, finishReason) => {
    const { choices } = await client().chat.completions.create({ ...request, tools });
    expect(choices[0]?.finish_reason).toBe(finishReason);
    const streamed = await client()
      .chat.completions.stream({ ...request, tools })
      .finalChatCompletion();
    expect(streamed.choices[0]?.finish_reason).toBe(finishReason);
    const calls = streamed.choices[0]?.message.tool_calls;
    if (finishReason === 'tool_calls')
      expect(calls).toMatchObject([{ function: { arguments: '{"city":"northern light"}' } }]);
    else expect(calls).toBeUndefined();
  });

  it('and uses its result', async () => {
    const { choices } = await client().chat.completions.create({
      ...weather,
      tools,
      messages: [
        ...weather.messages,
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'clear' },
      ],
    });
    expect(choices[0]?.message.content).toMatch(/^The tool says clear\./);
  });
});

describe('a simulator refuses', () => {
  it('another key', async () => {
    const stranger = new OpenAI({ baseURL: simulators.flaky.baseUrl, apiKey: 'other', maxRetries: 0 });
    await expect(stranger.chat.completions.create(QUESTION)).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
  });

  it('a model that it does not have', async () => {
    const pending = client().chat.completions.create({ ...QUESTION, model: 'demo-large' });
    await expect(pending).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('what is no JSON', async () => {
    const response = await fetch(`${simulators.fastCheap.baseUrl}/chat/completions`, { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
  });
});

describe('their characters', () => {
  it('the flaky one fails every third time', async () => {
    await using own = await startSimulators({ timeScale: 0 });
    const statuses: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const pending = client(own.flaky).chat.completions.create(QUESTION);
      statuses.push(
        await pending.then(
          () => 200,
          (error: { status: number }) => error.status,
        ),
      );
    }
    expect(statuses).toEqual([200, 200, 503, 200, 200, 503]);
    expect(own.flaky.stats).toMatchObject({ requests: 6, failures: 2, open: 0 });
  });

  it('all serve the shared model, only one retains nothing', async () => {
    const providers = all().map((simulator) => simulator.provider);
    expect(providers.every((provider) => 'demo-chat' in provider.models)).toBe(true);
    expect(providers.filter((provider) => provider.zdr).map((provider) => provider.name)).toEqual(['Strict ZDR']);
  });

  it('lists its models', async () => {
    const models = await client(simulators.slowSmart).models.list();
    expect(models.data.map((model) => model.id)).toEqual(['demo-chat', 'demo-large']);
  });
});

describe('a simulator can be broken, and mended', () => {
  it.each<[BreakKind, RegExp]>([
    ['down', /503/],
    ['rate-limit', /429/],
    ['reset', /Connection error/],
    ['cut', /terminated|Connection error|Unexpected end/],
  ])('%s', async (kind, message) => {
    const { slowSmart } = simulators;
    slowSmart.break(kind);
    expect(slowSmart.broken).toBe(kind);
    const whole = client(slowSmart).chat.completions.create(QUESTION);
    await expect(whole).rejects.toThrow(message);
    const streamed = client(slowSmart).chat.completions.stream(QUESTION).finalChatCompletion();
    await expect(streamed).rejects.toThrow(message);
    slowSmart.repair();
    await client(slowSmart).chat.completions.create(QUESTION);
  });

  it('sends nothing, and notices a client that disconnects', async () => {
    const { strictZdr } = simulators;
    strictZdr.break('hang');
    const leaver = new AbortController();
    const pending = client(strictZdr).chat.completions.create(QUESTION, { signal: leaver.signal });
    while (strictZdr.stats.open === 0) await new Promise((resolve) => setImmediate(resolve));
    leaver.abort();
    await expect(pending).rejects.toThrow();
    while (strictZdr.stats.open > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(strictZdr.stats.aborted).toBe(1);
  });

  it('stops sending when its client disconnects', async () => {
    await using own = await startSimulators();
    const leaver = new AbortController();
    const stream = await client(own.fastCheap).chat.completions.create(
      { ...QUESTION, stream: true },
      { signal: leaver.signal },
    );
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    leaver.abort();
    while (own.fastCheap.stats.open > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(own.fastCheap.stats).toMatchObject({ aborted: 1, tokens: 0, failures: 0 });
  });
});
