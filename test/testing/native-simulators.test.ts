import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulators, type BreakKind, type Simulators } from '../../examples/support/simulators.ts';
import { gatewayOver } from '../path/fixtures.js';

const MESSAGES = [{ role: 'user' as const, content: 'Why is the sky green?' }];
/** Cheapest first: fast-cheap, anthropic, gemini. */
const QUESTION = { model: 'demo-formats', messages: MESSAGES, provider_sort: 'price' };
const TOOLS = [
  {
    type: 'function' as const,
    function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
];
const BREAK_KINDS: readonly BreakKind[] = ['down', 'rate-limit', 'reset', 'cut', 'hang'];

async function demo(): Promise<{ readonly simulators: Simulators; readonly client: OpenAI }> {
  const simulators = await startSimulators({ timeScale: 0 });
  onTestFinished(() => simulators.close());
  const { baseUrl } = await gatewayOver([], {
    providers: {
      'fast-cheap': simulators.fastCheap.provider,
      anthropic: simulators.anthropic.provider,
      gemini: simulators.gemini.provider,
    },
    timeouts: { headersMs: 200, firstChunkMs: 200 },
  });
  return { simulators, client: new OpenAI({ baseURL: baseUrl, apiKey: 'demo-key', maxRetries: 0 }) };
}

describe('the model of all formats', () => {
  it.each(BREAK_KINDS)('a Claude responds if the OpenAI-shaped endpoint fails (%s), then a Gemini', async (kind) => {
    const { simulators, client } = await demo();
    const whole = () => client.chat.completions.create(QUESTION).withResponse();
    const providerOf = async () => (await whole()).response.headers.get('x-nordlys-provider');
    expect(await providerOf()).toBe('fast-cheap');
    simulators.fastCheap.break(kind);
    expect(await providerOf()).toBe('anthropic');
    simulators.anthropic.break(kind);
    expect(await providerOf()).toBe('gemini');
    simulators.gemini.break(kind);
    await expect(whole()).rejects.toThrow();
    expect(simulators.gemini.broken).toBe(kind);
    simulators.gemini.repair();
    expect(simulators.gemini.broken).toBeUndefined();
  });

  it('streams one kind of chunk, whatever the API', async () => {
    const { simulators, client } = await demo();
    const chunksOf = async (): Promise<object[]> => {
      const chunks: object[] = [];
      const stream = await client.chat.completions.create({
        ...QUESTION,
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    for (const broken of [undefined, simulators.fastCheap, simulators.anthropic]) {
      broken?.break('down');
      const chunks = await chunksOf();
      expect(chunks.every((chunk) => 'object' in chunk && chunk.object === 'chat.completion.chunk')).toBe(true);
      expect(chunks.filter((chunk) => JSON.stringify(chunk).includes('"finish_reason":"stop"'))).toHaveLength(1);
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 5 } });
      expect(chunks.length).toBeGreaterThan(10);
    }
  });

  it('reports an incomplete stream, and never its end', async () => {
    const { simulators, client } = await demo();
    simulators.fastCheap.break('down');
    for (const simulator of [simulators.anthropic, simulators.gemini]) {
      simulator.break('cut');
      const streamed = client.chat.completions.stream({ ...QUESTION, provider_only: [slugOf(simulators, simulator)] });
      await expect(streamed.finalChatCompletion()).rejects.toThrow();
    }
  });
});

describe.each(['anthropic', 'gemini'] as const)('the simulated %s', (slug) => {
  const only = { ...QUESTION, provider_only: [slug] };

  it('has the same content whole and streamed', async () => {
    const { simulators, client } = await demo();
    const whole = await client.chat.completions.create(only);
    const streamed = await client.chat.completions.stream(only).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(whole.usage?.completion_tokens).toBe(whole.choices[0]?.message.content?.split(' ').length);
    expect(simulators[slug].stats).toMatchObject({ requests: 2, failures: 0, aborted: 0, open: 0 });
    expect(simulators[slug].stats.tokens).toBe(2 * whole.usage!.completion_tokens);
  });

  it('stays within max_tokens and ends before a stop word', async () => {
    const { client } = await demo();
    const short = await client.chat.completions.create({ ...only, max_tokens: 4 });
    expect(short.choices[0]).toMatchObject({ finish_reason: 'length' });
    expect(short.choices[0]?.message.content?.split(' ')).toHaveLength(4);
    const stopped = await client.chat.completions.create({ ...only, stop: [' the '] });
    expect(stopped.choices[0]?.message.content).not.toContain(' the ');
  });

  it('follows a schema', async () => {
    const { client } = await demo();
    const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
    const json_schema = { name: 'light', strict: true, schema: { ...schema, additionalProperties: false } };
    const { choices } = await client.chat.completions.create({
      ...only,
      response_format: { type: 'json_schema', json_schema },
    });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ title: 'northern light' });
  });

  it('calls a tool, and uses its result', async () => {
    const { client } = await demo();
    const forced = { type: 'function' as const, function: { name: 'get_weather' } };
    for (const tool_choice of ['required' as const, forced]) {
      const called = await client.chat.completions.create({ ...only, tools: TOOLS, tool_choice });
      expect(called.choices[0]).toMatchObject({
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"northern light"}' } }] },
      });
    }
    const none = await client.chat.completions.create({ ...only, tools: TOOLS, tool_choice: 'none' });
    expect(none.choices[0]?.finish_reason).toBe('stop');
    const called = await client.chat.completions.create({ ...only, tools: TOOLS, tool_choice: 'required' });
    const { message } = called.choices[0]!;
    const result = { role: 'tool' as const, tool_call_id: message.tool_calls![0]!.id, content: 'clear' };
    const said = await client.chat.completions.create({
      ...only,
      tools: TOOLS,
      messages: [...MESSAGES, message, result],
    });
    expect(said.choices[0]?.message.content).toMatch(/^The tool says clear\./);
  });

  it('refuses another key and another model as its vendor does', async () => {
    const { simulators } = await demo();
    const { provider } = simulators[slug];
    const other = { ...provider, name: 'other', models: { m: { upstreamModel: 'no-such-model' } } };
    const { post } = await gatewayOver([], { providers: { stranger: { ...provider, apiKey: 'other' }, other } });
    expect((await post({ model: 'demo-formats' })).status).toBe(502);
    expect((await post({ model: 'm' })).status).toBe(404);
    expect(simulators[slug].stats).toMatchObject({ failures: 2 });
  });
});

function slugOf(simulators: Simulators, simulator: Simulators['anthropic']): string {
  return simulator === simulators.anthropic ? 'anthropic' : 'gemini';
}
