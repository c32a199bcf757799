import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  hasBrowser,
  openPage,
  overflow,
  PHONE,
  screenshot,
  startBrowser,
  type OpenPage,
} from './browser.js';
import { startDemo, type Demo } from './demo.js';

describe.skipIf(!hasBrowser)('the playground (skipped without /usr/bin/chromium)', { timeout: 60_000 }, () => {
  let demo: Demo;
  let browser: Browser;
  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const open = async (options = {}): Promise<OpenPage> => {
    const opened = await openPage(browser, demo.origin, options);
    await opened.page.waitForSelector('#candidates li');
    return opened;
  };
  const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();
  const hasWords = (page: Page): Promise<void> =>
    eventually(async () => (await textOf(page, '#response .text')).length).toBeGreaterThan(20);
  const completed = (page: Page): Promise<unknown> => page.waitForSelector('#response[aria-busy=false] .text');
  const state = (page: Page, slug: string) => page.getByLabel(NAMES[slug]!);
  const NAMES: Record<string, string> = {
    'fast-cheap': 'State of Fast & Cheap',
    flaky: 'State of Flaky',
    'strict-zdr': 'State of Strict ZDR',
  };

  it('streams a response word by word, and shows its provider and cost', async () => {
    const { page, complaints } = await open();
    await page.selectOption('#model', 'demo-large');
    await page.fill('#prompt', 'How do the northern lights come about?');
    await page.press('#prompt', 'Control+Enter');
    await hasWords(page);
    expect(await page.getAttribute('#response', 'aria-busy')).toBe('true');
    const early = (await textOf(page, '#response .text')).length;
    await completed(page);
    expect((await textOf(page, '#response .text')).length).toBeGreaterThan(early);
    const facts = await textOf(page, '#facts');
    for (const fact of [/first token\s+\d+ ms/, /cache\s+MISS/, /tokens\s+\d+ \+ \d+/, /cost\s+\$0\.\d+/]) {
      expect(facts).toMatch(fact);
    }
    expect(await page.locator('#attempts li.ok').count()).toBe(1);
    await screenshot(page, 'playground-complete');

    await page.click('#send');
    await eventually(() => textOf(page, '#verdict')).toBe('from the cache');
    expect(await textOf(page, '#facts')).toMatch(/attempts\s+0/);
    expect(complaints).toEqual([]);
  });

  it('shows a failover while it happens', async () => {
    const { page, complaints } = await open({ colorScheme: 'dark' });
    await page.selectOption('#sort', 'price');
    await page.uncheck('#cache');
    for (const [slug, kind] of [
      ['flaky', 'down'],
      ['fast-cheap', 'rate-limit'],
      ['strict-zdr', 'reset'],
    ] as const) {
      await state(page, slug).selectOption(kind);
      await page.waitForSelector(`.upstream.broken[data-slug=${slug}]`);
    }
    await page.click('#send');
    await page.waitForSelector('#attempts li:nth-child(3)');
    // The response has not ended.
    expect(await page.getAttribute('#response', 'aria-busy')).toBe('true');
    const failed = await textOf(page, '#attempts');
    expect(failed).toMatch(/flaky\s+503 overloaded[^]*fast-cheap\s+429 rate_limited[^]*strict-zdr\s+reset/);
    await hasWords(page);
    await screenshot(page, 'playground-failover-dark');
    await completed(page);
    await eventually(() => textOf(page, '#verdict')).toBe('slow-smart, after 3 failed');
    expect(await page.locator('#candidates li').allInnerTexts()).toEqual([
      expect.stringContaining('flaky'),
      expect.stringContaining('fast-cheap'),
      expect.stringContaining('strict-zdr'),
      expect.stringContaining('slow-smart'),
    ]);
    expect(await page.locator('#candidates li.chosen').innerText()).toContain('slow-smart');
    for (const slug of ['flaky', 'fast-cheap', 'strict-zdr']) await state(page, slug).selectOption('');
    expect(complaints).toEqual([]);
  });

  it('shows why each other endpoint is excluded, before anything is sent', async () => {
    const { page } = await open();
    await page.check('#zdr');
    await eventually(() => page.locator('#candidates li').allInnerTexts()).toEqual([
      expect.stringContaining('strict-zdr'),
    ]);
    expect(await textOf(page, '#excluded')).toContain('data_policy:zdr');
    await page.uncheck('#zdr');
    await page.fill('#cap', '0.2');
    await eventually(() => page.locator('#candidates li').count()).toBe(2);
    expect(await textOf(page, '#excluded')).toContain('max_price');
    await page.fill('#cap', '0.01');
    await eventually(() => textOf(page, '#plan-error')).not.toBe('');
    await screenshot(page, 'playground-excluded');
  });

  it('shows errors, and responses that are not streamed', async () => {
    const { page } = await open();
    await page.uncheck('#stream');
    await page.uncheck('#cache');
    await page.click('#send');
    await completed(page);
    expect((await textOf(page, '#response .text')).length).toBeGreaterThan(20);
    await page.selectOption('#model', 'demo-mini');
    await state(page, 'flaky').selectOption('down');
    await page.waitForSelector('.upstream.broken');
    await page.click('#send');
    await eventually(() => textOf(page, '#verdict')).toMatch(/^50\d /);
    expect(await textOf(page, '#response .error')).not.toBe('');
    await state(page, 'flaky').selectOption('');
  });

  it('redacts a response while it streams, and never shows what was taken out', async () => {
    const { page, complaints } = await open();
    await page.selectOption('#model', 'demo-large');
    await page.selectOption('#guard', 'redact');
    await page.uncheck('#cache');
    await page.click('#sample');
    await page.evaluate(`(() => {
      globalThis.seen = [];
      const response = document.getElementById('response');
      new MutationObserver(() => seen.push(response.textContent)).observe(response, { childList: true, subtree: true });
    })()`);
    await page.click('#send');
    await eventually(() => page.locator('#response mark').allInnerTexts()).toEqual(['⟨card⟩', '⟨email⟩']);
    // The response is still on its way.
    expect(await page.getAttribute('#response', 'aria-busy')).toBe('true');
    await completed(page);
    const seen = (await page.evaluate('seen')) as string[];
    expect(seen.length).toBeGreaterThan(20);
    for (const text of seen) expect(text).not.toMatch(/4111|ada@|⟨[^⟩]*$/);
    expect(await textOf(page, '#sent')).toContain('4111 1111 1111 1111');
    expect(await textOf(page, '#curl')).toContain("-H 'x-playground-guard: redact'");
    expect(complaints).toEqual([]);
  });

  it('redacts a prompt for the provider, and restores the values in the response', async () => {
    const { page } = await open();
    await page.selectOption('#guard', 'restore');
    await page.uncheck('#cache');
    await page.click('#sample');
    await page.click('#send');
    await eventually(() => page.locator('#sent mark').allInnerTexts()).toEqual([
      expect.stringMatching(/^⟨card_[0-9a-f]+⟩$/),
      expect.stringMatching(/^⟨email_[0-9a-f]+⟩$/),
    ]);
    await completed(page);
    expect(await textOf(page, '#response .text')).toMatch(/4111 1111 1111 1111 and ada@example\.com/);
    expect(await page.locator('#response mark').count()).toBe(0);
  });

  it('shows who responded in which format, why attempts before failed, and what is used of the limits', async () => {
    const { page } = await open();
    // Since the start: an hour may end at any moment.
    const requests = async (): Promise<number> =>
      Number(/^(\d+) requests?, [\d,]+ tokens, \$/.exec(await textOf(page, '#usage-total'))?.[1]);
    const before = await requests();
    await page.selectOption('#model', 'demo-chat');
    await page.selectOption('#sort', 'price');
    await page.uncheck('#cache');
    await state(page, 'flaky').selectOption('down');
    await page.waitForSelector('.upstream.broken[data-slug=flaky]');
    await page.click('#send');
    await completed(page);
    expect(await textOf(page, '#attempts li.failed .reason')).toBe('This upstream is down.');
    expect(await textOf(page, '#served-by')).toMatch(/^fast-cheap demo-chat\s+openai$/);
    await eventually(requests).toBe(before + 1);
    expect(await page.locator('#limits .meter').count()).toBe(3);
    expect(await textOf(page, '#limits')).toMatch(/requests per hour\s+\d+ of 500/);
    await state(page, 'flaky').selectOption('');
  });

  it('warns of limits that are nearly or entirely used up', async () => {
    const { page } = await openPage(browser, 'about:blank');
    const limit = (rule: string, unit: string, used: number, of: number) => {
      return { rule, unit, limit: of, used, remaining: of - used };
    };
    const limits = [
      limit('low', 'requests', 1, 10),
      limit('near', 'tokens', 9, 10),
      limit('usd-per-day', 'usd', 0.1, 0.1),
    ];
    const json = { caller: 'x', requests: 1, tokens: 9, costUsd: 0.1, limits };
    await page.route('**/v1/usage', (route) => route.fulfill({ json }));
    await page.goto(demo.origin);
    await page.waitForSelector('#limits li');
    const bars = (await page.evaluate(`[...document.querySelectorAll('#limits .meter')].map((bar) =>
      [bar.ariaLabel, bar.firstChild.className.split(' ')[1], bar.firstChild.style.width])`)) as unknown[];
    expect(bars).toEqual([
      ['low: 1 of 10 used', 'ok', '10%'],
      ['near: 9 of 10 used', 'near', '90%'],
      ['usd-per-day: $0.1000 of $0.1000 used', 'full', '100%'],
    ]);
  });

  it('shows that the server does not respond, and no change that was not made', async () => {
    const { page, complaints } = await open();
    await page.route('**/*', (route) => route.abort());
    await state(page, 'flaky').selectOption('down');
    await eventually(() => textOf(page, '#upstreams-error')).toContain('The server does not respond.');
    expect(await state(page, 'flaky').inputValue()).toBe('');
    await page.click('#send');
    await eventually(() => textOf(page, '#verdict')).toBe('no response');
    expect(await textOf(page, '#response')).toContain('The server does not respond.');
    expect(complaints.filter((complaint) => !complaint.includes('ERR_FAILED'))).toEqual([]);
  });

  it('shows what the router made of the prompt', async () => {
    const { page } = await open();
    await page.selectOption('#model', 'auto');
    await page.fill('#prompt', 'Write a function that sorts a list.');
    await eventually(() => page.locator('#router-scores tbody tr').count()).toBeGreaterThan(1);
    expect(await textOf(page, '#router-text')).toMatch(/^demo-\w+\. Nearest cluster \d+, distance \d\.\d\d\.$/);
    const model = await textOf(page, '#router-text b');
    const [score, cost] = await page.locator('#router-scores .chosen td').allInnerTexts();
    expect(await textOf(page, '#router-scores .chosen th')).toBe(model);
    expect([score, cost]).toEqual([expect.stringMatching(/^0\.\d\d$/), expect.stringMatching(/^\$0\.0\d+$/)]);
    await page.selectOption('#model', 'demo-chat');
    await eventually(() => page.isVisible('#router-part')).toBe(false);
  });

  it('is readable on a phone', async () => {
    const { page, complaints } = await open({ ...PHONE, colorScheme: 'dark' });
    await page.tap('#send');
    await completed(page);
    await page.waitForSelector('#facts div');
    expect(await overflow(page)).toBe(0);
    await screenshot(page, 'playground-phone-dark');
    expect(complaints).toEqual([]);
  });

  it('asks for a key if the demonstration’s own is not valid', async () => {
    const own = await startDemo({ GATEWAY_KEY: 'my-own-key' });
    try {
      const { page } = await openPage(browser, own.origin);
      await page.fill('#key', 'demo-key');
      await page.press('#key', 'Enter');
      await eventually(() => textOf(page, '#key-refused')).toContain('does not know this key');
      await page.fill('#key', 'my-own-key');
      await page.press('#key', 'Enter');
      await page.waitForSelector('#candidates li');
      expect(await page.isVisible('#key-form')).toBe(false);
      const linked = await openPage(browser, `${own.origin}/#key=my-own-key`);
      await linked.page.waitForSelector('#candidates li');
      expect(linked.page.url()).not.toContain('my-own-key');
    } finally {
      await own.stop();
    }
  });
});
