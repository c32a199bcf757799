import { describe, expect, it } from 'vitest';
import type { UpstreamHead } from '../../src/contracts/transport.js';
import { fakeUpstream, hostileHeads, type HostileHead } from '../../src/testing/index.js';
import { probe, readBody, requestTo } from '../../src/testing/transport-probe.js';
import { plainTransport } from './plain-transport.js';

/** What a careful client of `node:http` makes of a head: the response in it, or nothing. */
async function understood(head: UpstreamHead): Promise<unknown> {
  const { text, complete } = await readBody(head);
  const coding = head.headers['content-encoding'] ?? 'identity';
  if (head.status !== 200 || !complete || coding !== 'identity') return undefined;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return JSON.parse(decoder.decode(Buffer.from(text))) as unknown;
  } catch {
    return undefined;
  }
}

async function outcomeOf(hostile: HostileHead): Promise<'response' | 'error'> {
  await using upstream = await fakeUpstream({ script: hostile.script });
  const transport = plainTransport();
  const call = probe(transport, requestTo(upstream));
  try {
    if (hostile.name.endsWith('for-ever')) {
      await upstream.nextRequest();
      return 'error';
    }
    if ((await call.settled()) === 'failure') return 'error';
    const body = await understood(await call.head());
    return JSON.stringify(body)?.includes('Sound.') === true ? 'response' : 'error';
  } finally {
    call.abort();
    transport.close();
  }
}

describe('a careful client of node:http makes of', () => {
  it.each(hostileHeads.map((head) => [head.name, head] as const))(
    '%s has the result of the corpus',
    async (_name, head) => {
      const outcome = await outcomeOf(head);
      if (head.expect !== 'either') expect(outcome).toBe(head.expect);
    },
  );
});

describe('the corpus', () => {
  it('names each head once', () => {
    expect(new Set(hostileHeads.map((head) => head.name)).size).toBe(hostileHeads.length);
    for (const { name } of hostileHeads) expect(name).toMatch(/^[a-z0-9.-]+$/);
  });

  it('holds heads of every kind', () => {
    expect(hostileHeads.length).toBeGreaterThan(80);
    for (const kind of ['error', 'response', 'either']) {
      expect(hostileHeads.filter((head) => head.expect === kind).length).toBeGreaterThan(8);
    }
  });
});
