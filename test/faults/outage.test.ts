import { describe, expect, it } from 'vitest';
import { chat, error, reset, type FakeUpstream } from '../../src/testing/index.js';
import { gatewayOver, SHORT, textOf, upstreamFor } from './set-up.js';

const calls = (upstreams: readonly FakeUpstream[]): number =>
  upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0);

describe('an outage of one provider among living ones', () => {
  it.each([
    ['that refuses connections', undefined],
    ['that breaks every call', reset()],
    ['that answers 500', error(500)],
  ])('%s loses no request, however long it lasts', async (_how, script) => {
    const [dead, second] = [await upstreamFor(chat('alive')), await upstreamFor(chat('alive'))];
    // The caller's own order: no health tier takes the dead one out of the way.
    const { ask } = await gatewayOver([dead, second], { timeouts: SHORT });
    const asked = { provider_order: ['p0', 'p1'] };
    // A good past keeps the breaker closed for long: half of the window must fail first.
    for (let sent = 0; sent < 200; sent++) expect(await textOf(await ask(asked))).toBe('alive');
    if (script === undefined) await dead.refuse();
    else dead.always(script);
    for (let sent = 0; sent < 200; sent++) expect(await textOf(await ask(asked))).toBe('alive');
  });
});

describe('an outage of all of them', () => {
  it('costs at most five calls in a hundred more than there are requests, after the first hundred', async () => {
    const upstreams = await Promise.all([error(500), error(503), reset()].map((script) => upstreamFor(script)));
    const { ask } = await gatewayOver(upstreams, { timeouts: SHORT });
    for (let sent = 0; sent < 100; sent++) await (await ask({})).text();
    const before = calls(upstreams);
    for (let sent = 0; sent < 300; sent++) await (await ask({})).text();
    expect((calls(upstreams) - before) / 300).toBeLessThanOrEqual(1.05);
  });

  it('and a fifth of faults everywhere costs at most a third more', async () => {
    let drawn = 0;
    // A fixed fifth, spread so that no rhythm of the requests meets it.
    const flaky = (): ReturnType<typeof chat> => ((drawn++ * 7_919) % 10 < 2 ? error(503) : chat('alive'));
    const upstreams = await Promise.all([flaky, flaky, flaky].map((script) => upstreamFor(script)));
    const { ask } = await gatewayOver(upstreams, { timeouts: SHORT });
    for (let sent = 0; sent < 300; sent++) expect(await textOf(await ask({ stream: sent % 2 === 0 }))).toBe('alive');
    expect(calls(upstreams) / 300).toBeLessThanOrEqual(1.35);
  });
});
