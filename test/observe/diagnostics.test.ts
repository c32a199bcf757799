import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import compression from 'compression';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { createGateway, errorHandler, type Diagnostic, type Gateway } from '../../src/index.js';
import { DIAGNOSTICS, type DiagnosticCode } from '../../src/observe/diagnostics.js';
import { gatewayOver, upstreamFor, type Set } from '../path/fixtures.js';

interface Case {
  readonly it: string;
  readonly code: DiagnosticCode;
  mount(gateway: Gateway, onDiagnostic: (diagnostic: Diagnostic) => void): RequestListener;
  act(set: Set): Promise<unknown>;
}

const postTo =
  (path: string) =>
  ({ baseUrl }: Set) =>
    fetch(baseUrl.replace('/v1', path), { method: 'POST' });
const chat = ({ post }: Set) => post({});
const forwarded = ({ post }: Set) => post({}, { headers: { 'x-forwarded-for': '203.0.113.9' } });

function behindProxy(trust: boolean | number) {
  return (gateway: Gateway) => express().set('trust proxy', trust).use(gateway);
}

const cases: readonly Case[] = [
  {
    it: 'a parser in front with a smaller limit',
    code: 'NORDLYS_BODY_LIMIT_IN_FRONT',
    mount: (gateway, onDiagnostic) =>
      express().use(express.json({ limit: 10 }), gateway, errorHandler({ onDiagnostic })),
    act: chat,
  },
  {
    it: 'a body that was read and dropped before',
    code: 'NORDLYS_BODY_CONSUMED',
    mount: (gateway) => (req, res) => void req.resume().once('end', () => gateway(req, res)),
    act: chat,
  },
  {
    it: 'compression in front',
    code: 'NORDLYS_COMPRESSION_IN_FRONT',
    mount: (gateway) => express().use(compression(), gateway),
    act: chat,
  },
  {
    it: 'a compressor that disregards no-transform',
    code: 'NORDLYS_STREAM_COMPRESSED',
    mount: (gateway) => (req, res) => void gateway(req, res.setHeader('content-encoding', 'br')),
    act: ({ post }) =>
      post({ stream: true }, { headers: { 'accept-encoding': 'identity' } }).then(({ body }) => body?.cancel()),
  },
  { it: 'the Responses API', code: 'NORDLYS_RESPONSES_API', mount: (gateway) => gateway, act: postTo('/v1/responses') },
  {
    it: 'a path that is not served',
    code: 'NORDLYS_WRONG_PATH',
    mount: (gateway) => express().use('/llm', gateway),
    act: postTo('/llm/v1/completions'),
  },
  {
    it: 'a path that is not served, without a host',
    code: 'NORDLYS_WRONG_PATH',
    mount: (gateway) => gateway,
    act: postTo('/v1/embeddings'),
  },
  { it: 'a proxy that is not trusted', code: 'NORDLYS_TRUST_PROXY_OFF', mount: behindProxy(false), act: forwarded },
  { it: 'every proxy trusted', code: 'NORDLYS_TRUST_PROXY_ALL', mount: behindProxy(true), act: forwarded },
];

describe('a diagnostic', () => {
  it.each(cases)('reports $it, once', async ({ code, mount, act }) => {
    const reported: Diagnostic[] = [];
    const onDiagnostic = (diagnostic: Diagnostic): void => void reported.push(diagnostic);
    const set = await gatewayOver([await upstreamFor()], { onDiagnostic }, (gateway) => mount(gateway, onDiagnostic));
    for (let time = 0; time < 3; time++) await act(set);
    expect(reported).toEqual([{ code, message: DIAGNOSTICS[code], help: `docs/diagnostics.md#${code.toLowerCase()}` }]);
  });

  it('is a warning for the logger', async () => {
    const lines: unknown[] = [];
    const ignore = (): void => undefined;
    const logger = { debug: ignore, info: ignore, error: ignore, warn: (...line: unknown[]) => void lines.push(line) };
    const set = await gatewayOver([await upstreamFor()], { logger });
    await postTo('/v1/responses')(set);
    expect(lines).toEqual([
      [
        { code: 'NORDLYS_RESPONSES_API', help: 'docs/diagnostics.md#nordlys_responses_api' },
        expect.stringContaining('Responses API'),
      ],
    ]);
  });

  it('gets nothing for a correct set-up', async () => {
    const reported: unknown[] = [];
    const onDiagnostic = (diagnostic: Diagnostic): void => void reported.push(diagnostic);
    const set = await gatewayOver([await upstreamFor()], { onDiagnostic }, (gateway) => {
      const app = express()
        .set('trust proxy', 1)
        .use(express.json({ limit: '10mb' }), gateway, errorHandler({ onDiagnostic }));
      app.post('/v1/embeddings', (_req, res) => void res.json({}));
      app.post('/login', (_req, res) => void res.sendStatus(404));
      return app;
    });
    await forwarded(set);
    await (await set.post({ stream: true })).text();
    await postTo('/v1/embeddings')(set);
    await postTo('/login')(set);
    await set.post({ messages: 1 });
    expect(reported).toEqual([]);
  });

  it('cannot hurt a request by throwing', async () => {
    const set = await gatewayOver([await upstreamFor()], {
      onDiagnostic: () => {
        throw new Error('no');
      },
    });
    expect((await postTo('/v1/responses')(set)).status).toBe(404);
  });
});

it.each([
  [
    'createGateway',
    { keys: false, providers: { a: { baseUrl: 'http://a.test/v1', models: ['m'] } }, cahce: {} },
    'cache',
  ],
  ['providers.a', { keys: false, providers: { a: { baseURL: 'http://a.test/v1', models: ['m'] } } }, 'baseUrl'],
  [
    'telemetry',
    { keys: false, providers: { a: { baseUrl: 'http://a.test/v1', models: ['m'] } }, telemetry: { trace: 1 } },
    'tracer',
  ],
])('an unknown option of %s is refused with a code and a suggestion', (path, options, meant) => {
  let thrown: unknown;
  try {
    createGateway(options as never);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    code: 'NORDLYS_UNKNOWN_OPTION',
    message: expect.stringContaining(`Did you mean "${meant}"?`),
  });
  expect((thrown as Error).message.startsWith(path)).toBe(true);
});

it('every diagnostic has a section of the page, and every section is one', () => {
  const page = readFileSync(new URL('../../docs/diagnostics.md', import.meta.url), 'utf8');
  const sections = [...page.matchAll(/^## (NORDLYS_\w+)$/gm)].map(([, code]) => code);
  expect(sections).toEqual(Object.keys(DIAGNOSTICS));
});
