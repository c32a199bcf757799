import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chat, raw } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

/** Text that could break out of a header. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('\r', '\n', '\0', ':', 'a', 'é', '☃', ' ', '{') }),
);

it('text of models, ids and keys is refused or harmless in headers', async () => {
  const upstream = await upstreamFor(chat('fine'));
  const { post } = await gatewayOver([upstream], { defaultModel: 'm' });
  await post({});
  const names = Object.keys(upstream.ledger[0]!.headers).toSorted();
  await fc.assert(
    fc.asyncProperty(text, text, text, async (model, user, key) => {
      const response = await post({
        model,
        user,
        provider_order: [user],
        provider_configs: { p0: { api_key: key } },
      });
      expect(response.status).toBeLessThan(500);
      await response.text();
    }),
    { numRuns: 200 },
  );
  expect(upstream.violations).toEqual([]);
  for (const { headers } of upstream.ledger) expect(Object.keys(headers).toSorted()).toEqual(names);
});

it('text of an upstream never reaches the client’s head', async () => {
  let said = '';
  const upstream = await upstreamFor(() => {
    const line = said.replaceAll(/[\r\n]/g, '');
    return raw(`HTTP/1.1 429 ${line}\r\nretry-after: ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  const { post } = await gatewayOver([upstream], { maxAttempts: 1, timeouts: { headersMs: 500 } });
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      said = value;
      const response = await post({});
      expect([429, 502]).toContain(response.status);
      const wait = response.headers.get('retry-after');
      if (wait !== null) expect(wait).toMatch(/^\d{1,2}$/);
      await response.text();
    }),
    { numRuns: 150 },
  );
});
