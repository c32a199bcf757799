import express from 'express';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/index.js';
import { completion } from '../../src/testing/index.js';
import { upstreamFor } from '../path/fixtures.js';
import { listen } from '../support/listen.js';
import { eventually, hasBrowser, openPage, startBrowser } from './browser.js';

const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });

/**
 * An app that knows its users by a session cookie, or, as a browser may keep cookies from other sites, by their network;
 * and what it saw of requests to its gateway.
 */
async function appWithUsers(by: 'cookie' | 'network', allowedOrigins?: readonly string[]) {
  const upstream = await upstreamFor(completion('Hello.'));
  const gateway = createGateway({
    keys: false,
    caller: ({ headers }) =>
      by === 'network' || headers.cookie?.includes('session=42') === true ? { id: 'user' } : undefined,
    providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'] } },
    ...(allowedOrigins !== undefined && { allowedOrigins }),
  });
  const seen: { cookie: string | undefined; status: number }[] = [];
  const app = express();
  app.get('/sign-in', (_req, res) => {
    res.cookie('session', '42', { sameSite: 'none', secure: true, httpOnly: true }).send('<title>app</title>');
  });
  // Open to every site, as an app should not be: the rest is up to the gateway.
  app.use((req, res, next) => {
    res.set({ 'access-control-allow-origin': req.headers.origin ?? '*', 'access-control-allow-credentials': 'true' });
    res.set('access-control-allow-headers', 'content-type');
    if (req.method === 'OPTIONS') return void res.sendStatus(204);
    if (req.method === 'POST')
      res.on('finish', () => seen.push({ cookie: req.headers.cookie, status: res.statusCode }));
    next();
  });
  app.use('/v1', gateway);
  const listening = await listen(app);
  onTestFinished(async () => {
    await listening.close();
    await gateway.close();
  });
  return { origin: `http://localhost:${listening.port}`, seen, upstream };
}

describe.skipIf(!hasBrowser)('a page of another site (skipped without /usr/bin/chromium)', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  /** Another site: to a browser `127.0.0.1` and `localhost` have nothing in common. */
  async function otherSite() {
    const other = await listen(express().use((_req, res) => void res.send('<title>other</title>')));
    onTestFinished(() => other.close());
    return other.url;
  }

  async function ticket(app: Awaited<ReturnType<typeof appWithUsers>>, other: string) {
    const { page } = await openPage(browser, `${app.origin}/sign-in`);
    await page.goto(other);
    return page;
  }

  const url = (app: { origin: string }) => `${app.origin}/v1/chat/completions`;

  it('cannot spend with a request without a preflight', async () => {
    const app = await appWithUsers('network');
    const page = await ticket(app, await otherSite());
    for (const type of ['', 'text/plain']) {
      await page.evaluate(
        `fetch(${JSON.stringify(url(app))}, { method: 'POST', mode: 'no-cors', credentials: 'include',
          body: new Blob([${JSON.stringify(BODY)}], { type: ${JSON.stringify(type)} }) })`,
      );
    }
    await eventually(() => app.seen.length).toBe(2);
    expect(app.seen.map(({ status }) => status)).toEqual([403, 403]);
    expect(app.upstream.ledger).toEqual([]);
  });

  it('cannot spend with a form', async () => {
    const app = await appWithUsers('cookie');
    const page = await ticket(app, await otherSite());
    const [before, after] = BODY.slice(0, -1).split('"m"');
    await page.evaluate(`(() => {
      const form = Object.assign(document.createElement('form'),
        { method: 'post', enctype: 'text/plain', action: ${JSON.stringify(url(app))} });
      form.append(Object.assign(document.createElement('input'),
        { name: ${JSON.stringify(`${before}"m"${after},"x":"`)}, value: '"}' }));
      document.body.append(form);
      form.submit();
    })()`);
    await eventually(() => app.seen.length).toBe(1);
    expect(app.seen[0]).toEqual({ cookie: 'session=42', status: 403 });
    expect(app.upstream.ledger).toEqual([]);
  });

  it('cannot spend where the app accepts preflights of every site', async () => {
    const app = await appWithUsers('network');
    const page = await ticket(app, await otherSite());
    const status = await page.evaluate(asJson(url(app)));
    expect(status).toBe(403);
    expect(app.seen.map(({ status }) => status)).toEqual([403]);
    expect(app.upstream.ledger).toEqual([]);
  });

  it('may where its origin is allowed', async () => {
    const other = await otherSite();
    const app = await appWithUsers('network', [other]);
    const page = await ticket(app, other);
    expect(await page.evaluate(asJson(url(app)))).toBe(200);
    expect(app.upstream.ledger).toHaveLength(1);
  });

  it('is no page of the app itself, which may', async () => {
    const app = await appWithUsers('cookie');
    const { page } = await openPage(browser, `${app.origin}/sign-in`);
    expect(await page.evaluate(asJson(url(app)))).toBe(200);
    expect(app.upstream.ledger).toHaveLength(1);
  });

  function asJson(address: string): string {
    return `fetch(${JSON.stringify(address)}, { method: 'POST', credentials: 'include',
      headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(BODY)} }).then((response) => response.status)`;
  }
});
