import http, { type RequestListener } from 'node:http';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/index.js';
import { statusPage } from '../../src/status-page/index.js';
import { chat, error, stream, type Script } from '../../src/testing/index.js';
import { upstreamFor } from '../path/fixtures.js';
import { listen } from '../support/listen.js';
import { watched, type Numbers } from './watched.js';

describe('the status page', () => {
  it('does not count a dry run as a request, whatever its result', async () => {
    const { clock, gateway, origin, post, get } = await watched([await upstreamFor(chat('Hi'))]);
    const dryRun = (body: object) =>
      fetch(`${origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': 'demo-key', 'x-nordlys-dry-run': 'plan' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
      });
    expect((await dryRun({})).status).toBe(200);
    expect((await dryRun({ model: 'none' })).status).toBe(404);
    await (await post({})).text();
    await expect.poll(() => gateway.status().inFlight).toBe(0);
    clock.advance(10_000);
    const { history } = (await (await get('/status.json')).json()) as Numbers;
    expect(history.requests.at(-1)).toBe(1);
  });

  it('itself is public and holds no data; its content requires a key', async () => {
    const { get } = await watched([await upstreamFor()]);
    const page = await get('/status', '');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(await page.text()).not.toContain('p0');
    for (const part of ['/status/page.css', '/status/page.js', '/status/icon.svg']) {
      expect((await get(part, '')).status).toBe(200);
    }
    for (const part of ['/status.json', '/status/status.json', '/status/events']) {
      expect((await get(part, 'wrong')).status).toBe(401);
    }
    const numbers = (await (await get('/status.json')).json()) as Numbers;
    expect(numbers).toMatchObject({ inFlight: 0, history: { intervalMs: 10_000 } });
  });

  it('keeps the policy that the host has set', async () => {
    const { get } = await watched([await upstreamFor()], {
      mount: (_gateway, page) =>
        express().use(
          (_req, res, next) => void next(res.setHeader('content-security-policy', 'mine') && undefined),
          page,
        ),
    });
    expect((await get('/status')).headers.get('content-security-policy')).toBe('mine');
  });

  it('has no script, no style and no handler in its markup', async () => {
    const { get, frames, post, clock } = await watched([await upstreamFor()], { cache: {} });
    await post({});
    clock.advance(10_000);
    const frame = await (await frames()).next();
    for (const html of [await (await get('/status')).text(), String(frame.value)]) {
      expect(html).not.toMatch(/\sstyle=|<style|\son\w+=|javascript:|https?:\/\/(?!www\.w3\.org)/i);
      expect(html.match(/<script/g)?.length ?? 0).toBeLessThanOrEqual(1);
    }
  });

  const mounts: [string, (page: ReturnType<typeof statusPage>) => RequestListener, string][] = [
    ['app.use(page)', (page) => express().use(page), '/status'],
    ['app.use(path, page)', (page) => express().use('/admin/llm', page), '/admin/llm'],
    ['app.use(path, page), called with a slash', (page) => express().use('/admin/llm', page), '/admin/llm/'],
    ['a server of its own', (page) => page, '/'],
  ];
  it.each(mounts)('finds its parts when mounted by %s', async (_how, mount, path) => {
    const { get, origin } = await watched([await upstreamFor()], { mount: (_gateway, page) => mount(page) });
    const html = await (await get(path, '')).text();
    const links = [...html.matchAll(/(?:href|src|data-events)="([^"]+)"/g)].map(
      ([, link]) => new URL(link!, origin + path),
    );
    expect(links).toHaveLength(5);
    for (const link of links) {
      const response = await get(link.pathname);
      expect([link.pathname, response.status]).toEqual([link.pathname, 200]);
      await response.body?.cancel();
    }
  });

  it('passes other requests to the host', async () => {
    const { get, origin } = await watched([await upstreamFor()], {
      mount: (_gateway, page) => express().use(page, (_req, res) => void res.send('host')),
    });
    for (const path of ['/', '/events', '/page.css', '/statuses', '/status/other']) {
      expect(await (await get(path)).text()).toBe('host');
    }
    expect((await fetch(`${origin}/status`, { method: 'POST' })).status).toBe(405);
  });

  it('counts by intervals, and drops what is older', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
    const upstreams = [await upstreamFor(error(500)), await upstreamFor(chat('Hi', { usage }))];
    const models = { m: { pricing: { prompt: 100_000, completion: 100_000 } } };
    const { post, get, clock } = await watched(upstreams, {
      page: { intervalMs: 1_000 },
      providers: { p0: { baseUrl: upstreams[0]!.baseUrl, models }, p1: { baseUrl: upstreams[1]!.baseUrl, models } },
    });
    const history = async (): Promise<Numbers['history']> =>
      ((await (await get('/status.json')).json()) as Numbers).history;

    await post({});
    await post({});
    clock.advance(1_000);
    await post({ user: 'another' });
    clock.advance(2_000);
    const { requests, endpoints } = await history();
    expect(requests.slice(-4)).toEqual([null, 2, 1, 0]);
    const [first, second] = endpoints as [Numbers['history']['endpoints'][0], Numbers['history']['endpoints'][0]];
    expect(first['id']).toBe('p0 m');
    expect(first['failed']!.slice(-3)).toEqual([2, 1, 0]);
    expect(first['p50']!.slice(-3)).toEqual([null, null, null]);
    expect(second['succeeded']!.slice(-3)).toEqual([2, 1, 0]);
    expect(second['promptTokens']!.slice(-3)).toEqual([20, 10, 0]);
    expect(second['completionTokens']!.slice(-3)).toEqual([40, 20, 0]);
    expect(second['costUsd']!.slice(-3)).toEqual([6, 3, 0]);
    expect(second['p50']!.at(-1)).toBeNull();

    clock.advance(200_000);
    expect((await history()).requests).toEqual(Array(120).fill(0));
  });

  it('counts responses of the cache, and requests without a response', async () => {
    const upstream = await upstreamFor();
    const { post, get, clock } = await watched([upstream], { cache: {}, maxAttempts: 1 });
    await post({});
    await post({});
    upstream.always(error(500));
    await post({ user: 'another' });
    clock.advance(10_000);
    const { history } = (await (await get('/status.json')).json()) as Numbers;
    const latest = [history.requests, history.errors, history.cacheHits, history.cacheMisses].map((row) => row.at(-1));
    expect(latest).toEqual([3, 1, 1, 2]);
  });

  it('counts a stream that broke off as an error, and none that its client or a guard has ended', async () => {
    const upstream = await upstreamFor();
    const { post, get, clock, gateway } = await watched([upstream], {
      guards: {
        output: [
          {
            name: 'forbidden',
            onError: 'closed',
            check: ({ text }) => (text.includes('forbidden') ? { block: true } : 'pass'),
          },
        ],
      },
    });
    const errorsAfter = async (script: Script, send: () => Promise<unknown>) => {
      upstream.enqueue(script);
      await send();
      await expect.poll(() => gateway.status().inFlight).toBe(0);
      clock.advance(10_000);
      const { history } = (await (await get('/status.json')).json()) as Numbers;
      return [history.requests.at(-1), history.errors.at(-1)];
    };
    const readAll = async (): Promise<void> => void (await (await post({ stream: true })).text());
    const long = 'a word and '.repeat(40);

    expect(await errorsAfter(stream(long, { afterEvents: 60, end: 'reset' }), readAll)).toEqual([1, 1]);
    expect(await errorsAfter(stream(`${long} forbidden ${long}`), readAll)).toEqual([1, 0]);
    const disconnect = async (): Promise<void> => (await post({ stream: true })).body!.cancel();
    expect(await errorsAfter(stream(long, { afterEvents: 60, end: 'hang' }), disconnect)).toEqual([1, 0]);
  });

  it('follows the provider table', async () => {
    const upstream = await upstreamFor();
    const { gateway, get, post, clock } = await watched([upstream], { page: { intervalMs: 1_000 } });
    gateway.update({ renamed: { baseUrl: upstream.baseUrl, models: ['m', 'n'] } });
    clock.advance(1_000);
    await post({});
    clock.advance(1_000);
    const { endpoints } = ((await (await get('/status.json')).json()) as Numbers).history;
    expect(endpoints.map(({ id }) => id)).toEqual(['renamed m', 'renamed n']);
    expect(endpoints[0]!['succeeded']!.at(-1)).toBe(1);
  });

  it('sends a frame at once and one after each interval', async () => {
    const { frames, post, clock } = await watched([await upstreamFor(error(503)), await upstreamFor()]);
    const stream = await frames();
    expect((await stream.next()).value).toContain('No traffic in the last');
    await post({});
    clock.advance(10_000);
    const { value } = await stream.next();
    expect(value).toContain('<b>p1</b>');
    expect(value).toContain('1 failed');
    expect(value).toContain('<p class="badge ready">');
  });

  it('shows why the last call failed, with the upstream’s own message, escaped; never the error of one request', async () => {
    const said = (message: string) => ({ error: { message, type: null, code: 'invalid_api_key', param: null } });
    const upstream = await upstreamFor(error(401, said('Key <b>sk-abcdefgh</b> refused.')));
    const { post, frames } = await watched([upstream]);
    await post({});
    upstream.always(error(400, { error: { message: 'Text of a prompt.' } }));
    await post({});
    const { value: frame } = await (await frames()).next();
    expect(frame).toContain('auth · 401 · invalid_api_key · Key &lt;b&gt;[redacted]&lt;/b&gt; refused.');
    expect(frame).not.toContain('Text of a prompt');
  });

  it('escapes every name', async () => {
    const upstream = await upstreamFor();
    const model = `<img src=x onerror="alert('m')">`;
    const { frames, post, clock, get } = await watched([upstream], {
      page: { title: '<script>alert(1)</script>' },
      providers: { p: { baseUrl: upstream.baseUrl, models: { [model]: { tag: 'a' }, idle: {} } } },
    });
    expect((await post({ model })).status).toBe(200);
    clock.advance(10_000);
    const frame = String((await (await frames()).next()).value);
    expect(frame).toContain('&lt;img src=x onerror=&quot;alert(&#39;m&#39;)&quot;&gt;');
    expect(frame).not.toContain('<img');
    expect(await (await get('/status')).text()).not.toContain('<script>alert');
  });

  it('lets only so many look at once', async () => {
    const { get } = await watched([await upstreamFor()]);
    const viewers = await Promise.all(Array.from({ length: 32 }, () => get('/status/events')));
    const late = await get('/status/events');
    expect(late.status).toBe(503);
    await viewers[0]!.body!.cancel();
    await expect
      .poll(async () => {
        const again = await get('/status/events');
        if (again.status === 200) await again.body!.cancel();
        return again.status;
      })
      .toBe(200);
  });

  it('ends with the gateway, so that a server can close', async () => {
    for (const how of ['drain', 'close'] as const) {
      const { frames, gateway, clock } = await watched([await upstreamFor()]);
      const stream = await frames();
      await stream.next();
      await gateway[how]();
      expect((await stream.next()).done).toBe(true);
      expect(clock.pending.size).toBe(0);
    }
  });

  it('of a gateway that leaves authentication to the host needs a setting for who may see it', async () => {
    const gateway = createGateway({ keys: false, providers: { p: { baseUrl: 'http://127.0.0.1:1', models: ['m'] } } });
    onTestFinished(() => gateway.close());
    expect(() => statusPage(gateway)).toThrow('Guard the page yourself and set authenticate: false.');
    expect(() => statusPage((() => undefined) as never)).toThrow('statusPage needs a gateway made by createGateway.');
    for (const appUrl of ['javascript:alert(1)', 'app', '//other.example']) {
      expect(() => statusPage(gateway, { authenticate: false, appUrl })).toThrow('appUrl must be a path');
    }
    expect(() => statusPage(gateway, { authentcate: false } as never)).toThrow('Did you mean "authenticate"?');
    const { url } = await listening(statusPage(gateway, { authenticate: false }));
    expect((await fetch(`${url}/status.json`)).status).toBe(200);
    expect(await (await fetch(`${url}/status`)).text()).toContain('data-key="none"');
  });
});

async function listening(handler: RequestListener): Promise<{ url: string }> {
  const server = await listen(http.createServer(handler));
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}
