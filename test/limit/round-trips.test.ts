import { expect, it } from 'vitest';
import { memoryLimits, type LimitReply, type LimitStore } from '../../src/index.js';
import { chat } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

/** A store that replies a turn of the loop later, and records its calls. Settlements get no reply. */
function recordingStore(calls: string[]): LimitStore {
  const memory = memoryLimits();
  const recorded =
    <Order>(name: string, run: (order: Order) => LimitReply | Promise<LimitReply>) =>
    async (order: Order): Promise<LimitReply> => {
      calls.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      return run(order);
    };
  return {
    reserve: recorded('reserve', (order) => memory.reserve(order)),
    adjust: recorded('adjust', (order) => memory.adjust(order)),
    read: recorded('read', (order) => memory.read(order)),
    settle: () => {
      calls.push('settle');
      return new Promise(() => {});
    },
    claim: (...args) => memory.claim(...args),
    block: (...args) => memory.block(...args),
    sync: (...args) => memory.sync(...args),
  };
}

it('a request makes one round trip before its upstream call, and does not wait for its settlement', async () => {
  const calls: string[] = [];
  const upstream = await upstreamFor(chat('fine'));
  const { post } = await gatewayOver([upstream], {
    providers: { p: { baseUrl: upstream.baseUrl, models: { m: { pricing: { prompt: 1, completion: 1 } } } } },
    limits: {
      store: recordingStore(calls),
      rules: [
        { name: 'rpm', by: 'caller', requests: 10, per: '1m' },
        { name: 'tpm', by: 'caller', tokens: 100_000, per: '1m' },
        { name: 'open', by: 'caller', concurrent: 4 },
        { name: 'day', by: 'caller', usd: 1, per: 'day' },
      ],
    },
    hooks: { beforeAttempt: () => void calls.push('attempt') },
  } as never);
  for (const stream of [false, true]) {
    calls.length = 0;
    const response = await post({ stream, max_tokens: 10 });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('fine');
    await expect.poll(() => calls).toEqual(['reserve', 'attempt', 'settle']);
  }
});
