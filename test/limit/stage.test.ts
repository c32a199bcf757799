import http from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { authenticate, limit, memoryLimits, proxy, route, validate, type SpendRecord } from '../../src/index.js';
import { chat, reset, stream } from '../../src/testing/index.js';
import { upstreamFor } from '../path/fixtures.js';
import { listen } from '../support/listen.js';

/** The stages one by one, without `createGateway`. */
async function stages(script: Parameters<typeof upstreamFor>[0]) {
  const upstream = await upstreamFor(script);
  const records: SpendRecord[] = [];
  const hooks = { onSpend: (record: SpendRecord) => void records.push(record) };
  const providers = {
    p: { baseUrl: upstream.baseUrl, models: { m: { pricing: { prompt: 0, completion: 0, request: 0.4 } } } },
  };
  const rules = [{ name: 'day', by: 'caller', usd: 1, per: 'day' }] as const;
  const row = [
    authenticate({ keys: ['demo-key'] }),
    validate(),
    limit({ rules, store: memoryLimits(), hooks }),
    route({ providers }),
    proxy({ maxAttempts: 1 }),
  ];
  const server = await listen(
    http.createServer((req, res) => {
      const next = (index: number) => (): void => row[index]?.(req, res, next(index + 1));
      next(0)();
    }),
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  const post = async (body: object = {}): Promise<Response> =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
    });
  return { post, records };
}

it('the stage alone holds a budget, and settles when the response has closed', async () => {
  const { post, records } = await stages(chat('fine'));
  const statuses: number[] = [];
  for (let times = 0; times < 3; times++) {
    const response = await post();
    await response.text();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([200, 200, 402]);
  await expect
    .poll(() => records.map(({ outcome, costUsd }) => [outcome, costUsd]))
    .toEqual([
      ['complete', 0.4],
      ['complete', 0.4],
    ]);
});

it('the stage alone settles streams of clients that disconnected, and attempts that failed', async () => {
  const set = await stages(stream('a b c', { afterEvents: 2, end: 'hang' }));
  const response = await set.post({ stream: true });
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await expect.poll(() => set.records).toMatchObject([{ outcome: 'aborted', costUsd: 0.4, estimated: true }]);

  const failed = await stages(reset());
  expect((await failed.post()).status).toBe(502);
  await expect.poll(() => failed.records).toMatchObject([{ outcome: 'failed', costUsd: 0.4, estimated: true }]);
});
