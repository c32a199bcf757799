import { expect, it } from 'vitest';
import { chat } from '../../src/testing/index.js';
import { readSse } from '../support/read-sse.js';
import { gatewayOver, upstreamFor } from './set-up.js';

it('a body that came before is answered from the cache by its bytes, to its own caller only', async () => {
  const upstream = await upstreamFor();
  const { ask, gateway } = await gatewayOver([upstream], { keys: ['demo-key', 'other-key'], cache: {} });
  expect((await ask({})).headers.get('x-nordlys-cache')).toBe('MISS');
  const hit = await ask({});
  expect(hit.headers.get('x-nordlys-cache')).toBe('HIT');
  expect(hit.headers.get('x-nordlys-provider')).toBe('p0');
  expect(await hit.json()).toMatchObject({ object: 'chat.completion' });
  expect((await ask({}, { headers: { authorization: 'Bearer other-key' } })).headers.get('x-nordlys-cache')).toBe(
    'MISS',
  );
  expect((await readSse(await ask({ stream: true }))).at(-1)).toBe('[DONE]');
  expect((await readSse(await ask({ stream: true }))).at(-1)).toBe('[DONE]');
  expect(upstream.ledger).toHaveLength(2);
  expect(await (await ask({}, { headers: { 'x-nordlys-dry-run': 'plan' } })).json()).toMatchObject({
    candidates: [{ slug: 'p0' }],
  });
  gateway.update({ renamed: { baseUrl: upstream.baseUrl, models: ['m'] } });
  expect((await ask({})).headers.get('x-nordlys-provider')).toBe('renamed');
});

it('a hook that decides sees repeated requests as well', async () => {
  const upstream = await upstreamFor(chat('hello'));
  let asked = 0;
  const { ask } = await gatewayOver([upstream], { cache: {}, hooks: { beforeRoute: () => void asked++ } });
  for (let time = 0; time < 3; time++) await (await ask({})).text();
  expect(asked).toBe(3);
  expect(upstream.ledger).toHaveLength(1);
});
