import { describe, expect, it, vi } from 'vitest';
import { chat, error, hang, reset, type FakeUpstream } from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { gatewayOver, SHORT, textOf, upstreamFor } from './fixtures.js';

const calls = (upstreams: readonly FakeUpstream[]): number =>
  upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0);

describe('an outage of one provider among living ones', () => {
  it.each([
    ['that refuses connections', undefined],
    ['that breaks every call', reset()],
    ['that responds with 500', error(500)],
  ])('%s loses no request, however long it lasts', async (_how, script) => {
    const [failing, second] = [await upstreamFor(chat('served')), await upstreamFor(chat('served'))];
    // The caller's own order: no health tier moves the failing one back.
    const { post } = await gatewayOver([failing, second], { timeouts: SHORT });
    const ordered = { provider_order: ['p0', 'p1'] };
    // A good past keeps the breaker closed for long: half of the window must fail first.
    for (let sent = 0; sent < 200; sent++) expect(await textOf(await post(ordered))).toBe('served');
    if (script === undefined) await failing.refuse();
    else failing.always(script);
    for (let sent = 0; sent < 200; sent++) expect(await textOf(await post(ordered))).toBe('served');
  });
});

describe('a provider that has recovered', () => {
  const ordered = { provider_order: ['p0', 'p1'] };

  /** A pair of which the first has failed until its breaker opened, and half a minute later. */
  async function afterAnOutage() {
    const clock = new FakeClock();
    const [first, second] = [await upstreamFor(error(500)), await upstreamFor(chat('second'))];
    const { post, gateway } = await gatewayOver([first, second], { clock });
    const breaker = () => gateway.status().endpoints[0]!.readiness!.breaker.state;
    for (let sent = 0; sent < 5; sent++) {
      const response = post(ordered);
      // The pause before another provider.
      while (second.ledger.length <= sent) await clock.advanceAsync(25);
      expect(await textOf(await response)).toBe('second');
    }
    expect(breaker()).toBe('open');
    expect(await textOf(await post(ordered))).toBe('second');
    expect(first.ledger).toHaveLength(5);
    await clock.advanceAsync(33_000);
    expect(breaker()).toBe('half-open');
    return { first, second, post, breaker, clock };
  }

  it('is tried again, although the others are healthy', async () => {
    const { first, post, breaker } = await afterAnOutage();
    first.always(chat('first again'));
    expect(await textOf(await post(ordered))).toBe('first again');
    expect(breaker()).toBe('closed');
    expect(await textOf(await post(ordered))).toBe('first again');
  });

  it('gets one request at a time, which may fall back to the others', async () => {
    const { first, second, post, breaker, clock } = await afterAnOutage();
    first.always(hang());
    const before = second.ledger.length;
    const probe = post(ordered);
    await vi.waitFor(() => expect(first.ledger).toHaveLength(6));
    expect(await textOf(await post(ordered))).toBe('second');
    expect(first.ledger).toHaveLength(6);
    // The probe runs into its timeout, and its client gets a response all the same.
    while (second.ledger.length < before + 2) await clock.advanceAsync(10_000);
    expect(await textOf(await probe)).toBe('second');
    expect(breaker()).toBe('open');
  });
});

describe('an outage of all of them', () => {
  it('costs at most five calls in a hundred more than there are requests, after the first hundred', async () => {
    const upstreams = await Promise.all([error(500), error(503), reset()].map((script) => upstreamFor(script)));
    const { post } = await gatewayOver(upstreams, { timeouts: SHORT });
    for (let sent = 0; sent < 100; sent++) await (await post({})).text();
    const before = calls(upstreams);
    for (let sent = 0; sent < 300; sent++) await (await post({})).text();
    expect((calls(upstreams) - before) / 300).toBeLessThanOrEqual(1.05);
  });

  it('and a fifth of faults everywhere costs at most a third more', async () => {
    let drawn = 0;
    // A fixed fifth, spread so that no rhythm of the requests meets it.
    const flaky = (): ReturnType<typeof chat> => ((drawn++ * 7_919) % 10 < 2 ? error(503) : chat('served'));
    const upstreams = await Promise.all([flaky, flaky, flaky].map((script) => upstreamFor(script)));
    const { post } = await gatewayOver(upstreams, { timeouts: SHORT });
    for (let sent = 0; sent < 300; sent++) expect(await textOf(await post({ stream: sent % 2 === 0 }))).toBe('served');
    expect(calls(upstreams) / 300).toBeLessThanOrEqual(1.35);
  });
});
