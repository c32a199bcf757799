import express from 'express';
import helmet from 'helmet';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/index.js';
import { statusPage } from '../../src/status-page/index.js';
import { chat, error } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { eventually, hasBrowser, openPage, overflow, PHONE, screenshot, startBrowser } from './browser.js';

/** Helmet as it comes, and as the strictest policy that a host is likely to set. */
const POLICIES = {
  'helmet’s default policy': helmet(),
  'a policy without any inline style': helmet({
    contentSecurityPolicy: { directives: { 'style-src': ["'self'"], 'script-src': ["'self'"] } },
  }),
  'no policy but its own': (_req: unknown, _res: unknown, next: () => void) => next(),
};

describe.skipIf(!hasBrowser)('the status page (skipped without /usr/bin/chromium)', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  async function busyGateway(policy: keyof typeof POLICIES = 'helmet’s default policy', intervalMs = 150) {
    const flaky = await upstreamFor(error(503));
    const sound = await upstreamFor(chat('Hello there.', { delayMs: 20 }));
    const mount = (gateway: Gateway) => express().use(POLICIES[policy], statusPage(gateway, { intervalMs }), gateway);
    const set = await gatewayOver([flaky, sound], { cache: {} }, mount);
    for (let number = 0; number < 12; number++) {
      await (await set.post({ stream: number % 2 === 0, seed: number % 9 })).text();
    }
    return { ...set, origin: set.baseUrl.replace('/v1', '') };
  }

  it.each(Object.keys(POLICIES) as (keyof typeof POLICIES)[])('opens without a complaint under %s', async (policy) => {
    const { origin } = await busyGateway(policy);
    const { page, complaints } = await openPage(browser, `${origin}/status#key=demo-key`);
    await page.waitForSelector('.badge');
    expect(page.url()).toBe(`${origin}/status`);
    expect(await page.locator('#connection').innerText()).toBe('live');
    expect(await page.locator('.ribbons path').count()).toBeGreaterThan(0);
    expect(await page.locator('svg[role=img]').count()).toBeGreaterThan(4);
    // The style sheet has been obeyed.
    await eventually(async () => (await page.locator('.band').first().boundingBox())?.height).toBe(64);
    expect(complaints).toEqual([]);
  });

  it('follows what happens, and stops when paused', async () => {
    const { origin, post } = await busyGateway();
    const { page } = await openPage(browser, `${origin}/status#key=demo-key`);
    await page.waitForSelector('.source');
    const sourceText = (): Promise<string> => page.locator('.source').innerText();
    const before = await sourceText();
    for (let seed = 100; seed < 105; seed++) await post({ seed });
    await eventually(sourceText).not.toBe(before);
    await screenshot(page, 'status-light');

    await page.locator('#pause').focus();
    await page.keyboard.press('Space');
    expect(await page.getAttribute('#pause', 'aria-pressed')).toBe('true');
    expect(await page.locator('#connection').innerText()).toBe('paused');
    const paused = await sourceText();
    await post({ seed: 200 });
    await page.waitForTimeout(400);
    expect(await sourceText()).toBe(paused);
    await page.keyboard.press('Space');
    await eventually(sourceText).not.toBe(paused);
  });

  it('asks for the key, and again if it is wrong; all by keyboard', async () => {
    const { origin } = await busyGateway();
    const { page } = await openPage(browser, `${origin}/status`);
    await page.waitForSelector('#ask:not([hidden])');
    expect(await page.evaluate('document.activeElement.id')).toBe('key');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('#refused').innerText()).toContain('does not know this key');
    await page.fill('#key', '');
    await page.keyboard.type('demo-key');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.tiles');
    expect(await page.isVisible('#ask')).toBe(false);
    // The tab remembers.
    await page.reload();
    await page.waitForSelector('.tiles');
  });

  it('asks for another key if the caller may not see the page', async () => {
    const upstream = await upstreamFor();
    const mount = (gateway: Gateway) => express().use(statusPage(gateway), gateway);
    const { baseUrl } = await gatewayOver([upstream], { admin: false, adminKeys: ['the-operators-key'] }, mount);
    const { page } = await openPage(browser, `${baseUrl.replace('/v1', '')}/status#key=demo-key`);
    await eventually(() => page.locator('#refused').innerText()).toBe('This key may not see the page.');
    expect(await page.locator('.skeleton').isVisible()).toBe(false);
    await page.fill('#key', 'the-operators-key');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.tiles');
    expect(await page.isVisible('#ask')).toBe(false);
  });

  it('shows that there are too many viewers, and opens when a place is free', async () => {
    const { origin } = await busyGateway();
    const headers = { 'x-api-key': 'demo-key' };
    const viewers = await Promise.all(Array.from({ length: 32 }, () => fetch(`${origin}/status/events`, { headers })));
    const { page } = await openPage(browser, `${origin}/status#key=demo-key`);
    await eventually(() => page.locator('#connection').innerText()).toContain('takes no more viewers');
    await Promise.all(viewers.map((viewer) => viewer.body!.cancel()));
    await page.waitForSelector('.tiles');
  });

  it('does not change what is being selected, and keeps the focus on a link', async () => {
    const { origin } = await busyGateway();
    const { page } = await openPage(browser, `${origin}/status#key=demo-key`);
    await page.waitForSelector('a.bad');
    await page.locator('a.bad').first().focus();
    const frames = (): Promise<unknown> =>
      page.evaluate(`new Promise((resolve) => new MutationObserver((_, observer) => (observer.disconnect(), resolve()))
        .observe(document.getElementById('frame'), { childList: true }))`);
    await frames();
    await frames();
    expect(await page.evaluate('document.activeElement.className')).toBe('bad');
    await page.evaluate(`(() => {
      const selected = document.querySelector('.tiles dd');
      selected.textContent = 'selected';
      getSelection().selectAllChildren(selected);
    })()`);
    await page.waitForTimeout(500);
    expect(await page.locator('.tiles dd').first().innerText()).toBe('selected');
    await page.evaluate('getSelection().removeAllRanges()');
    await eventually(() => page.locator('.tiles dd').first().innerText()).toBe('taking requests');
  });

  it('is readable on a phone and in the dark', async () => {
    const { origin } = await busyGateway();
    const { page, complaints } = await openPage(browser, `${origin}/status#key=demo-key`, {
      ...PHONE,
      colorScheme: 'dark',
    });
    await page.waitForSelector('.badge');
    await page.waitForTimeout(300);
    expect(await overflow(page)).toBe(0);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(10, 17, 24)');
    await screenshot(page, 'status-phone-dark');
    expect(complaints).toEqual([]);
  });

  it('shows when the server is down, and reconnects', async () => {
    const { origin, gateway } = await busyGateway();
    const { page } = await openPage(browser, `${origin}/status#key=demo-key`);
    await page.waitForSelector('.tiles');
    await gateway.close();
    await eventually(() => page.locator('#connection').innerText()).toBe('connection lost, trying again');
  });
});
