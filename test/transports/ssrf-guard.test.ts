import { once } from 'node:events';
import dns from 'node:dns';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectGuarded } from '../../src/transports/ssrf-guard.js';
import { fakeUpstream } from '../../src/testing/index.js';

afterEach(() => vi.restoreAllMocks());

/** How a connection to `host` ends; `isListedAddress`: the operator's list of origins names it literally. */
async function outcomeOf(host: string, port: number, isListedAddress = false): Promise<string> {
  const socket = connectGuarded({ host, port, secure: false, isListedAddress });
  const failed = once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code!);
  const outcome = await Promise.race([failed, once(socket, 'connect').then(() => 'connected')]);
  socket.destroy();
  return outcome;
}

describe('a connection to an address that a caller chose', () => {
  it.each(['127.0.0.1', '0.0.0.0', '10.0.0.1', '169.254.169.254', '168.63.129.16', '[::1]', '[::ffff:127.0.0.1]'])(
    'is not opened to %s',
    async (host) => {
      await using canary = await fakeUpstream();
      expect(await outcomeOf(host, canary.port)).toBe('ERR_NORDLYS_ADDRESS_BLOCKED');
      expect(canary.accepted).toBe(0);
    },
  );

  it('is opened to a literal that the operator lists, and to no other spelling of it', async () => {
    await using upstream = await fakeUpstream();
    expect(await outcomeOf('127.0.0.1', upstream.port, true)).toBe('connected');
    expect(await outcomeOf('127.0.0.2', upstream.port)).toBe('ERR_NORDLYS_ADDRESS_BLOCKED');
  });

  it.each([
    ['private', ['10.0.0.1']],
    ['this machine', ['127.0.0.1']],
    ['public and private at once', ['203.0.114.1', '127.0.0.1']],
    ['nothing', []],
  ])('is not opened to a name that resolves to %s', async (_what, addresses) => {
    const lookup = dns.lookup as (...given: unknown[]) => void;
    await using canary = await fakeUpstream();
    vi.spyOn(dns, 'lookup').mockImplementation(((
      host: string,
      options: unknown,
      done: (...given: unknown[]) => void,
    ) => {
      if (host !== 'rebound.test') return lookup(host, options, done);
      setImmediate(
        done,
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    }) as never);
    expect(await outcomeOf('rebound.test', canary.port)).toBe('ERR_NORDLYS_ADDRESS_BLOCKED');
    expect(canary.accepted).toBe(0);
  });
});
