import { ChatOpenAI } from '@langchain/openai';
import { OpenRouter } from '@openrouter/sdk';
import { describe, expect, it } from 'vitest';
import { chat, error, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from './set-up.js';

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

  it('is told of a stream that broke off', async () => {
    const set = await gatewayOver([await upstreamFor(stream('one two three', { afterEvents: 3, end: 'reset' }))]);
    const read = async (): Promise<void> => {
      for await (const _ of await model(set).stream('Hello'));
    };
    await expect(read()).rejects.toThrow();
  });
});

describe('the OpenRouter SDK', () => {
  const client = ({ baseUrl }: Set): OpenRouter =>
    new OpenRouter({ apiKey: 'demo-key', serverURL: baseUrl, retryConfig: { strategy: 'none' } });
  const request = { model: 'm', messages: [{ role: 'user' as const, content: 'Hello' }] };

  it('gets a completion, its routing preferences understood', async () => {
    const [first, second] = [await upstreamFor(chat('from the first')), await upstreamFor(chat('from the second'))];
    const set = await gatewayOver([first, second], { errorFormat: 'openrouter' });
    const answer = (await client(set).chat.send({
      chatRequest: { ...request, provider: { order: ['p1'], allowFallbacks: false } },
    })) as unknown as { choices: [{ message: { content: string } }] };
    expect(answer.choices[0].message.content).toBe('from the second');
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
