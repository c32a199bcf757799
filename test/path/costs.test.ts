import { expect, it } from 'vitest';
import type { AfterResponseState, AttemptRecord, SpendRecord } from '../../src/index.js';
import { chat, hang, json, reset, sse, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from './fixtures.js';

const PRICING = { prompt: 1, completion: 10 };

/** 38 characters: ten tokens and four for the message's frame, before anything was learnt. */
const MESSAGES = [{ role: 'user', content: 'x'.repeat(38) }];
const PROMPT_USD = 14e-6;

async function pricedGateway(...scripts: Parameters<typeof upstreamFor>[0][]) {
  const upstreams = await Promise.all(scripts.map((script) => upstreamFor(script)));
  const attempts: AttemptRecord[] = [];
  const responses: AfterResponseState[] = [];
  const set = await gatewayOver(upstreams, {
    providers: Object.fromEntries(
      upstreams.map(({ baseUrl }, index) => [`p${index}`, { baseUrl, models: { m: { pricing: PRICING } } }]),
    ),
    hooks: {
      afterAttempt: ({ record }) => void attempts.push({ ...record }),
      afterResponse: (state) => void responses.push(state),
    },
  });
  return {
    ...set,
    attempts,
    responses,
    post: (body: object, init?: RequestInit) => set.post({ messages: MESSAGES, ...body }, init),
  };
}

it('an attempt that failed after the request was read carries an estimated cost', async () => {
  const { post, attempts, responses } = await pricedGateway(reset(), chat('fine'));
  expect((await post({})).status).toBe(200);
  await expect.poll(() => responses.length).toBe(1);
  expect(attempts).toMatchObject([
    { possiblyBilled: true, costUsd: PROMPT_USD, estimated: true },
    { possiblyBilled: false, estimated: false },
  ]);
  expect(attempts[1]?.costUsd).toBe(responses[0]?.costUsd);
  expect(responses[0]).toMatchObject({ estimated: false });
});

it('an attempt that was refused before it was billed has no cost', async () => {
  const { post, attempts } = await pricedGateway(
    json({ error: { message: 'slow down' } }, { status: 429 }),
    chat('fine'),
  );
  expect((await post({})).status).toBe(200);
  await expect.poll(() => attempts.length).toBe(2);
  expect(attempts[0]).toMatchObject({ possiblyBilled: false, costUsd: undefined, estimated: false });
});

it('an aborted stream is charged for the prompt and for what was delivered', async () => {
  const said = ['0123456789', '0123456789', '0123456789', '01234567'];
  const { post, attempts } = await pricedGateway(stream(said, { afterEvents: 5, end: 'hang' }));
  const controller = new AbortController();
  const response = await post({ stream: true }, { signal: controller.signal });
  let text = '';
  for await (const bytes of response.body!) {
    text += Buffer.from(bytes).toString();
    if (text.includes('"01234567"')) break;
  }
  controller.abort();
  await expect.poll(() => attempts.length).toBe(1);
  // 38 bytes again: ten tokens of output.
  expect(attempts[0]).toMatchObject({ outcome: 'cancelled', possiblyBilled: true, estimated: true });
  expect(attempts[0]?.costUsd).toBeCloseTo(PROMPT_USD + 100e-6, 12);
});

it('a client that disconnects before the first byte is charged for the prompt', async () => {
  const { post, attempts, upstreams } = await pricedGateway(hang());
  const controller = new AbortController();
  const pending = post({}, { signal: controller.signal }).catch(() => undefined);
  await expect.poll(() => upstreams[0]?.ledger.length).toBe(1);
  controller.abort();
  await pending;
  await expect.poll(() => attempts.length).toBe(1);
  expect(attempts[0]).toMatchObject({ outcome: 'cancelled', costUsd: PROMPT_USD, estimated: true });
});

it('a response without usage is estimated from its text', async () => {
  const body = { id: 'c', object: 'chat.completion', created: 1, model: 'm' };
  const message = { role: 'assistant', content: 'y'.repeat(19), reasoning_content: 'y'.repeat(19) };
  const { post, responses } = await pricedGateway(
    json({ ...body, choices: [{ index: 0, message, finish_reason: 'stop' }] }),
  );
  await (await post({})).json();
  await expect.poll(() => responses.length).toBe(1);
  expect(responses[0]).toMatchObject({ estimated: true, usage: undefined });
  expect(responses[0]?.costUsd).toBeCloseTo(PROMPT_USD + 100e-6, 12);
});

it('images of the prompt are charged by the piece', async () => {
  const upstream = await upstreamFor(chat('fine'));
  const responses: AfterResponseState[] = [];
  const pricing = { prompt: 0, completion: 0, image: 0.01, request: 0.5 };
  const { post } = await gatewayOver([upstream], {
    providers: { p: { baseUrl: upstream.baseUrl, models: { m: { pricing } } } },
    hooks: { afterResponse: (state) => void responses.push(state) },
  });
  const image = { type: 'image_url', image_url: { url: 'https://example.test/a.png' } };
  await (await post({ messages: [{ role: 'user', content: [{ type: 'text', text: 'both?' }, image, image] }] })).json();
  await expect.poll(() => responses.length).toBe(1);
  expect(responses[0]?.costUsd).toBeCloseTo(0.52, 12);
});

/** Usages whose sums leave something out, with their cost by `pricing`. */
const REPORTED: readonly (readonly [what: string, usage: object, usd: number])[] = [
  [
    'Anthropic’s names',
    { input_tokens: 2_000, cache_read_input_tokens: 800, cache_creation_input_tokens: 100, output_tokens: 50 },
    (2_000 * 1 + 800 * 0.1 + 100 * 1.25 + 50 * 5) / 1e6,
  ],
  [
    'Perplexity',
    {
      prompt_tokens: 33,
      completion_tokens: 700,
      total_tokens: 733,
      citation_tokens: 2_000,
      num_search_queries: 18,
      reasoning_tokens: 500,
    },
    (2_033 * 1 + 700 * 5 + 500 * 3) / 1e6 + 18 * 0.005,
  ],
  [
    'xAI',
    {
      prompt_tokens: 37,
      completion_tokens: 9,
      total_tokens: 146,
      prompt_tokens_details: { cached_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 100 },
    },
    (7 * 1 + 30 * 0.1 + 9 * 5 + 100 * 3) / 1e6,
  ],
];

it.each(
  REPORTED.flatMap(([what, usage, usd]) => [false, true].map((streamed) => [what, streamed, usage, usd] as const)),
)('the parts of a usage are charged as the provider counts: %s (stream: %s)', async (_what, streamed, usage, usd) => {
  const head = { id: 'c', created: 1, model: 'm' };
  const whole = { ...head, object: 'chat.completion', usage };
  const message = { role: 'assistant', content: 'Hi.' };
  const chunk = { ...head, object: 'chat.completion.chunk' };
  const upstream = await upstreamFor(
    streamed
      ? sse(
          [
            { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
            { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage },
          ].map((event) => JSON.stringify(event)),
        )
      : json({ ...whole, choices: [{ index: 0, message, finish_reason: 'stop' }] }),
  );
  const responses: AfterResponseState[] = [];
  const spent: SpendRecord[] = [];
  const pricing = { prompt: 1, completion: 5, reasoning: 3, cacheRead: 0.1, cacheWrite: 1.25, webSearch: 0.005 };
  const { post } = await gatewayOver([upstream], {
    providers: { p: { baseUrl: upstream.baseUrl, models: { m: { pricing } } } },
    hooks: {
      afterResponse: (state) => void responses.push(state),
      onSpend: (record) => void spent.push(record),
    },
  });
  await (await post({ stream: streamed })).text();
  await expect.poll(() => spent.length).toBe(1);
  expect(responses[0]).toMatchObject({ estimated: false });
  expect(responses[0]?.costUsd).toBeCloseTo(usd, 12);
  expect(spent[0]?.costUsd).toBeCloseTo(usd, 12);
  const { input, cacheRead, cacheWrite } = spent[0]!.tokens;
  expect(input).toBeGreaterThanOrEqual(cacheRead + cacheWrite);
});
