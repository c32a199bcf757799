// The gateway of `gateway.ts` with one feature on: the difference between the two is what the feature costs.
import { readFileSync } from 'node:fs';
import express from 'express';
import type { GatewayOptions, InputGuard, OutputGuard, RouteOptions } from 'nordlys-proxy';
import { MODEL } from '../lib/bodies.ts';
import { setup } from '../lib/channel.ts';
import { createGateway, loadRouter, redact } from '../lib/package.ts';
import { gatewayOptions } from './gateway-options.ts';
import { listen, type ServerSetup } from './listen.ts';

export type Feature = keyof typeof FEATURES;

export interface FeatureSetup extends ServerSetup {
  readonly feature: Feature;
}

type FeatureOptions = Partial<Pick<GatewayOptions, 'providers' | 'autoModels' | 'hooks' | 'guards'>>;

/** Milliseconds that a guard waits for the verdict of another service. */
const VERDICT_MS = 5;

const input: InputGuard = {
  name: 'input',
  onError: 'closed',
  check: ({ text }) => (text.includes('forbidden') ? { block: true } : 'pass'),
};
const output: OutputGuard = {
  name: 'output',
  onError: 'closed',
  check: ({ text }) => (text.includes('forbidden') ? { block: true } : 'pass'),
};
const slow: InputGuard = {
  ...input,
  scope: 'request',
  check: () => new Promise((resolve) => setTimeout(resolve, VERDICT_MS, 'pass')),
};

const FEATURES = {
  'router-named': () => ({ hooks: { selectCandidates: router({}) } }),
  'router-auto': () => openModels(router({ models: MODELS })),
  'router-auto-new': () => openModels(router({ models: MODELS, text: newText() })),
  'guards-empty': () => ({ guards: { input: [], output: [] } }),
  'guard-input': () => ({ guards: { input: [input] } }),
  'guard-beside': () => ({ guards: { input: [{ ...input, mode: 'beside' }] } }),
  'guard-hold': () => ({ guards: { output: [output] } }),
  'redact-input': () => ({ guards: { input: [redact()] } }),
  'redact-output': () => ({ guards: { output: [redact()] } }),
  'redact-restore': () => ({ guards: { input: [redact({ restore: true })] } }),
  'slow-before': () => ({ guards: { input: [slow] } }),
  'slow-beside': () => ({ guards: { input: [{ ...slow, mode: 'beside' }] } }),
} satisfies Record<string, () => FeatureOptions>;

/** The checkpoint's models, served by one provider each. */
const MODELS = { 'demo-mini': 'mini', 'demo-small': 'small', 'demo-large': 'large' };

const { checkpointRouter } = await loadRouter();
const { upstreams, feature } = setup<FeatureSetup>();
const base = gatewayOptions(upstreams);
const options: FeatureOptions = FEATURES[feature]();
const app = express();
app.use('/v1/chat/completions', createGateway({ ...base, ...options }));
listen(app);

function router(options: Parameters<typeof checkpointRouter>[1]): ReturnType<typeof checkpointRouter> {
  const file = new URL('../../examples/router/checkpoint.json', import.meta.url);
  return checkpointRouter(JSON.parse(readFileSync(file, 'utf8')), options);
}

/** The model that all clients name leaves the choice open here. */
function openModels(selectCandidates: ReturnType<typeof checkpointRouter>): FeatureOptions {
  const names = Object.values(MODELS);
  const providers: RouteOptions['providers'] = Object.fromEntries(
    Object.entries(base.providers).map(([id, provider], index) => {
      const [endpoint] = Object.values(provider.models as object);
      return [id, { ...provider, models: { [names[index % names.length]!]: endpoint } }];
    }),
  );
  return { providers, autoModels: [MODEL], hooks: { selectCandidates } };
}

/** The last user message behind a number of its own, so that no vector is found in the cache. */
function newText(): (request: { readonly messages: readonly { readonly content?: unknown }[] }) => string {
  let requests = 0;
  return ({ messages }) => `${requests++} ${String(messages.at(-1)?.content)}`;
}
