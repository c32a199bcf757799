import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { unnamedTypes } from '../support/signature-types.js';
import { compile, programFolder, root } from './programs.js';

const ENTRIES = ['index', 'aws/index', 'router/index', 'status-page/index', 'testing/index', 'undici/index'];
const folder = programFolder('declarations');

afterAll(() => rm(folder, { recursive: true, force: true }));

it('every type that a public declaration mentions has a public name', () => {
  expect(unnamedTypes(ENTRIES.map((entry) => join(root, `dist/${entry}.d.ts`)))).toEqual([]);
});

/** A program whose every export has an inferred type. */
const INFERRED = `
import { getContext, createGateway } from 'nordlys-proxy';
import { statusPage } from 'nordlys-proxy/status-page';
import type { Request } from 'express';

export const gateway = createGateway({ keys: ['k'], providers: {} });
export const { plan, status, drain, metrics } = gateway;
export const planned = gateway.plan({});
export const candidate = planned.candidates[0];
export const context = getContext({} as Request);
export const signal = context.signal;
export const attempts = context.attempts;
export const endpoints = gateway.status().endpoints;
export const page = statusPage(gateway);
export const messages = context.request!.messages;
export const route = context.route!;
`;

/** Callers as an Express app knows them. */
const EXPRESS = `
import { createGateway } from 'nordlys-proxy';
import type { Request } from 'express';

interface SignedIn extends Request { user?: { id: string; plan: 'free' | 'paid' } }
const callerOf = (req: SignedIn) => req.user;
const providers = {};

createGateway({ keys: false, caller: (req: Request) => ({ id: req.ip ?? 'unknown' }), providers });
createGateway({ keys: false, caller: callerOf, providers });
createGateway({ verifyKey: (key: string, req: Request) => (req.get('x') === key ? { id: key } : undefined), providers });
createGateway({ verifyKey: async (key) => ({ id: key.toUpperCase() }), providers });
createGateway({ keys: ['k'], admin: (caller: { id: string }) => caller.id === 'boss', providers });
createGateway({ keys: false, caller: (req) => ({ id: req.url ?? '' }), providers });
// @ts-expect-error a caller has an id
createGateway({ keys: false, caller: (req: Request) => ({ name: req.ip }), providers });
// @ts-expect-error a string is no request
createGateway({ keys: false, caller: (req: string) => ({ id: req }), providers });
`;

it('projects with declarations and with the request type of Express compile', async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'inferred.ts'), INFERRED);
  await writeFile(join(folder, 'express.ts'), EXPRESS);
  await compile(folder, { declaration: true, noEmit: false, outDir: 'out', allowImportingTsExtensions: false });
  const declared = await readFile(join(folder, 'out/inferred.d.ts'), 'utf8');
  expect(declared).not.toContain('any');
}, 60_000);
