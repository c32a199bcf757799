import type { RequestListener } from 'node:http';
import express from 'express';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/index.js';
import type { FakeUpstream } from '../../src/testing/index.js';
import { rawRequests, SMUGGLED, type RawRequest } from '../fixtures/raw-requests.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { rawRequest } from '../support/raw-request.js';

const hosts: readonly [string, (gateway: Gateway) => RequestListener][] = [
  ['node:http', (gateway) => gateway],
  ['Express 5', (gateway) => express().use('/v1/chat/completions', gateway)],
];

const portOf = (baseUrl: string): number => Number(new URL(baseUrl).port);

/** Good requests are waited for; of the others all that comes within a moment, for there may be nothing. */
function patienceFor({ expect: outcome, requests, bytes }: RawRequest): { responses: number; timeoutMs: number } {
  // `100 Continue` comes before the response.
  const interim = bytes.includes('100-continue') ? 1 : 0;
  if (outcome === 'served') return { responses: requests + interim, timeoutMs: 10_000 };
  return { responses: Infinity, timeoutMs: outcome === 'either' ? 400 : 150 };
}

/** The upstream reads by the letter and pipelines greedily: what slips in as a second request is in its ledger. */
function expectNothingSmuggled({ ledger, violations }: FakeUpstream): void {
  expect(violations).toEqual([]);
  for (const entry of ledger) {
    const seen = JSON.stringify([entry.path, entry.rawHeaders, entry.text]);
    expect(seen.toLowerCase()).not.toContain(SMUGGLED);
    expect(entry.headers['transfer-encoding']).toBeUndefined();
    expect(Number(entry.headers['content-length'])).toBe(entry.body.length);
    expect(entry.headers['authorization']).toBe('Bearer operator-secret-0');
  }
}

describe.each(hosts)('behind %s, a request that two servers could read differently', (_host, mount) => {
  it.each(rawRequests.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const upstream = await upstreamFor();
    const { baseUrl, post } = await gatewayOver([upstream], {}, mount);
    const exchange = await rawRequest(portOf(baseUrl), Buffer.from(row.bytes, 'latin1'), patienceFor(row));
    const responses = exchange.responses.filter(({ status }) => status >= 200);
    const served = responses.filter(({ status }) => status === 200).length;
    if (row.expect === 'served') expect(responses.map(({ status }) => status)).toEqual(Array(row.requests).fill(200));
    if (row.expect === 'refused') expect(served).toBe(0);
    expect(served).toBeLessThanOrEqual(row.requests);
    // The next request on the same upstream connection gets a response of their own.
    expect((await post({})).status).toBe(200);
    // As many upstream requests as responses to the clients, never one more.
    expect(upstream.ledger).toHaveLength(served + 1);
    expectNothingSmuggled(upstream);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is the last one on its connection where its extent is unclear', async () => {
    const { baseUrl } = await gatewayOver([await upstreamFor()], {}, mount);
    for (const name of ['xchunked', 'gzip-then-chunked', 'two-hosts']) {
      const row = rawRequests.find((candidate) => candidate.name === name)!;
      const { responses } = await rawRequest(portOf(baseUrl), row.bytes);
      expect(responses[0]).toMatchObject({ status: 400, headers: { connection: 'close' } });
    }
  });
});

it('a corpus with a few bytes changed still makes one upstream request of one client request', async () => {
  const mutation = fc.record({
    row: fc.constantFrom(...rawRequests.filter(({ bytes }) => bytes.length < 2_000)),
    at: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ row, at }) => {
      // Its own gateway: what comes late from one request must not be counted with the next.
      const upstream = await upstreamFor();
      const { baseUrl } = await gatewayOver([upstream], { bodyTimeoutMs: 1_000 });
      const bytes = Buffer.from(row.bytes, 'latin1');
      for (const [where, value] of at) bytes[Math.floor(where * bytes.length)] = value;
      const { responses } = await rawRequest(portOf(baseUrl), bytes, {
        responses: row.requests,
        timeoutMs: 60,
        fin: true,
      });
      const final = responses.filter(({ status }) => status >= 200);
      // A client that closes its side may miss its response; a request that no client sent must not exist.
      expect(upstream.ledger.length).toBeLessThanOrEqual(row.requests);
      expect(final.filter(({ status }) => status === 500)).toEqual([]);
      expect(upstream.violations).toEqual([]);
      for (const { rawHeaders } of upstream.ledger)
        expect(JSON.stringify(rawHeaders).toLowerCase()).not.toContain(SMUGGLED);
    }),
    { numRuns: 250 },
  );
});
