import { describe, expect, it } from 'vitest';
import { createGateway, redact, type ChatCompletion, type Hooks } from '../../src/index.js';
import { chat, sse } from '../../src/testing/index.js';
import { chunk, world } from './support.js';

/** Collects what `afterResponse` can read. */
function reader(hooks: Partial<Hooks>) {
  const seen: (ChatCompletion | undefined)[] = [];
  return {
    seen,
    hooks: {
      ...hooks,
      afterResponse: (state: { response(): ChatCompletion | undefined }) => void seen.push(state.response()),
    },
  };
}

const contents = (seen: readonly (ChatCompletion | undefined)[]) =>
  seen.map((one) => one?.choices[0]?.message?.content);

describe('afterResponse: response()', () => {
  it('is the response as the client got it: whole, streamed, from the cache, redacted', async () => {
    const { seen, hooks } = reader({ captureResponse: true });
    const { upstream, post } = await world({ hooks, cache: {}, guards: { output: [redact()] } });
    upstream.always(chat('Mail a@example.com now.'));
    for (const stream of [false, true, false]) await post({ stream });
    await expect.poll(() => contents(seen)).toEqual(Array.from({ length: 3 }, () => 'Mail ⟨email⟩ now.'));
    expect(seen[0]).toMatchObject({ object: 'chat.completion', choices: [{ index: 0, finish_reason: 'stop' }] });
  });

  it('is captured on the fast path of the cache too', async () => {
    const { seen, hooks } = reader({ captureResponse: true });
    const { upstream, post } = await world({ hooks, cache: {} });
    upstream.always(chat('Hello.'));
    for (let round = 0; round < 3; round++) await post();
    await expect.poll(() => contents(seen)).toEqual(['Hello.', 'Hello.', 'Hello.']);
  });

  it('is there for those who consent only', async () => {
    const { seen, hooks } = reader({ captureResponse: ({ caller }) => caller?.['consents'] === true });
    const { post } = await world({
      hooks,
      keys: undefined,
      verifyKey: (key: string) => ({ id: key, consents: key === 'yes' }),
    } as never);
    await post({}, ['x-api-key: no']);
    await post({ stream: true }, ['x-api-key: no']);
    await post({}, ['x-api-key: yes']);
    await expect.poll(() => seen.map((one) => one !== undefined)).toEqual([false, false, true]);
  });

  it.each([
    ['off', {}],
    ['false', { captureResponse: false }],
    [
      'a function that throws',
      {
        captureResponse: () => {
          throw new Error('x');
        },
        onHookError: () => undefined,
      },
    ],
    ['a limit that is too low', { captureResponse: true, captureMaxBytes: 100 }],
  ] as const)('is undefined with %s', async (_, options) => {
    const { seen, hooks } = reader(options);
    const { post } = await world({ hooks });
    expect((await post()).status).toBe(200);
    expect((await post({ stream: true })).isDone).toBe(true);
    await expect.poll(() => seen).toEqual([undefined, undefined]);
  });

  it('is what the client got of a stream that was cut off', async () => {
    const { seen, hooks } = reader({ captureResponse: true });
    const { upstream, post } = await world({ hooks });
    upstream.enqueue(sse([chunk({ content: 'half ' }), 20], { end: 'reset' }));
    await post({ stream: true });
    await expect.poll(() => contents(seen)).toEqual(['half ']);
  });

  it('refuses options that are wrong', () => {
    const start = (hooks: object) => () => createGateway({ keys: ['k'], providers: {}, hooks } as never);
    expect(start({ captureResponse: 'yes' })).toThrow('hooks.captureResponse must be true, false or a function');
    expect(start({ captureMaxBytes: 0 })).toThrow('hooks.captureMaxBytes must be a whole number of bytes');
  });
});
