import dns from 'node:dns';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDnsCache } from '../../src/transports/dns-cache.js';
import { FakeClock } from '../support/fake-clock.js';

type Done = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void;

afterEach(() => vi.restoreAllMocks());

function setUp() {
  const clock = new FakeClock();
  const questions: { host: string; done: Done }[] = [];
  vi.spyOn(dns, 'lookup').mockImplementation(((host: string, _options: unknown, done: Done) => {
    questions.push({ host, done });
  }) as never);
  const lookup = createDnsCache(clock);
  const results: string[] = [];
  const post = (host = 'api.test', all = true): void =>
    lookup(host, { all }, (error, found) => {
      results.push(
        error === null ? (Array.isArray(found) ? found.map(({ address }) => address).join() : found) : error.code!,
      );
    });
  return { clock, questions, post, results };
}

const found: dns.LookupAddress[] = [
  { address: '203.0.113.1', family: 4 },
  { address: '203.0.113.2', family: 4 },
];
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a lookup that is shared', () => {
  it('sends one lookup per name for all waiting callers', () => {
    const { questions, post, results } = setUp();
    for (let time = 0; time < 5; time++) post();
    post('other.test');
    expect(questions.map(({ host }) => host)).toEqual(['api.test', 'other.test']);
    questions[0]!.done(null, found);
    expect(results).toEqual(Array<string>(5).fill('203.0.113.1,203.0.113.2'));
  });

  it('caches an address for 30 seconds', async () => {
    const { clock, questions, post, results } = setUp();
    post();
    questions[0]!.done(null, found);
    clock.advance(29_999);
    post('api.test', false);
    await turn();
    expect(questions).toHaveLength(1);
    expect(results.at(-1)).toBe('203.0.113.1');
    clock.advance(1);
    post();
    expect(questions).toHaveLength(2);
  });

  it('caches a failure for a second', async () => {
    const { clock, questions, post, results } = setUp();
    post();
    questions[0]!.done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    post();
    await turn();
    expect(questions).toHaveLength(1);
    expect(results).toEqual(['ENOTFOUND', 'ENOTFOUND']);
    clock.advance(1_000);
    post();
    expect(questions).toHaveLength(2);
  });

  it('lets no request wait longer than two seconds, and queries a name service that hangs only once', () => {
    const { clock, questions, post, results } = setUp();
    post();
    clock.advance(1_500);
    post();
    clock.advance(500);
    expect(results).toEqual(['ETIMEOUT']);
    clock.advance(1_500);
    expect(results).toEqual(['ETIMEOUT', 'ETIMEOUT']);
    post();
    expect(questions).toHaveLength(1);
    questions[0]!.done(null, found);
    expect(results.at(-1)).toBe('203.0.113.1,203.0.113.2');
    expect(clock.pending.size).toBe(0);
  });

  it('fails with ENOTFOUND if a name has no address', () => {
    const { questions, post, results } = setUp();
    post();
    questions[0]!.done(null, []);
    expect(results).toEqual(['ENOTFOUND']);
  });
});
