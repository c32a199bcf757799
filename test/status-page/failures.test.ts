import { describe, expect, it } from 'vitest';
import { error, reset } from '../../src/testing/index.js';
import { upstreamFor } from '../path/fixtures.js';
import { watched } from './watched.js';

interface Failure {
  readonly slug: string;
  readonly outcome: string;
  readonly agoMs: number;
  readonly received?: string;
  readonly upstreamError?: { readonly message?: string };
}

describe('failures on the status page', () => {
  it('link to their reason: the upstream’s message, redacted and escaped, and the id of the request', async () => {
    const upstreams = [
      await upstreamFor(error(503, { error: { message: 'No <b>sk-abcdefgh</b> today.', code: 'too_busy' } })),
      await upstreamFor(),
    ];
    const { post, clock, frames } = await watched(upstreams);
    const response = await post({});
    clock.advance(10_000);
    const frame = String((await (await frames()).next()).value);
    const [, target] = /<a class="bad" href="#([^"]+)">1 failed attempt<\/a>/.exec(frame)!;
    const [row] = new RegExp(`<li id="${target}"[^]*?</li>`).exec(frame)!;
    expect(row).toContain('HTTP 503 · too_busy · No &lt;b&gt;[redacted]&lt;/b&gt; today.');
    expect(row).toContain(`attempt 1 of <code>${response.headers.get('x-request-id')}</code>`);
    expect(row).toContain('10 s ago');
    expect(frame).toContain(`<a href="#${target}">last failure, 10 s ago</a>`);
  });

  it('show what was received if the upstream sent no message, and link to the list if they are no longer listed', async () => {
    const upstreams = [await upstreamFor(reset()), await upstreamFor(error(500))];
    const { post, get, clock, frames } = await watched(upstreams, { maxAttempts: 2 });
    await post({});
    for (let count = 0; count < 12; count++) await post({ provider_only: ['p1'] });
    clock.advance(10_000);
    const frame = String((await (await frames()).next()).value);
    expect(frame).toContain('the latest 12, ');
    expect(frame).toMatch(/<b>p0<\/b>[^]*?<a class="bad" href="#failures">\d+ failed attempts?<\/a>/);
    const { failures } = (await (await get('/status.json')).json()) as { failures: readonly Failure[] };
    const first = failures.at(-1)!;
    expect(first).toMatchObject({ slug: 'p0', outcome: 'reset', agoMs: 10_000 });
    expect(first.received).toContain('ECONNRESET');
  });

  it('never show the message of an upstream about one request, and are bounded', async () => {
    const upstream = await upstreamFor(error(400, { error: { message: 'Text of a prompt.' } }));
    const { post, get, gateway } = await watched([upstream]);
    await post({});
    expect(await get('/status.json').then((response) => response.json())).toMatchObject({ failures: [] });
    // The model failed at this request, and quotes it.
    const quoting = { message: 'Failed to generate JSON: Text of a prompt.', code: 'json_validate_failed' };
    upstream.always(error(400, { error: quoting }));
    await post({});
    const { failures } = (await (await get('/status.json')).json()) as { failures: readonly Failure[] };
    expect(failures[0]).toMatchObject({
      outcome: 'generation_failed',
      upstreamError: { code: 'json_validate_failed' },
    });
    expect(failures[0]!.upstreamError).not.toHaveProperty('message');
    upstream.always(error(500, { error: { message: 'down' } }));
    for (let count = 0; count < 45; count++) {
      await post({});
      gateway.update({ [`p${count}`]: { baseUrl: upstream.baseUrl, models: ['m'] } });
    }
    const text = await (await get('/status.json')).text();
    expect(text).not.toContain('Text of a prompt');
    expect((JSON.parse(text) as { failures: readonly Failure[] }).failures).toHaveLength(40);
  });
});
