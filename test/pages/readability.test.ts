import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, hasBrowser, openPage, overflow, screenshot, startBrowser } from './browser.js';
import { startDemo, type Demo } from './demo.js';
import { cutOff, lowContrast, tabThrough, wrapped } from './readability.js';

/** Both pages, narrow and wide, light and dark: their screenshots are in `test-output`. */
const VIEWS = [400, 1400].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

/** What must stay on one line: values, states, keys of colours. */
const ONE_LINE =
  'h1, h2, dt, th, .tiles dd, article dd, .badge, .key, .told, .how > *, .when, .button, .chip, nav a, button';

describe.skipIf(!hasBrowser)('the pages (skipped without /usr/bin/chromium)', { timeout: 120_000 }, () => {
  let demo: Demo;
  let browser: Browser;
  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
    await someTraffic(demo.origin);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const open = async (path: string, { width, scheme }: (typeof VIEWS)[number]) =>
    openPage(browser, `${demo.origin}${path}#key=demo-key`, {
      viewport: { width, height: 900 },
      colorScheme: scheme,
      reducedMotion: 'reduce',
    });

  async function isReadable(page: Page): Promise<void> {
    expect(await overflow(page)).toBe(0);
    expect(await cutOff(page)).toEqual([]);
    expect(await wrapped(page, ONE_LINE)).toEqual([]);
    expect(await lowContrast(page)).toEqual([]);
  }

  it.each(VIEWS)('status page, $width px, $scheme', async (view) => {
    const { page, complaints } = await open('/status', view);
    await page.waitForSelector('#failures li');
    await page.waitForSelector('.ribbons path.failed');
    await isReadable(page);
    const text = (await page.locator('main').innerText()).replace(/\s+/g, ' ');
    for (const part of [
      /\d+ failed attempts?/,
      /\d+ responses? \d+ %/,
      /Time to the first token.*p50, half are faster p90, nine of ten are faster/,
      /requests-per-hour requests per hour/,
      /usd-per-day.*of \$0\.10/,
      /Callers.*key_\w+ \d+ requests [\d,]+ tokens \$/,
      /Router \d+ decisions?/,
      /overloaded HTTP 503 · server_error · This upstream is down\./,
    ]) {
      expect(text).toMatch(part);
    }
    await screenshot(page, `status-${view.width}-${view.scheme}`);
    expect(complaints).toEqual([]);
  });

  it.each(VIEWS)('playground, $width px, $scheme', async (view) => {
    const { page, complaints } = await open('/', view);
    await page.waitForSelector('#candidates li');
    await page.waitForSelector('#limits li');
    await page.selectOption('#sort', 'price');
    await page.selectOption('#guard', 'redact');
    await page.click('#sample');
    await page.click('#send');
    await page.waitForSelector('#response[aria-busy=false] mark');
    await isReadable(page);
    await screenshot(page, `playground-${view.width}-${view.scheme}`);
    expect(complaints).toEqual([]);
  });

  it('are checked by what finds faint, cut and wrapped text, and a focus that does not show', async () => {
    const { page } = await openPage(browser, 'about:blank', { viewport: { width: 400, height: 300 } });
    await page.setContent(`<body style="background: #fff"><p style="color: #777">faint</p><p style="color: #767676">fine</p>
      <p id="narrow" style="width: 40px; overflow: hidden; white-space: nowrap">cut off here</p><p id="two" style="width: 60px">on two lines</p>
      <button style="outline: none">no outline</button><button>outline</button><style>:focus-visible { outline: 2px solid }</style>`);
    expect(await lowContrast(page)).toEqual(['4.48 faint']);
    expect(await cutOff(page)).toEqual(['cut off here']);
    expect(await wrapped(page, 'p, button')).toEqual(['on two lines']);
    expect(await tabThrough(page)).toEqual({ reached: ['no outline', 'outline'], unseen: ['no outline'] });
  });

  it('legends have no colour twice', async () => {
    const { page } = await open('/status', VIEWS[0]!);
    await page.waitForSelector('.ribbons path.failed');
    const legends = (await page.evaluate(`[...document.querySelectorAll('.legend, .latency')].map((legend) =>
      [...legend.querySelectorAll('.key')].map((key) => getComputedStyle(key, '::before').backgroundColor))`)) as string[][];
    expect(legends.flat().length).toBeGreaterThan(10);
    for (const colours of legends) expect(new Set(colours).size).toBe(colours.length);
    // The two legends of the endpoints stand together.
    const ofEndpoints = legends
      .filter(({ length }) => length === 2 || length === 5)
      .slice(-5)
      .flat();
    expect(ofEndpoints.length).toBeGreaterThan(5);
  });

  it('show where the focus is, and lead from a failure to its reason and back to the app, by keyboard', async () => {
    const { page } = await open('/status', VIEWS[1]!);
    await page.waitForSelector('#failures li');
    await page.click('#pause');
    const { reached, unseen } = await tabThrough(page);
    expect(unseen).toEqual([]);
    expect(reached.some((name) => name.startsWith('#failure-'))).toBe(true);
    await page.locator('a.bad').first().focus();
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate(`document.querySelector(':target')?.textContent`)).toContain('HTTP 503');
    await page.click('#to-app');
    await page.waitForSelector('#candidates li');
    expect(new URL(page.url()).pathname).toBe('/');
    const playground = await tabThrough(page);
    expect(playground.unseen).toEqual([]);
    expect(playground.reached).toEqual(expect.arrayContaining(['prompt', 'model', 'guard', 'send', 'to-status']));
  });

  it('show shapes of what is coming until the first data is there', async () => {
    const { page } = await openPage(browser, 'about:blank');
    let response = (): void => undefined;
    const requested = new Promise<void>((resolve) => {
      response = resolve;
    });
    await page.route('**/status/events', async (route) => {
      await requested;
      await route.continue();
    });
    await page.goto(`${demo.origin}/status#key=demo-key`);
    await page.waitForSelector('.skeleton');
    expect(await page.getAttribute('main', 'aria-busy')).toBe('true');
    expect((await page.locator('.skeleton').boundingBox())!.height).toBeGreaterThan(300);
    response();
    await page.waitForSelector('.tiles');
    expect(await page.locator('.skeleton').count()).toBe(0);
    expect(await page.getAttribute('main', 'aria-busy')).toBe('false');
  });
});

/** Requests to several providers, some of which fail, are repeated or leave the model to the router. */
async function someTraffic(origin: string): Promise<void> {
  const headers = { authorization: 'Bearer demo-key', 'content-type': 'application/json' };
  const ask = async (content: string, more: object): Promise<void> => {
    const body = JSON.stringify({ model: 'demo-chat', stream: true, messages: [{ role: 'user', content }], ...more });
    await (await fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers, body })).text();
  };
  const setBroken = (broken: string | null): Promise<Response> =>
    fetch(`${origin}/playground/api/upstreams/flaky`, { method: 'PUT', headers, body: JSON.stringify({ broken }) });

  for (const content of ['once', 'twice', 'once', 'twice']) await ask(content, { provider_order: ['fast-cheap'] });
  await setBroken('down');
  await Promise.all(['one', 'two', 'three'].map((content) => ask(content, { provider_order: ['flaky'] })));
  await setBroken(null);
  await Promise.all([
    ask('slow', { provider_order: ['slow-smart'] }),
    ask('private', { provider_order: ['strict-zdr'] }),
  ]);
  await Promise.all(['Hello.', 'Write a program.'].map((content) => ask(content, { model: 'auto' })));
}
