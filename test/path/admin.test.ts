import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, type Caller, type GatewayOptions, type Middleware } from '../../src/index.js';
import { statusPage } from '../../src/status-page/index.js';
import { completion } from '../../src/testing/index.js';
import { listen } from '../support/listen.js';
import { upstreamFor } from './fixtures.js';

type Options = { readonly [Name in keyof GatewayOptions]?: unknown };

const PAGES = ['/metrics', '/status.json', '/status/events'];
const verifyKey = (key: string): Caller | undefined =>
  ['tenant', 'boss'].includes(key) ? { id: key, isBoss: key === 'boss' } : undefined;
const isBoss = ({ isBoss: is }: Caller): boolean => is === true;

/** The status of each page of a gateway for a key. */
async function pagesOf(options: Options) {
  const upstream = await upstreamFor(completion('Hello.'));
  const gateway = createGateway({
    providers: { p0: { baseUrl: upstream.baseUrl, models: ['m'] } },
    ...options,
  } as GatewayOptions);
  const page = statusPage(gateway);
  const serve: Middleware = (req, res) =>
    req.url === '/metrics' ? gateway.metrics(req, res) : page(req, res, () => gateway(req, res));
  const { url, close } = await listen(serve);
  onTestFinished(async () => {
    await gateway.close();
    await close();
  });
  const statusOf = async (path: string, headers: Record<string, string>) => {
    const aborted = new AbortController();
    const { status } = await fetch(url + path, { headers, signal: aborted.signal });
    aborted.abort();
    return status;
  };
  return {
    seen: async (key?: string) => {
      const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
      return new Set(await Promise.all(PAGES.map((path) => statusOf(path, headers))));
    },
    spend: async (key: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
      return (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).status;
    },
    models: (key: string) => statusOf('/v1/models', { authorization: `Bearer ${key}` }),
  };
}

const only = (status: number) => new Set([status]);

describe('metrics and status', () => {
  it('are for callers that `admin` accepts', async () => {
    const { seen, spend, models } = await pagesOf({ verifyKey, admin: isBoss });
    expect(await seen('boss')).toEqual(only(200));
    expect(await seen('tenant')).toEqual(only(403));
    expect(await seen('unknown')).toEqual(only(401));
    expect(await seen()).toEqual(only(401));
    expect(await spend('tenant')).toBe(200);
    expect(await models('tenant')).toBe(200);
  });

  it('are for no caller with `admin: false`', async () => {
    const { seen, spend } = await pagesOf({ verifyKey, admin: false });
    expect(await seen('boss')).toEqual(only(403));
    expect(await spend('boss')).toBe(200);
  });

  it('are for a scraper with a key that cannot spend', async () => {
    const { seen, spend, models } = await pagesOf({ verifyKey, adminKeys: ['scraper', 'scraper2'] });
    expect(await seen('scraper')).toEqual(only(200));
    expect(await seen('scraper2')).toEqual(only(200));
    expect(await seen('boss')).toEqual(only(403));
    expect(await spend('scraper')).toBe(401);
    expect(await models('scraper')).toBe(401);
  });

  it('are for both where both are given', async () => {
    const { seen } = await pagesOf({ keys: ['tenant'], adminKeys: ['scraper'], admin: () => true });
    expect(await seen('scraper')).toEqual(only(200));
    expect(await seen('tenant')).toEqual(only(200));
    expect(await seen('other')).toEqual(only(401));
  });

  it('need an admin key where the host authenticates, and the page needs no more then', async () => {
    const { seen, spend } = await pagesOf({ keys: false, adminKeys: ['scraper'] });
    expect(await seen('scraper')).toEqual(only(200));
    expect(await seen()).toEqual(only(403));
    expect(await spend('anything')).toBe(200);
  });

  it('are not for anonymous callers', async () => {
    for (const admin of [undefined, () => true]) {
      const { seen } = await pagesOf({ keys: ['tenant'], anonymous: true, admin });
      expect(await seen()).toEqual(only(403));
      expect(await seen('tenant')).toEqual(only(200));
    }
  });

  it('are for every caller by default', async () => {
    const { seen } = await pagesOf({ verifyKey });
    expect(await seen('tenant')).toEqual(only(200));
    expect(await seen()).toEqual(only(401));
  });

  it.each([() => 'yes', () => 1, async () => true])('take nothing but true for a yes: %s', async (admin) => {
    const { seen } = await pagesOf({ verifyKey, admin });
    expect(await seen('boss')).toEqual(only(403));
  });
});

it.each([
  [{ admin: true }, 'admin must be a function that is given the caller, or false, got true'],
  [{ admin: 'boss' }, 'admin must be a function'],
  [{ adminKeys: [] }, 'adminKeys must be a non-empty list'],
  [{ adminKeys: [undefined] }, 'adminKeys[0] must be 1 to 512'],
  [{ keys: ['a', 'b'], verifyKey: undefined, adminKeys: ['c', 'b'] }, 'adminKeys[1] is also one of keys'],
])('refuses to start with %j', async (options, message) => {
  await expect(pagesOf({ verifyKey, ...options })).rejects.toThrow(message);
});
