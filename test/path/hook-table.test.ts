import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions, Hooks } from '../../src/index.js';
import { completion, error, hang, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from './fixtures.js';

const page = readFileSync(new URL('../../docs/hooks.md', import.meta.url), 'utf8');
const [, table = ''] = /### Which hook runs when\n[\s\S]*?\n(\|[\s\S]*?)\n\n/.exec(page) ?? [];
const [head = [], , ...rows] = table.split('\n').map((line) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim()),
);
const NAMES = head.slice(1).map((cell) => cell.replaceAll('`', '') as keyof Hooks);

type Counts = Record<string, number>;

/** A gateway over two upstreams, and how often each hook has run since the last `reset`. */
async function counted(options: Partial<GatewayOptions> = {}) {
  const counts: Counts = {};
  const reset = (): void => NAMES.forEach((name) => (counts[name] = 0));
  reset();
  const hooks = Object.fromEntries(NAMES.map((name) => [name, () => void counts[name]!++]));
  const set = await gatewayOver([await upstreamFor(), await upstreamFor()], { hooks, ...options });
  return { counts, reset, ...set };
}

/** Sends a request and reads the whole response. */
async function exchange({ post }: Set, body: object = {}, init: RequestInit = {}): Promise<void> {
  await post(body, init)
    .then((response) => response.text())
    .catch(() => undefined);
}

/** Lets hooks run that nothing waits for. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

const cache = { ignoresBeforeAttempt: true } as const;
const dryRun = { headers: { 'x-nordlys-dry-run': 'plan' } };

/** Row of the page → ways to bring it about. Each resolves to what reads the counts, as hooks may still run. */
const SCENARIOS: Record<string, (() => Promise<() => Counts>)[]> = {
  'one attempt, complete': [
    async () => {
      const set = await counted();
      await exchange(set);
      return () => set.counts;
    },
  ],
  'two attempts: retry, fallback or hedging': [
    async () => {
      const set = await counted();
      set.upstreams[0]!.enqueue(error(503));
      await exchange(set);
      return () => set.counts;
    },
    async () => {
      const set = await counted({ hedging: { delayMs: 1 } });
      set.upstreams[0]!.enqueue(completion('late', { delayMs: 60_000 }));
      await exchange(set);
      return () => set.counts;
    },
  ],
  'cache hit': [
    async () => {
      const set = await counted({ cache });
      await exchange(set);
      await expect.poll(() => set.counts['onSpend']).toBe(1);
      set.reset();
      await exchange(set);
      return () => set.counts;
    },
  ],
  'shares the upstream call of an equal request (`coalesce`)': [
    async () => {
      const set = await counted({ cache: { ...cache, coalesce: true } });
      set.upstreams[0]!.always(completion('shared', { delayMs: 300 }));
      const leader = exchange(set);
      await set.upstreams[0]!.nextRequest();
      set.reset();
      const follower = exchange(set);
      await expect.poll(() => set.counts['selectCandidates']).toBe(1);
      await Promise.all([leader, follower]);
      // The leader's attempt and response are counted too.
      return () => less(set.counts, { afterAttempt: 1, afterResponse: 1, onSpend: 1 });
    },
  ],
  'stream that breaks off': [
    async () => {
      const set = await counted();
      set.upstreams[0]!.enqueue(stream('Half of a response', { afterEvents: 3, end: 'reset' }));
      await exchange(set, { stream: true });
      return () => set.counts;
    },
  ],
  'client disconnects': [
    async () => {
      const set = await counted();
      set.upstreams[0]!.enqueue(hang({ after: 'request' }));
      const client = new AbortController();
      const request = exchange(set, {}, { signal: client.signal });
      await set.upstreams[0]!.nextRequest();
      client.abort();
      await request;
      return () => set.counts;
    },
  ],
  'refused by authentication or validation': [
    async () => {
      const set = await counted();
      await exchange(set, { messages: 1 });
      return () => set.counts;
    },
    async () => {
      const set = await counted();
      await exchange(set, {}, { headers: { authorization: 'Bearer unknown' } });
      return () => set.counts;
    },
  ],
  'dry run (`x-nordlys-dry-run`)': [
    async () => {
      const set = await counted();
      await exchange(set, {}, dryRun);
      return () => set.counts;
    },
    async () => {
      const set = await counted({ cache });
      await exchange(set, {}, dryRun);
      return () => set.counts;
    },
  ],
  '`gateway.planWithHooks()`': [
    async () => {
      const { gateway, counts } = await counted();
      await gateway.planWithHooks({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
      return () => counts;
    },
  ],
  '`gateway.plan()`': [
    async () => {
      const { gateway, counts } = await counted();
      gateway.plan({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
      return () => counts;
    },
  ],
};

function less(counts: Counts, others: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count - (others[name] ?? 0)]));
}

describe('docs/hooks.md lists which hook runs when', () => {
  const described = rows.filter(([row]) => row !== 'every attempt fails');

  it('for every row', () => {
    expect(described.map(([row]) => row)).toEqual(Object.keys(SCENARIOS));
    expect(NAMES).toHaveLength(7);
  });

  it.each(described)('%s', async (row, ...cells) => {
    const expected = Object.fromEntries(NAMES.map((name, index) => [name, Number(cells[index])]));
    for (const scenario of SCENARIOS[row!]!) {
      const counts = await scenario();
      await expect.poll(counts).toEqual(expected);
      await settled();
      expect(counts()).toEqual(expected);
    }
  });

  it('every attempt fails', async () => {
    const cells = rows.find(([row]) => row === 'every attempt fails')!.slice(1);
    const set = await counted({ maxAttempts: 2 });
    for (const upstream of set.upstreams) upstream.always(error(500));
    await exchange(set);
    const attempts = set.upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0);
    expect(attempts).toBe(2);
    const expected = cells.map((cell) => (cell === '1 each' ? attempts : Number(cell)));
    await expect.poll(() => NAMES.map((name) => set.counts[name])).toEqual(expected);
  });
});
