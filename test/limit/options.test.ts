import { describe, expect, it } from 'vitest';
import { createGateway, limit } from '../../src/index.js';

const rule = { name: 'rpm', by: 'caller', requests: 1, per: '1m' };
const start = (limits: unknown): void => {
  const gateway = createGateway({
    keys: ['k'],
    providers: { p: { baseUrl: 'http://127.0.0.1:9/v1', models: { m: { pricing: { prompt: 1, completion: 1 } } } } },
    limits: limits as never,
  });
  void gateway.close();
};
const rules = (...given: object[]) => ({ rules: given.map((each) => ({ ...rule, ...each })) });

describe('limits', () => {
  it.each([
    rules({}),
    rules({ timeZone: null, burst: null, alertAt: null, onExceeded: null }),
    rules({ onExceeded: { models: ['m:floor', 'p:m', 'auto'] } }),
    rules({ requests: undefined, tokens: 5, burst: 10, reserve: 'expected' }),
    rules({ requests: undefined, usd: 0.01, per: 'month', timeZone: 'Asia/Tokyo', alertAt: [0.5, 1] }),
    rules({ requests: undefined, usd: 5, per: '24h', onExceeded: { models: ['m'] } }),
    rules({ requests: undefined, concurrent: 3, per: undefined, by: () => 'all' }),
    { rules: [], storeTimeoutMs: 10, onStoreError: 'closed', budgetStatus: 429, onAbort: 'drain', drainMs: 5 },
  ])('starts with %j', (limits) => expect(() => start(limits)).not.toThrow());

  it.each([
    [{}, /limits\.rules must be a list of rules\.$/],
    [{ rules: [], onStoreErorr: 'open' }, /limits: unknown option "onStoreErorr"\. Did you mean "onStoreError"/],
    [
      { rules: [], store: {} },
      /limits\.store must be a limit store, such as redisLimits\(client\); it has no reserve\(\)/,
    ],
    [{ rules: [], storeTimeoutMs: 51 }, /limits\.storeTimeoutMs must be 50 or less/],
    [
      { rules: [], onStoreError: 'ignore' },
      /limits\.onStoreError must be one of "local", "open", "closed", got "ignore"/,
    ],
    [{ rules: [], budgetStatus: 403 }, /limits\.budgetStatus must be 402 or 429, got 403/],
    [{ rules: [], unpriced: -1 }, /limits\.unpriced must be a number of USD, 0 or more/],
    [{ rules: [], onAlert: true }, /limits\.onAlert must be a function/],
    [rules({ name: '' }), /limits\.rules\[0\]\.name must be 1 to 64 letters/],
    [rules({ name: 'a "b"' }), /limits\.rules\[0\]\.name must be 1 to 64 letters/],
    [rules({}, {}), /limits\.rules\[1\]\.name is used twice, got "rpm"/],
    [
      rules({ by: 'user' }),
      /limits\.rules\[0\]\.by must be one of "caller", "tenant", "team", "session", "model", or a function/,
    ],
    [rules({ tokens: 5 }), /exactly one of requests, tokens, concurrent, usd, got requests and tokens/],
    [rules({ requests: undefined }), /exactly one of requests, tokens, concurrent, usd, got none of them/],
    [rules({ request: 5 }), /unknown option "request"\. Did you mean "requests"/],
    [rules({ requests: 0.5 }), /limits\.rules\[0\]\.requests must be a whole number of requests, 1 or more, got 0\.5/],
    [rules({ requests: '5' }), /limits\.rules\[0\]\.requests must be a whole number/],
    [rules({ requests: undefined, usd: 0 }), /limits\.rules\[0\]\.usd must be a number of USD above 0/],
    [rules({ requests: undefined, usd: 1e7 }), /below 9 million/],
    [rules({ requests: undefined, usd: -5 }), /usd must be a number of USD above 0 and below 9 million, got -5/],
    [rules({ requests: undefined, usd: '5' }), /limits\.rules\[0\]\.usd must be a number of USD/],
    [rules({ per: undefined }), /limits\.rules\[0\]\.per must be "minute"/],
    [rules({ requests: undefined, concurrent: 1 }), /limits\.rules\[0\]\.per is not for concurrent/],
    [rules({ per: 'day', burst: 5 }), /limits\.rules\[0\]\.burst is for requests and tokens of a rolling window/],
    [rules({ requests: undefined, usd: 1, burst: 5 }), /limits\.rules\[0\]\.burst is for requests and tokens/],
    [rules({ reserve: 'most' }), /limits\.rules\[0\]\.reserve must be one of "worst", "expected"/],
    [rules({ onExceeded: 'block' }), /limits\.rules\[0\]\.onExceeded must be one of "refuse", "warn"/],
    [rules({ onExceeded: { models: [] } }), /limits\.rules\[0\]\.onExceeded\.models must name at least one model/],
    [rules({ onExceeded: { model: ['m'] } }), /unknown option "model"\. Did you mean "models"/],
    [rules({ alertAt: 0.8 }), /limits\.rules\[0\]\.alertAt must be a list of shares of the limit, .*, got 0\.8/],
    [rules({ alertAt: [0] }), /limits\.rules\[0\]\.alertAt\[0\] must be a share of the limit above 0, .*, got 0/],
    [rules({ alertAt: [0.5, 80] }), /limits\.rules\[0\]\.alertAt\[1\] must be a share .* 0\.8 is 80 %, got 80/],
    [
      rules({ onExceeded: { models: ['m', 'mm'] } }),
      /limits\.rules\[0\]\.onExceeded\.models: no provider has "mm"\. Did you mean "m"\?/,
    ],
    [rules({ cached: true }), /limits\.rules\[0\]\.cached must be one of "count", "free"/],
  ])('refuses %j', (limits, message) => expect(() => start(limits)).toThrow(message as RegExp));

  it('refuse an update that takes a fallback model away, and arguments of the wrong type', async () => {
    const provider = (model: string) => ({ baseUrl: 'http://127.0.0.1:9/v1', models: [model] });
    const gateway = createGateway({
      keys: ['k'],
      providers: { p: provider('m'), q: provider('spare') },
      limits: rules({ onExceeded: { models: ['spare'] } }) as never,
    });
    expect(() => gateway.update({ p: provider('m') })).toThrow(/onExceeded\.models: no provider has "spare"/);
    await expect(gateway.usage(undefined as never)).rejects.toThrow('usage: callerId must be a non-empty string.');
    await expect(gateway.limits.block({ by: 'caller', key: 'a' } as never)).rejects.toThrow(
      'limits.block: untilMs must be Unix time in milliseconds.',
    );
    await gateway.close();
  });

  it('are options of the stage as well', () => {
    expect(() => limit({ rules: [rule as never] })).not.toThrow();
    expect(() => limit({ rulse: [] } as never)).toThrow(/limit: unknown option "rulse"\. Did you mean "rules"/);
  });

  it('spendSink is refused with what it must be', () => {
    const options = { keys: ['k'], providers: { p: { baseUrl: 'http://127.0.0.1:9/v1', models: ['m'] } } } as const;
    expect(() => createGateway({ ...options, spendSink: {} as never })).toThrow(/spendSink\.write must be a function/);
    expect(() => createGateway({ ...options, spendSink: { write() {}, maxBatch: 0 } })).toThrow(/spendSink\.maxBatch/);
  });
});
