import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Diagnostic, GatewayOptions, LimitAlert, LimitRule, LimitStore } from '../../src/index.js';
import { redisLimits } from '../../src/index.js';
import { chat, stream, type Script } from '../../src/testing/index.js';
import type { Clock } from '../../src/contracts/clock.js';
import { systemClock } from '../../src/util/clock.js';
import { FakeClock } from '../support/fake-clock.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { hasRedis, startRedis, type RedisServer } from '../stores/redis-server.js';

const PRICE = 0.05;
const DAY: LimitRule = { name: 'day', by: 'caller', usd: 1, per: 'day' };

/** A gateway whose requests cost $0.05 each. */
async function gatewayWith(
  store: LimitStore,
  limits: Partial<NonNullable<GatewayOptions['limits']>> = {},
  script: Script = chat('fine'),
  clock: Clock = systemClock,
) {
  const upstream = await upstreamFor(script);
  const diagnostics: Diagnostic[] = [];
  const set = await gatewayOver([upstream], {
    providers: {
      p: { baseUrl: upstream.baseUrl, models: { m: { pricing: { prompt: 0, completion: 0, request: PRICE } } } },
    },
    keys: undefined,
    verifyKey: (key: string) => ({ id: key }),
    limits: { rules: [DAY], store, ...limits },
    clock,
    onDiagnostic: (diagnostic: Diagnostic) => void diagnostics.push(diagnostic),
  } as never);
  const as = (key: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
    set.post(body, { headers: { authorization: `Bearer ${key}`, ...headers } });
  const granted = async (key: string, times: number): Promise<number> => {
    const responses = await Promise.all(Array.from({ length: times }, () => as(key)));
    return responses.filter(({ status }) => status === 200).length;
  };
  const used = async (key: string) => (await set.gateway.usage(key)).limits[0]?.used;
  return { ...set, as, granted, used, diagnostics };
}

describe.runIf(hasRedis)('limits over one Redis', () => {
  let server: RedisServer;
  let client: Redis;
  let prefix = 0;

  const connect = (): Redis => {
    const connected = new Redis(server.port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
    connected.on('error', () => {});
    return connected;
  };
  const store = (name = `test${prefix++}:`): LimitStore => redisLimits(client, { prefix: name });

  beforeAll(async () => {
    server = await startRedis();
    client = connect();
  });
  afterAll(async () => {
    client.disconnect();
    await server.kill();
  });

  it.each(['closed', 'local'] as const)(
    '200 racing requests of 5 cents against 1 USD in two processes: exactly 20 (onStoreError: %s)',
    async (onStoreError) => {
      const name = `race-${onStoreError}:`;
      const limits = { onStoreError };
      const [one, two] = [await gatewayWith(store(name), limits), await gatewayWith(store(name), limits)];
      const both = await Promise.all([one.granted('a', 100), two.granted('a', 100)]);
      const granted = both[0]! + both[1]!;
      expect(one.upstreams[0]!.ledger.length + two.upstreams[0]!.ledger.length).toBe(granted);
      // On a busy machine Redis may be late: `closed` then refuses, `local` grants from what Redis keeps for the process.
      expect(granted).toBeLessThanOrEqual(20);
      if (one.diagnostics.length + two.diagnostics.length === 0) expect(granted).toBe(20);
      await expect.poll(() => one.used('a'), { timeout: 10_000 }).toBeCloseTo(granted * PRICE, 9);
    },
  );

  it('alerts in one process only', async () => {
    const alerts: LimitAlert[] = [];
    const limits = {
      rules: [{ ...DAY, usd: 0.2, alertAt: [0.5] }],
      onAlert: (alert: LimitAlert) => void alerts.push(alert),
    };
    const [one, two] = [await gatewayWith(store('alert:'), limits), await gatewayWith(store('alert:'), limits)];
    await Promise.all([one.granted('a', 2), two.granted('a', 2)]);
    await expect.poll(() => one.used('a')).toBe(0.2);
    await expect.poll(() => alerts).toMatchObject([{ rule: 'day', key: 'a', ratio: 0.5 }]);
  });

  it('a block ends what is open in another process', async () => {
    const open = stream('a b c', { afterEvents: 2, end: 'hang' });
    const [one, two] = [await gatewayWith(store('kill:')), await gatewayWith(store('kill:'), {}, open)];
    const response = await two.as('a', { stream: true });
    await one.gateway.limits.block({ by: 'caller', key: 'a', untilMs: Date.now() + 60_000 });
    expect(await response.text()).toContain('caller_blocked');
    expect((await two.as('a')).status).toBe(403);
    expect((await two.as('b', { stream: true })).status).toBe(200);
  });

  it('a new process serves no blocked caller', async () => {
    const one = await gatewayWith(store('start:'));
    await one.gateway.limits.block({ by: 'caller', key: 'a', untilMs: Date.now() + 60_000 });
    // No call of this clock's process times out, however busy the machine is.
    const two = await gatewayWith(store('start:'), {}, chat('fine'), new FakeClock());
    expect((await two.as('a')).status).toBe(403);
  });

  describe('that is down', () => {
    let own: RedisServer;
    let link: Redis;

    /** Resolves when the server has stopped: a signal takes a moment, in which it may still respond. */
    async function freeze(): Promise<void> {
      own.freeze();
      const responded = async (): Promise<boolean> => {
        const late = new Promise<false>((resolve) => setTimeout(resolve, 30, false));
        return Promise.race([link.ping().then(() => true), late]);
      };
      while (await responded());
    }

    async function lonely(limits: Partial<NonNullable<GatewayOptions['limits']>> = {}) {
      own = await startRedis();
      const { port } = own;
      link = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
      link.on('error', () => {});
      onTestFinished(async () => {
        link.disconnect();
        await own.kill();
      });
      return { ...(await gatewayWith(redisLimits(link), limits)), port };
    }

    /** One after the other, until so many are granted: on a busy machine Redis may be late for single ones. */
    async function grantOneByOne(granted: (key: string, times: number) => Promise<number>, count: number) {
      for (let sum = 0; sum < count;) sum += await granted('a', 1);
    }

    it('`local`: this process’s share of what remained, charged when it is back', async () => {
      const { granted, used, diagnostics } = await lonely({ processes: 2 });
      await grantOneByOne(granted, 10);
      await expect.poll(() => used('a')).toBe(0.5);
      await freeze();
      // $0.50 remained, and another process may spend as much.
      expect(await granted('a', 20)).toBe(5);
      expect(diagnostics.map(({ code }) => code)).toEqual(['NORDLYS_LIMIT_STORE']);
      own.thaw();
      await expect.poll(() => used('a'), { timeout: 12_000 }).toBe(0.75);
      await expect.poll(() => granted('a', 20), { timeout: 1_000 }).toBe(5);
    }, 20_000);

    it('`open` lets all pass, and charges it', async () => {
      const { granted, used } = await lonely({ onStoreError: 'open' });
      await grantOneByOne(granted, 1);
      await freeze();
      expect(await granted('a', 30)).toBe(30);
      own.thaw();
      await expect.poll(() => used('a'), { timeout: 12_000 }).toBeCloseTo(31 * PRICE, 9);
    }, 20_000);

    it('`closed` refuses all requests', async () => {
      const { as, granted } = await lonely({ onStoreError: 'closed' });
      await grantOneByOne(granted, 1);
      await freeze();
      const refused = await as('a');
      expect(refused.status).toBe(503);
      expect(((await refused.json()) as { error: { code: string } }).error.code).toBe('limits_unavailable');
      own.thaw();
    }, 20_000);

    it('a Redis that comes back empty starts at the spent budget', async () => {
      const { granted, used, port, diagnostics } = await lonely();
      await grantOneByOne(granted, 12);
      await expect.poll(() => used('a')).toBe(0.6);
      await own.kill();
      own = await startRedis(port);
      await expect.poll(() => link.status, { timeout: 5_000 }).toBe('ready');
      const more = await granted('a', 20);
      expect(more).toBeLessThanOrEqual(8);
      if (diagnostics.length === 0) expect(more).toBe(8);
    }, 20_000);
  });
});
