import { describe, expect, it } from 'vitest';
import { memoryLimits } from '../../src/index.js';
import { chat } from '../../src/testing/index.js';
import { upstreamFor } from '../path/fixtures.js';
import { watched } from './watched.js';

interface Usage {
  readonly callers: readonly { readonly caller: string; readonly requests: number; readonly tokens: number }[];
  readonly rules: readonly {
    readonly rule: string;
    readonly windowMs?: number;
    readonly keys: readonly { readonly key: string; readonly used: number; readonly resetsAt?: string }[];
  }[];
}

async function limited(options: object) {
  const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
  const upstream = await upstreamFor(chat('Hi', { usage }));
  const models = { m: { pricing: { prompt: 100, completion: 100 } } };
  const set = await watched([upstream], {
    keys: undefined,
    verifyKey: (key: string) => ({ id: key, team: 'red' }),
    providers: { p0: { baseUrl: upstream.baseUrl, models } },
    ...options,
  } as never);
  const as = async (key: string, body: object = {}): Promise<number> => {
    const response = await fetch(`${set.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
    });
    await response.text();
    return response.status;
  };
  const usageNow = async (): Promise<Usage> =>
    ((await (await set.get('/status.json')).json()) as { usage: Usage }).usage;
  const frame = async (): Promise<string> => String((await (await set.frames()).next()).value);
  return { ...set, as, usageNow, frame };
}

describe('limits and callers on the status page', () => {
  it('are not there where nothing is counted', async () => {
    const { frames, get } = await watched([await upstreamFor()]);
    const frame = String((await (await frames()).next()).value);
    expect(frame).not.toContain('Limits');
    expect(frame).not.toContain('Callers');
    expect(await (await get('/status.json')).json()).not.toHaveProperty('usage');
  });

  it('show by rule who has used most, first, with bars that warn', async () => {
    const { as, usageNow, frame } = await limited({
      limits: {
        rules: [
          { name: 'daily', by: 'caller', requests: 5, per: 'day' },
          { name: 'team', by: 'team', usd: 1, per: '1h' },
        ],
      },
    });
    for (const key of ['ada', 'bob', 'bob', 'bob', 'bob', '<b>']) expect(await as(key)).toBe(200);
    await expect.poll(async () => (await usageNow()).rules[1]?.keys[0]?.used).toBeCloseTo(0.018);
    const { callers, rules } = await usageNow();
    expect(
      rules.map(({ rule, keys }) => [rule, keys.map(({ key, used }) => [key, rule === 'daily' ? used : 0])]),
    ).toEqual([
      [
        'daily',
        [
          ['bob', 4],
          ['ada', 1],
          ['<b>', 1],
        ],
      ],
      ['team', [['red', 0]]],
    ]);
    expect(callers[0]).toMatchObject({ caller: 'bob', requests: 4, tokens: 120 });
    const html = await frame();
    expect(html).toMatch(/<h3>daily<\/h3><p class="legend">requests per day<\/p>/);
    expect(html).toMatch(/<h3>team<\/h3><p class="legend">USD per hour<\/p>/);
    expect(html).toContain('aria-label="bob has used 4 of 5."');
    expect(html).toContain('<rect class="near" width="80" height="8"/>');
    expect(html).toMatch(/resets \d+ \w+, 00:00 UTC/);
    expect(html).toContain('&lt;b&gt;');
    expect(html).not.toContain('<b><b>');
  });

  it('count what was refused as used up, and a new window from the beginning', async () => {
    const { as, usageNow, clock } = await limited({
      limits: { rules: [{ name: 'daily', by: 'caller', requests: 1, per: 'day' }] },
    });
    expect(await as('ada')).toBe(200);
    expect(await as('ada')).toBe(429);
    const used = async () => (await usageNow()).rules[0]!.keys.map(({ used }) => used);
    expect(await used()).toEqual([1]);
    clock.advance(2 * 86_400_000);
    expect(await used()).toEqual([0]);
  });

  it('show the rules of a caller’s own policy, and at most five keys and eight callers', async () => {
    const { as, usageNow } = await limited({
      verifyKey: (key: string) => ({
        id: key,
        policy: { limits: [{ name: 'plan', by: 'caller', requests: 9, per: 'day' }] },
      }),
      limits: { rules: [] },
    });
    for (let caller = 0; caller < 10; caller++) await as(`caller-${caller}`);
    await as('caller-9');
    const { callers, rules } = await usageNow();
    expect(callers).toHaveLength(8);
    expect(rules).toHaveLength(1);
    expect(rules[0]!.keys).toHaveLength(5);
    expect(rules[0]!.keys[0]).toMatchObject({ key: 'policy/caller-9', used: 2 });
  });

  it('take no dry run for a request', async () => {
    const { as, usageNow, origin } = await limited({
      limits: { rules: [{ name: 'daily', by: 'caller', requests: 5, per: 'day' }] },
    });
    await as('ada');
    await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer ada', 'x-nordlys-dry-run': 'plan' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
    });
    const { callers, rules } = await usageNow();
    expect([callers[0]!.requests, rules[0]!.keys[0]!.used]).toEqual([1, 1]);
  });

  it('are omitted if their store throws, and the page is still served', async () => {
    const store = memoryLimits();
    store.read = () => {
      throw new Error('The store is down.');
    };
    const { as, get, frame } = await limited({
      limits: { store, rules: [{ name: 'daily', by: 'caller', requests: 5, per: 'day' }] },
    });
    await as('ada');
    expect((await get('/status.json')).status).toBe(200);
    expect(await frame()).toContain('class="tiles"');
  });
});
