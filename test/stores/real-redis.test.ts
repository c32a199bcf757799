import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RedisClient } from '../../src/stores/redis-client.js';
import { redisStore, type RedisStore } from '../../src/stores/redis-store.js';
import { storeContract } from '../../src/testing/store-contract.js';
import { hasRedis, startRedis, type RedisServer } from './redis-server.js';

const VALUE = Buffer.from([0, 255, 13, 10, 36, 0xc3, 0x28]);
const later = (): number => Date.now() + 60_000;

interface Connection {
  readonly client: RedisClient;
  command(...args: string[]): Promise<unknown>;
  close(): Promise<void>;
}

const CLIENTS: Record<string, (port: number, password?: string) => Promise<Connection>> = {
  async redis(port, password) {
    const client = createClient({
      socket: { host: '127.0.0.1', port, reconnectStrategy: 20 },
      ...(password !== undefined && { password }),
    });
    client.on('error', () => undefined);
    // With a wrong password it goes on trying for ever.
    await Promise.race([client.connect(), once(client, 'error')]).catch(() => undefined);
    return {
      client,
      command: (...args) => client.sendCommand(args),
      close: async () => client.destroy(),
    };
  },
  async ioredis(port, password) {
    const client = new Redis({
      host: '127.0.0.1',
      port,
      retryStrategy: () => 20,
      ...(password !== undefined && { password }),
    });
    client.on('error', () => undefined);
    await client.ping().catch(() => undefined);
    return {
      client,
      command: (name, ...args) => client.call(name!, ...args),
      close: async () => client.disconnect(),
    };
  },
};

describe.skipIf(!hasRedis)('redisStore at a real redis-server (skipped where none is installed)', () => {
  let server: RedisServer;
  const connections: Connection[] = [];

  const connect = async (name: string, port = server.port, password?: string): Promise<Connection> => {
    const connection = await CLIENTS[name]!(port, password);
    connections.push(connection);
    return connection;
  };

  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });
  afterAll(() => server.kill());

  describe.each(Object.keys(CLIENTS))('through the client of %s', (name) => {
    let prefix = 0;
    const fresh = async (): Promise<{ store: RedisStore; connection: Connection; key: (key: string) => string }> => {
      const connection = await connect(name);
      const own = `test-${name}-${prefix++}:`;
      return { store: redisStore(connection.client, { prefix: own, l1: false }), connection, key: (key) => own + key };
    };

    storeContract(it, async () => (await fresh()).store, { time: 'real', shortestTtlMs: 100 });

    it('returns to one process what another has stored, byte for byte', async () => {
      const [one, other] = [await connect(name), await connect(name)];
      const options = { prefix: `pair-${name}:`, secret: 'a secret of some length' };
      await redisStore(one.client, options).set('k', VALUE, later());
      const found = await redisStore(other.client, options).get('k');
      expect(Buffer.from(found!)).toEqual(VALUE);
    });

    it('sets an expiry on every value', async () => {
      const { store, connection, key } = await fresh();
      await store.set('k', VALUE, later());
      const ttl = Number(await connection.command('PTTL', key('k')));
      expect(ttl).toBeGreaterThan(53_000);
      expect(ttl).toBeLessThanOrEqual(60_000);
    });

    it('treats a poisoned value as missing', async () => {
      const { store, connection, key } = await fresh();
      await store.set('k', VALUE, later());
      await connection.command('SET', key('k'), '{"choices":[{"message":{"content":"evil"}}]}');
      expect(await store.get('k')).toBeUndefined();
      await connection.command('DEL', key('k'));
      await connection.command('LPUSH', key('k'), 'not even a string');
      expect(await store.get('k')).toBeUndefined();
      expect(store.statistics()).toMatchObject({ badSeals: 1, faults: 1 });
    });

    it('costs at most the limit, and then nothing, when Redis hangs', async () => {
      const own = await ownRedis();
      const { client } = await connect(name, own.port);
      const store = redisStore(client, { l1: false });
      await store.set('k', VALUE, later());
      own.freeze();
      for (let turn = 0; turn < 20; turn++) expect(await store.get('k')).toBeUndefined();
      expect(store.statistics()).toMatchObject({ faults: 5, skipped: 15 });
      own.thaw();
    });

    it('has nothing while Redis is down, and continues when it is back', async () => {
      const own = await ownRedis();
      const { client } = await connect(name, own.port);
      let now = 0;
      const clock = { now: () => now, wallNow: () => Date.now(), setTimer: realTimer };
      const store = redisStore(client, { l1: false, clock });
      await store.set('k', VALUE, later());
      await own.kill();
      for (let turn = 0; turn < 6; turn++) expect(await store.get('k')).toBeUndefined();
      expect(store.statistics()).toMatchObject({ faults: 5, skipped: 1 });

      await ownRedis(own.port);
      await expect
        .poll(async () => {
          now += 5_000;
          await store.set('k', VALUE, later());
          return (await store.get('k'))?.length;
        })
        .toBe(VALUE.length);
    });

    it('has nothing where it may not come in', async () => {
      const own = await ownRedis(undefined, '--requirepass', 'right');
      const { client } = await connect(name, own.port, 'wrong');
      const store = redisStore(client, { l1: false });
      await store.set('k', VALUE, later());
      expect(await store.get('k')).toBeUndefined();
      expect(store.statistics().faults).toBe(2);
    });

    it('drops what a full Redis does not accept', async () => {
      const own = await ownRedis(undefined, '--maxmemory', '1mb', '--maxmemory-policy', 'noeviction');
      const { client } = await connect(name, own.port);
      const store = redisStore(client);
      await store.set('k', Buffer.alloc(900_000), later());
      expect(store.statistics().faults).toBe(1);
      expect(await store.get('k')).toHaveLength(900_000);
      expect(await redisStore(client).get('k')).toBeUndefined();
    });
  });

  it('is one store, whichever client a process uses', async () => {
    const [one, other] = [await connect('redis'), await connect('ioredis')];
    await redisStore(one.client, { prefix: 'mixed:' }).set('k', VALUE, later());
    expect(Buffer.from((await redisStore(other.client, { prefix: 'mixed:' }).get('k'))!)).toEqual(VALUE);
  });
});

/** A server for one test, stopped when that ends, however it ends. */
async function ownRedis(...settings: Parameters<typeof startRedis>): Promise<RedisServer> {
  const own = await startRedis(...settings);
  onTestFinished(() => own.kill());
  return own;
}

function realTimer(fire: () => void, ms: number) {
  const timer = setTimeout(fire, ms);
  return { cancel: () => clearTimeout(timer) };
}
