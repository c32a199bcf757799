// Endpoints of the playground page beside the gateway: details of a request by its id, the switches that break
// the simulators, and the guards that a request may switch on.
import { fileURLToPath } from 'node:url';
import express, { type Router } from 'express';
import { authenticate, type Hooks, type MiddlewareOptions } from 'nordlys-proxy';
import type { BreakKind, Simulator } from '../support/simulators.ts';
import { GUARD_NAMES, guardOnDemand, rememberGuarded } from './guards.ts';
import { RequestStore } from './request-store.ts';

export interface PlaygroundOptions {
  readonly key: string;
  /** By their slugs in the gateway. */
  readonly upstreams: Readonly<Record<string, Simulator>>;
}

export interface Playground {
  /** Hooks that fill the store of requests. */
  readonly hooks: Hooks;
  /** The guards that a request may switch on. */
  readonly middleware: MiddlewareOptions;
  readonly pages: Router;
}

/** The public demo key; any other one has to be typed or be part of the link. */
const PUBLIC_KEY = 'demo-key';
const KINDS: readonly BreakKind[] = ['down', 'rate-limit', 'reset', 'hang', 'cut', 'slow'];

export function playground({ key, upstreams }: PlaygroundOptions): Playground {
  const store = new RequestStore(200);
  const pages = express.Router();
  pages.use(express.static(fileURLToPath(new URL('public', import.meta.url))));
  pages.get('/playground/config.json', (_req, res) => {
    res.json({ key: key === PUBLIC_KEY ? key : null, kinds: KINDS, guards: GUARD_NAMES });
  });

  const api = express.Router();
  api.use(authenticate({ keys: [key] }));
  api.get('/requests/:id', (req, res) => {
    // `null` before the first request, because the page polls from its start.
    res.json(store.find(req.params.id) ?? null);
  });
  api.get('/upstreams', (_req, res) => {
    const shown = Object.entries(upstreams).map(([slug, { name, pricing, provider, broken, stats }]) => {
      const format = 'format' in provider ? provider.format : 'openai';
      return { slug, name, format, pricing, zdr: provider.zdr, broken: broken ?? null, requests: stats.requests };
    });
    res.json(shown);
  });
  api.put('/upstreams/:slug', express.json({ limit: '1kb' }), (req, res) => {
    const upstream = Object.hasOwn(upstreams, req.params.slug) ? upstreams[req.params.slug] : undefined;
    const wanted = (req.body as { broken?: unknown } | undefined)?.broken;
    const kind = KINDS.find((known) => known === wanted);
    if (upstream === undefined || (kind === undefined && wanted !== null))
      return void res.status(400).json({ kinds: KINDS });
    if (kind === undefined) upstream.repair();
    else upstream.break(kind);
    res.json({ broken: upstream.broken ?? null });
  });
  pages.use('/playground/api', api);
  const middleware = { afterValidate: guardOnDemand, afterCache: rememberGuarded(store) };
  return { hooks: store.hooks, middleware, pages };
}
