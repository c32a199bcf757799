import { readFileSync } from 'node:fs';
import express from 'express';
import { expect, it } from 'vitest';
import type { Gateway } from '../../src/index.js';
import { error, stream } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';

it('the page has every metric that is written, and no other', async () => {
  const page = readFileSync(new URL('../../docs/observability.md', import.meta.url), 'utf8');
  const upstreams = [await upstreamFor(error(503)), await upstreamFor(stream('Hi'))];
  const mount = (gateway: Gateway) => express().use('/metrics', gateway.metrics).use(gateway);
  const { post, baseUrl } = await gatewayOver(upstreams, { cache: {} }, mount);
  await (await post({ stream: true })).text();
  await post({ messages: 1 });
  const url = baseUrl.replace('/v1', '/metrics');
  const text = await (await fetch(url, { headers: { authorization: 'Bearer demo-key' } })).text();
  const written = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const described = [...page.matchAll(/^\| `((?:gen_ai|nordlys|http)_\w+)` \|/gm)].map(([, name]) => name);
  expect(described.toSorted()).toEqual(written.toSorted());
});
