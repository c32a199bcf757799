import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { GatewayOptions, LimitAlert, LimitRule, SpendRecord } from '../../src/index.js';
import { createGateway, memoryLimits } from '../../src/index.js';
import { chat, hang, json, reset, stream, type Script } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

/** A completion whose usage is `prompt` and `completion` tokens. */
const used = (prompt: number, completion: number): Script =>
  json({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  });

interface Lab {
  readonly rules: readonly LimitRule[];
  readonly scripts?: readonly (Script | (() => Script))[];
  /** Prices of `m` at each provider; `null`: none. */
  readonly pricing?: readonly (object | null)[];
  readonly limits?: Partial<NonNullable<GatewayOptions['limits']>>;
  readonly options?: Partial<GatewayOptions>;
}

async function limited({ rules, scripts = [used(10, 10)], pricing = [], limits, options }: Lab) {
  const upstreams = await Promise.all(scripts.map((script) => upstreamFor(script as Script)));
  const records: SpendRecord[] = [];
  const providers = Object.fromEntries(
    upstreams.map(({ baseUrl }, index) => [
      `p${index}`,
      {
        baseUrl,
        models: {
          m: { pricing: pricing[index] === undefined ? { prompt: 1, completion: 1 } : pricing[index] },
          small: { pricing: { prompt: 0.01, completion: 0.01 } },
        },
      },
    ]),
  );
  const set = await gatewayOver(upstreams, {
    keys: undefined,
    verifyKey: (key: string) => ({ id: key, team: key.split('-')[0] }),
    providers,
    limits: { rules, ...limits },
    ...options,
    hooks: { onSpend: (record: SpendRecord) => void records.push(record), ...options?.hooks },
  } as never);
  const as = (key: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
    set.post(body, { headers: { authorization: `Bearer ${key}`, ...headers } });
  return { ...set, as, records };
}

const errorOf = async (response: Response): Promise<Record<string, unknown>> =>
  ((await response.json()) as { error: Record<string, unknown> }).error;

describe('rates', () => {
  it('refuses a request over the limit with the exact wait, and sends what the caller has left', async () => {
    const { as } = await limited({ rules: [{ name: 'rpm', by: 'caller', requests: 2, per: '1m' }] });
    const first = await as('a');
    expect(first.status).toBe(200);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect(first.headers.get('x-ratelimit-reset-requests')).toBe('30s');
    expect(first.headers.get('ratelimit-policy')).toBe('"rpm";q=2;w=60');
    expect(first.headers.get('ratelimit')).toBe('"rpm";r=1;t=30');
    await as('a');
    const refused = await as('a');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    const waitMs = Number(refused.headers.get('retry-after-ms'));
    expect(waitMs).toBeGreaterThan(25_000);
    expect(waitMs).toBeLessThanOrEqual(30_000);
    expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1_000)));
    expect(await errorOf(refused)).toMatchObject({
      code: 'rate_limit_exceeded',
      type: 'requests',
      metadata: { rule: 'rpm', limit: 2 },
    });
    expect((await as('b')).status).toBe(200);
  });

  it('streams and errors carry it as well', async () => {
    const { as } = await limited({
      rules: [{ name: 'rpm', by: 'caller', requests: 9, per: '1m' }],
      scripts: [stream('a b')],
    });
    const streamed = await as('a', { stream: true });
    await streamed.text();
    expect(streamed.headers.get('x-ratelimit-remaining-requests')).toBe('8');
    const { as: failing } = await limited({
      rules: [{ name: 'rpm', by: 'caller', requests: 9, per: '1m' }],
      scripts: [json({}, { status: 400 })],
    });
    const failed = await failing('a');
    expect(failed.status).toBe(400);
    expect(failed.headers.get('x-ratelimit-remaining-requests')).toBe('8');
  });

  it('counts tokens: reserved before, settled after', async () => {
    const { as, gateway } = await limited({
      rules: [{ name: 'tpm', by: 'caller', tokens: 1_000, per: 'hour' }],
      scripts: [used(100, 150)],
    });
    const first = await as('a', { max_tokens: 600 });
    // Six tokens of prompt are estimated, and as many of completion reserved as requested.
    expect(first.headers.get('x-ratelimit-remaining-tokens')).toBe(String(1_000 - 600 - 5));
    await expect.poll(async () => (await gateway.usage('a')).limits[0]?.used).toBe(250);
    const large = await as('a', { max_tokens: 2_000 });
    expect(large.status).toBe(400);
    expect(await errorOf(large)).toMatchObject({ code: 'request_too_large_for_limit' });
    const refused = await as('a', { max_tokens: 800 });
    expect(refused.status).toBe(429);
    expect(await errorOf(refused)).toMatchObject({ type: 'tokens', metadata: { rule: 'tpm' } });
  });

  it('counts what is open at once, by session', async () => {
    const { as, upstreams } = await limited({
      rules: [{ name: 'open', by: 'session', concurrent: 1 }],
      scripts: [hang()],
    });
    void as('a', {}, { 'x-session-id': 's' }).catch(() => undefined);
    await expect.poll(() => upstreams[0]?.ledger.length).toBe(1);
    const second = await as('a', {}, { 'x-session-id': 's' });
    expect(second.status).toBe(429);
    expect(second.headers.get('retry-after')).toBe('1');
  });

  it('a cached response counts as a request, and costs nothing', async () => {
    const { as, records, gateway } = await limited({
      rules: [
        { name: 'rpm', by: 'caller', requests: 2, per: 'day' },
        { name: 'usd', by: 'caller', usd: 1, per: 'day' },
      ],
      options: { cache: {} },
    });
    await (await as('a')).json();
    const hit = await as('a');
    await hit.json();
    expect(hit.headers.get('x-nordlys-cache')).toBe('HIT');
    expect((await as('a')).status).toBe(429);
    await expect
      .poll(() => records.map(({ outcome, costUsd }) => [outcome, costUsd]))
      .toEqual([
        ['complete', 20e-6],
        ['cached', 0],
      ]);
    expect((await gateway.usage('a')).limits.map(({ used }) => used)).toEqual([2, 20e-6]);
  });

  it('a cached response is free if the rule sets it', async () => {
    const { as } = await limited({
      rules: [{ name: 'rpm', by: 'caller', requests: 1, per: 'day', cached: 'free' }],
      options: { cache: {} },
    });
    await (await as('a')).json();
    await expect.poll(async () => (await as('a')).status).toBe(429);
  });

  it('a cached response that is free uses nothing of the limit', async () => {
    const { as, gateway } = await limited({
      rules: [{ name: 'rpm', by: 'caller', requests: 2, per: 'day', cached: 'free' }],
      options: { cache: {} },
    });
    const used = async () => (await gateway.usage('a')).limits[0]?.used;
    for (let times = 0; times < 4; times++) {
      const response = await as('a');
      expect([response.status, response.headers.get('x-nordlys-cache')]).toEqual([200, times === 0 ? 'MISS' : 'HIT']);
      await response.json();
      await expect.poll(used).toBe(1);
    }
  });
});

describe('budgets', () => {
  const day: LimitRule = { name: 'day', by: 'caller', usd: 0.001, per: 'day', timeZone: 'Europe/Zurich' };

  it('refuses with 402 what exceeds them, and names the time of renewal', async () => {
    const { as } = await limited({ rules: [day], scripts: [used(10, 890)] });
    expect((await as('a', { max_tokens: 900 })).status).toBe(200);
    await expect.poll(async () => (await as('a', { max_tokens: 900 })).status).toBe(402);
    const refused = await as('a', { max_tokens: 900 });
    expect(refused.headers.get('x-should-retry')).toBe('false');
    const error = await errorOf(refused);
    expect(error).toMatchObject({ code: 'budget_exceeded', metadata: { rule: 'day', remaining: 0.0001 } });
    expect(error['message']).toMatch(/"day" of \$0\.001 .* renewed at 20\d\d-/);
    expect((await as('a', { max_tokens: 10 })).status).toBe(200);
  });

  it('200 racing requests of $0.05 against $1: exactly 20', async () => {
    const rule: LimitRule = { name: 'day', by: 'team', usd: 1, per: 'day' };
    const pricing = [{ prompt: 0, completion: 0, request: 0.05 }];
    const { as, upstreams, gateway } = await limited({ rules: [rule], pricing });
    const responses = await Promise.all(Array.from({ length: 200 }, (_, index) => as(`team-${index}`)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(responses.filter(({ status }) => status === 402)).toHaveLength(180);
    expect(upstreams[0]?.ledger).toHaveLength(20);
    await expect.poll(async () => (await gateway.usage('team-1')).limits[0]?.used).toBe(1);
  });

  it('excludes endpoints that are too expensive, and takes a cheaper one', async () => {
    const { as, upstreams } = await limited({
      rules: [day],
      scripts: [chat('dear'), chat('cheap')],
      pricing: [
        { prompt: 1_000, completion: 1_000 },
        { prompt: 1, completion: 1 },
      ],
    });
    const response = await as('a', { max_tokens: 100, provider_order: ['p0', 'p1'] });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(upstreams[0]?.ledger).toHaveLength(0);
  });

  it('the dry run charges nothing, and reports what is too expensive or refused', async () => {
    const { as, gateway } = await limited({
      rules: [day, { name: 'rpm', by: 'caller', requests: 1, per: 'day' }],
      scripts: [chat('dear'), chat('cheap')],
      pricing: [
        { prompt: 1_000, completion: 1_000 },
        { prompt: 1, completion: 1 },
      ],
    });
    const dry = { 'x-nordlys-dry-run': 'plan' };
    for (let times = 0; times < 3; times++) {
      const plan = (await (await as('a', { max_tokens: 100 }, dry)).json()) as { excluded: unknown };
      expect(plan.excluded).toMatchObject([{ slug: 'p0', reason: 'budget' }]);
    }
    expect(gateway.plan({ model: 'm', max_tokens: 100 }, { caller: { id: 'a' } }).excluded).toMatchObject([
      { slug: 'p0', reason: 'budget' },
    ]);
    expect((await as('a', { max_tokens: 900_000 }, dry)).status).toBe(402);
    expect(() => gateway.plan({ model: 'm', max_tokens: 900_000 }, { caller: { id: 'a' } })).toThrow(/budget "day"/);
    expect((await gateway.usage('a')).limits.map(({ used }) => used)).toEqual([0, 0]);
    await as('a', { max_tokens: 100 });
    expect((await as('a', { max_tokens: 100 }, dry)).status).toBe(429);
  });

  it('falls back to other models if the rule sets it, and reports it', async () => {
    const { as } = await limited({
      rules: [{ ...day, onExceeded: { models: ['small'] } }],
      pricing: [{ prompt: 1_000, completion: 1_000 }],
    });
    const response = await as('a', { max_tokens: 100 });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-model')).toBe('small');
    expect(response.headers.get('x-nordlys-limit-fallback')).toBe('day');
    const plan = (await (await as('a', { max_tokens: 100 }, { 'x-nordlys-dry-run': 'plan' })).json()) as {
      candidates: unknown;
    };
    expect(plan.candidates).toMatchObject([{ model: 'small' }]);
  });

  it('warns if the rule sets it', async () => {
    const { as } = await limited({ rules: [{ ...day, usd: 0.00001, onExceeded: 'warn' }] });
    await as('a', { max_tokens: 100 });
    const response = await as('a', { max_tokens: 100 });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-nordlys-limit-warning')).toBe('day');
  });

  it('re-prices before a further attempt: what may have been billed is spent', async () => {
    const { as, records, upstreams } = await limited({
      // The prompt of the first attempt, five tokens, and both completions do not fit.
      rules: [{ ...day, usd: 0.00011 }],
      scripts: [reset(), chat('fine')],
      pricing: [
        { prompt: 1, completion: 1 },
        { prompt: 1, completion: 1 },
      ],
    });
    expect((await as('a', { max_tokens: 102 })).status).toBe(502);
    expect(upstreams[1]?.ledger).toHaveLength(0);
    await expect
      .poll(() => records)
      .toMatchObject([{ outcome: 'failed', estimated: true, attempts: [{ possiblyBilled: true }] }]);
    expect((await as('b', { max_tokens: 99 })).status).toBe(200);
  });

  it('callers pay nothing for their own keys, and their requests still count', async () => {
    const { as, gateway, records } = await limited({
      rules: [
        { ...day, usd: 0.000001 },
        { name: 'rpm', by: 'caller', requests: 5, per: 'day' },
      ],
    });
    const own = { provider_configs: { p0: { api_key: 'sk-own' } } };
    expect((await as('a', own)).status).toBe(200);
    await expect.poll(async () => (await gateway.usage('a')).limits.map(({ used }) => used)).toEqual([0, 1]);
    expect(records).toMatchObject([{ costUsd: 0, outcome: 'complete' }]);
  });

  it('alerts once per threshold and window', async () => {
    const alerts: LimitAlert[] = [];
    const store = memoryLimits();
    const claim = vi.spyOn(store, 'claim');
    const { as } = await limited({
      rules: [{ ...day, alertAt: [0.5, 1] }],
      scripts: [used(10, 190)],
      limits: { store, onAlert: (alert) => void alerts.push(alert) },
    });
    for (let times = 0; times < 8; times++) await as('a', { max_tokens: 190 });
    await expect.poll(() => alerts.length).toBeGreaterThan(0);
    await as('a', { max_tokens: 190 });
    expect(alerts.map(({ ratio }) => ratio)).toEqual([0.5, 1]);
    expect(claim).toHaveBeenCalledTimes(2);
    expect(alerts[0]).toMatchObject({ rule: 'day', key: 'a', limit: 0.001 });
  });

  it('an aborted stream is settled: at what was delivered, or at what was reserved', async () => {
    for (const onAbort of ['delivered', 'reserved'] as const) {
      const { as, records, gateway } = await limited({
        rules: [day],
        scripts: [stream('one two three', { afterEvents: 3, end: 'hang' })],
        limits: { onAbort },
      });
      const response = await as('a', { stream: true, max_tokens: 500 });
      const reader = response.body!.getReader();
      await reader.read();
      await reader.cancel();
      await expect.poll(() => records.length).toBe(1);
      expect(records[0]).toMatchObject({ outcome: 'aborted', estimated: true });
      const { used: spent } = (await gateway.usage('a')).limits[0]!;
      expect(records[0]!.costUsd).toBeCloseTo(spent, 9);
      const { input, output } = records[0]!.tokens;
      expect(input).toBeGreaterThan(0);
      expect(output).toBeGreaterThan(0);
      expect(input + output).toBe((await gateway.usage('a')).tokens);
      if (onAbort === 'reserved') expect(spent).toBe(505e-6);
      else expect(spent).toBeLessThan(20e-6);
    }
  });

  it('an aborted stream is not estimated at more tokens than it may have', async () => {
    const { as, records } = await limited({
      rules: [day],
      scripts: [stream('的的的的的的的的 '.repeat(50), { afterEvents: 20, end: 'hang' })],
    });
    const response = await as('a', { stream: true, max_tokens: 3 });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => records).toMatchObject([{ estimated: true, tokens: { output: 3 } }]);
  });

  it('a request to an endpoint without a price costs in its record what the rule counts', async () => {
    const { as, records, gateway } = await limited({
      rules: [day],
      pricing: [null],
      limits: { unpriced: 0.0002 },
    });
    expect((await as('a')).status).toBe(200);
    await expect.poll(() => records).toMatchObject([{ costUsd: 0.0002, estimated: true, outcome: 'complete' }]);
    expect((await gateway.usage('a')).limits[0]!.used).toBe(0.0002);
  });

  it('a request that is aborted before its first chunk costs what its record says', async () => {
    const { post, records, gateway, upstreams } = await limited({
      rules: [day],
      scripts: [stream('one two three', { headDelayMs: 5_000 })],
      limits: { onAbort: 'reserved' },
    });
    const client = new AbortController();
    const headers = { authorization: 'Bearer a' };
    const response = post({ stream: true, max_tokens: 500 }, { headers, signal: client.signal });
    await upstreams[0]!.nextRequest();
    client.abort();
    await expect(response).rejects.toThrow();
    await expect.poll(() => records.length).toBe(1);
    const { costUsd, limits } = await gateway.usage('a');
    expect([records[0]!.costUsd, costUsd]).toEqual([limits[0]!.used, limits[0]!.used]);
    expect(costUsd).toBeCloseTo(505e-6, 9);
  });

  it('with `drain` the upstream may finish after its client has disconnected, and its usage is charged', async () => {
    const { as, records } = await limited({
      rules: [day],
      scripts: [stream('one two three four', { delayMs: 40 })],
      limits: { onAbort: 'drain' },
    });
    const response = await as('a', { stream: true, max_tokens: 9 });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => records.length, { timeout: 3_000 }).toBe(1);
    expect(records[0]).toMatchObject({ estimated: false });
    expect(records[0]!.costUsd).toBeGreaterThan(0);
  });

  it('429 if OpenAI’s status is configured', async () => {
    const { as } = await limited({ rules: [{ ...day, usd: 1e-6 }], limits: { budgetStatus: 429 } });
    const refused = await as('a', { max_tokens: 100 });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-should-retry')).toBe('false');
  });

  it('an endpoint without a price stops the start, unless its cost is configured', () => {
    const providers = { p: { baseUrl: 'http://127.0.0.1:9/v1', models: ['m'] } };
    const start = (unpriced?: number) => createGateway({ keys: ['k'], providers, limits: { rules: [day], unpriced } });
    expect(() => start()).toThrow(/the rule "day" counts USD, and "p" has no price for "m"/);
    const gateway = start(0.01);
    expect(() => gateway.update(providers)).not.toThrow();
    onTestFinished(() => gateway.close());
  });
});

describe('the kill switch', () => {
  it('refuses new requests and ends open ones', async () => {
    const { as, gateway, upstreams } = await limited({
      rules: [{ name: 'rpm', by: 'caller', requests: 100, per: '1m' }],
      scripts: [stream('a b c', { afterEvents: 2, end: 'hang' })],
    });
    const open = await as('a', { stream: true }, { 'x-session-id': 's' });
    await gateway.limits.block({ by: 'session', key: 's', untilMs: Date.now() + 60_000 });
    expect(await open.text()).toContain('caller_blocked');
    await expect.poll(() => upstreams[0]?.ledger[0]?.closedBy).toBe('client');
    expect((await as('a', {}, { 'x-session-id': 's' })).status).toBe(403);
    expect(upstreams[0]?.ledger).toHaveLength(1);
    expect((await as('a', { stream: true }, { 'x-session-id': 'other' })).status).toBe(200);
    await gateway.limits.block({ by: 'session', key: 's', untilMs: 0 });
    expect((await as('a', { stream: true }, { 'x-session-id': 's' })).status).toBe(200);
  });

  it('refuses a block with what it must be', async () => {
    const { gateway } = await limited({ rules: [] });
    await expect(gateway.limits.block({ by: 'colour', key: 'x', untilMs: 1 })).rejects.toThrow(
      /by must be one of caller/,
    );
    await expect(gateway.limits.block({ by: 'caller', key: 'x' } as never)).rejects.toThrow(
      /untilMs must be Unix time/,
    );
  });
});

describe('policies', () => {
  const policed = (policy: object) =>
    limited({ rules: [], options: { verifyKey: () => ({ id: 'a', policy }) } as never });

  it('let a caller use its models only: in requests, in the list and in plans', async () => {
    const { as, gateway, baseUrl } = await policed({ models: ['sm*'] });
    expect((await as('k', { model: 'small' })).status).toBe(200);
    const refused = await as('k', { model: 'm' });
    expect(refused.status).toBe(403);
    expect(await errorOf(refused)).toMatchObject({ code: 'model_not_allowed' });
    const list = await fetch(`${baseUrl}/models`, { headers: { authorization: 'Bearer k' } });
    expect(((await list.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual(['small']);
    expect(list.headers.get('vary')).toMatch(/authorization/);
    expect(() => gateway.plan({ model: 'm' }, { caller: { id: 'a', policy: { models: ['sm*'] } } })).toThrow(
      /may not use/,
    );
    expect(gateway.plan({ model: 'm' }).candidates).toHaveLength(1);
  });

  it('hold prices, providers and retention', async () => {
    expect((await (await policed({ maxPrice: { prompt: 0.5 } })).as('k', { model: 'm' })).status).toBe(403);
    expect((await (await policed({ providers: ['p9'] })).as('k', { model: 'm' })).status).toBe(403);
    expect((await (await policed({ zdr: true })).as('k', { model: 'm' })).status).toBe(404);
    expect((await (await policed({ providers: ['p0'], maxPrice: { prompt: 1 } })).as('k', { model: 'm' })).status).toBe(
      200,
    );
  });

  it('limit one caller by rules of its own', async () => {
    const { as } = await policed({ limits: [{ name: 'own', by: 'caller', requests: 1, per: 'day' }] });
    expect((await as('k')).status).toBe(200);
    expect((await as('k')).status).toBe(429);
  });

  it('that are invalid refuse all requests', async () => {
    const { as } = await limited({
      rules: [],
      options: { verifyKey: () => ({ id: 'a', policy: { modles: ['small'] } }), hooks: { onError: () => {} } } as never,
    });
    expect((await as('k')).status).toBe(500);
  });

  it.each([[{ requests: 1 }], 'rpm', [[{ name: 'rpm', by: 'caller', reqests: 1, per: 'day' }]]])(
    'whose limits are invalid refuse all requests (%j)',
    async (limits) => {
      const { as } = await limited({
        rules: [],
        options: { verifyKey: () => ({ id: 'a', policy: { limits } }), hooks: { onError: () => {} } } as never,
      });
      expect((await as('k')).status).toBe(500);
    },
  );
});

describe('accounts', () => {
  it('report what each request cost, once, with its attempts', async () => {
    const { as, records } = await limited({
      rules: [],
      scripts: [json({ error: { message: 'busy' } }, { status: 503 }), used(7, 3)],
    });
    const response = await as('team-a', {}, { 'x-session-id': 's' });
    await response.json();
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]).toMatchObject({
      requestId: response.headers.get('x-request-id'),
      caller: 'team-a',
      tenant: 'team',
      session: 's',
      model: 'm',
      provider: 'p1',
      tokens: { input: 7, output: 3 },
      costUsd: 10e-6,
      estimated: false,
      outcome: 'complete',
      attempts: [
        { slug: 'p0', status: 503, possiblyBilled: false },
        { slug: 'p1', status: 200, costUsd: 10e-6 },
      ],
    });
  });

  it('GET …/usage shows a caller its own numbers', async () => {
    const { as, baseUrl } = await limited({ rules: [{ name: 'rpm', by: 'caller', requests: 5, per: 'day' }] });
    await (await as('a')).json();
    const post = async (key: string) =>
      (await fetch(`${baseUrl}/usage`, { headers: { authorization: `Bearer ${key}` } })).json();
    await expect
      .poll(() => post('a'))
      .toMatchObject({
        caller: 'a',
        requests: 1,
        tokens: 20,
        limits: [{ rule: 'rpm', used: 1, remaining: 4, resetsAt: expect.stringMatching(/T00:00:00\.000Z$/) }],
      });
    expect(await post('b')).toMatchObject({ requests: 0, limits: [{ used: 0 }] });
  });

  it('records are written in batches, again where that failed, and flushed by close()', async () => {
    const written: string[][] = [];
    let fails = 1;
    const { as, gateway } = await limited({
      rules: [],
      options: {
        spendSink: {
          maxBatch: 2,
          maxWaitMs: 60_000,
          write(records: readonly SpendRecord[]) {
            if (fails-- > 0) throw new Error('no');
            written.push(records.map(({ caller }) => caller!));
          },
        },
      } as never,
    });
    for (const key of ['a', 'b', 'c']) await (await as(key)).json();
    await gateway.close();
    expect(written.flat()).toEqual(['a', 'b', 'c']);
  });

  it('metrics count refusals by rule, not by caller', async () => {
    const upstream = await upstreamFor(chat('fine'));
    const { post, gateway } = await gatewayOver(
      [upstream],
      { limits: { rules: [{ name: 'rpm', by: 'session', requests: 1, per: 'day' }] } },
      (served) => (req, res) => (req.url === '/metrics' ? served.metrics(req, res) : served(req, res)),
    );
    for (const session of ['a', 'a', 'b', 'b']) await post({}, { headers: { 'x-session-id': session } });
    const text = await new Promise<string>((resolve) => {
      const res = { headersSent: false, destroyed: false, on: () => res, writeHead() {}, end: resolve };
      const req = {
        method: 'GET',
        url: '/metrics',
        headers: { authorization: 'Bearer demo-key' },
        rawHeaders: ['authorization', 'Bearer demo-key'],
      };
      gateway.metrics(req as never, res as never);
    });
    expect(text).toContain('nordlys_limit_requests_total{rule="rpm",event="refused"} 2');
    expect(text).not.toContain('"a"');
  });
});
