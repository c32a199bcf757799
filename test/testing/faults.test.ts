import { describe, expect, it } from 'vitest';
import { fakeUpstream, faults, type Fault, type FaultName } from '../../src/testing/index.js';
import { rawPost, rawRequest } from '../support/raw-request.js';

const rows = Object.entries(faults) as [FaultName, Fault][];

// Those that wait for the client to give up.
const SLOW = /^hang|Drip$|^switching/;

/** How an exchange ends, as a short text. */
async function endOf(name: FaultName, stream: boolean): Promise<string> {
  await using upstream = await fakeUpstream({ script: faults[name].script });
  const timeoutMs = SLOW.test(name) ? 60 : 5_000;
  const seen = await rawRequest(upstream.port, rawPost({ model: 'm', stream }), { timeoutMs });
  expect(upstream.violations).toEqual([]);
  if (seen.responses[0]?.complete === true) return String(seen.responses[0].status);
  return seen.received === '' ? `${seen.ended} without a head` : `${seen.ended} within the response`;
}

describe.each(rows)('%s', (name, fault) => {
  it('has a description of one line', () => {
    expect(fault.about).toMatch(/^[A-Z0-9].{3,80}\.$/);
    expect(name).toMatch(/^[a-z][A-Za-z0-9]+$/);
  });

  it.each([false, true])('ends the same way each time (stream: %s)', async (stream) => {
    const ends = await Promise.all([endOf(name, stream), endOf(name, stream)]);
    expect(ends[0]).toBe(ends[1]);
  });
});

describe('the faults', () => {
  it.each([
    ['resetBeforeHead', false, 'reset without a head'],
    ['hangOnConnect', false, 'timeout without a head'],
    ['resetMidResponse', false, 'reset within the response'],
    ['resetMidResponse', true, 'reset within the response'],
    ['hangMidResponse', true, 'timeout within the response'],
    ['respondsEarly', false, '413'],
    ['rateLimited', true, '429'],
    ['noContent', false, '204'],
    ['redirect', false, '307'],
    ['cutChunk', false, 'fin within the response'],
    ['noDone', true, '200'],
    // HTTP cannot distinguish a cut from an end.
    ['noFinish', true, '200'],
    ['endlessLine', true, 'limit within the response'],
    ['switchingProtocols', false, '101'],
  ] as const)('%s (stream: %s): %s', async (name, stream, end) => {
    expect(await endOf(name, stream)).toBe(end);
  });

  it('send a retry date that is five seconds after their own date', async () => {
    await using upstream = await fakeUpstream({ script: faults.rateLimitedUntilDate.script });
    const { responses } = await rawRequest(upstream.port, rawPost({}));
    const { headers } = responses[0]!;
    expect(Date.parse(headers['retry-after'] ?? '') - Date.parse(headers['date'] ?? '')).toBe(5_000);
  });
});
