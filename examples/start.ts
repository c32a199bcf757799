// `npm start`: an Express 5 app with the gateway mounted, in front of six simulated upstreams. No key, no network.
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import helmet from 'helmet';
import { createGateway } from 'nordlys-proxy';
import { checkpointRouter, readCheckpoint } from 'nordlys-proxy/router';
import { statusPage } from 'nordlys-proxy/status-page';
import { playground } from './playground/playground.ts';
import { startSimulators } from './support/simulators.ts';

const port = Number(process.env['PORT'] ?? 3000);
const key = process.env['GATEWAY_KEY'] ?? 'demo-key';

const simulators = await startSimulators();
const upstreams = {
  'fast-cheap': simulators.fastCheap,
  'slow-smart': simulators.slowSmart,
  flaky: simulators.flaky,
  'strict-zdr': simulators.strictZdr,
  anthropic: simulators.anthropic,
  gemini: simulators.gemini,
};
const demo = playground({ key, upstreams });

// `auto`: trained from router/prompts.jsonl with `npm run router:train`.
const checkpoint = await readCheckpoint(fileURLToPath(new URL('router/checkpoint.json', import.meta.url)));
const router = checkpointRouter(checkpoint, { tradeOff: 40 });

const gateway = createGateway({
  keys: [key],
  providers: Object.fromEntries(Object.entries(upstreams).map(([slug, { provider }]) => [slug, provider])),
  cache: { maxEntries: 1_000 },
  limits: {
    // `warn`: a load test may exceed them, and is warned in `x-nordlys-limit-warning`. Without it requests are refused.
    rules: [
      { name: 'requests-per-hour', by: 'caller', requests: 500, per: 'hour', onExceeded: 'warn' },
      { name: 'tokens-per-hour', by: 'caller', tokens: 50_000, per: 'hour', reserve: 'expected', onExceeded: 'warn' },
      { name: 'usd-per-day', by: 'caller', usd: 0.1, per: 'day', reserve: 'expected', onExceeded: 'warn' },
    ],
  },
  hooks: { ...demo.hooks, selectCandidates: router },
  middleware: demo.middleware,
});

const app = express();
app.use(helmet());
app.get('/healthz', gateway.health);
app.get('/metrics', gateway.metrics);
app.use('/v1', gateway);
app.use(statusPage(gateway, { intervalMs: 5_000, title: 'nordlys-proxy: six simulated providers', appUrl: '/' }));
app.use(demo.pages);

const server = app.listen(port, '127.0.0.1', (error) => {
  if (error !== undefined) return fail(error);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`${welcome(origin)}\nlistening on ${origin}\n`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop());
}

async function stop(): Promise<void> {
  await gateway.drain({ server, timeoutMs: 5_000 });
  await gateway.close();
  await simulators.close();
  server.closeAllConnections();
}

function fail(error: NodeJS.ErrnoException): void {
  const taken = error.code === 'EADDRINUSE' ? ` Port ${port} is taken: PORT=${port + 1} npm start` : '';
  process.stderr.write(`${error.message}.${taken}\n`);
  process.exit(1);
}

function welcome(origin: string): string {
  const link = `#key=${encodeURIComponent(key)}`;
  return (
    box([
      `playground  ${origin}/${link}`,
      `status      ${origin}/status${link}`,
      `gateway     ${origin}/v1/chat/completions`,
      `models      ${origin}/v1/models`,
      `metrics     ${origin}/metrics`,
      `key         ${key}`,
    ]) +
    `
Paste one of these:

curl -N ${origin}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '{"model":"demo-chat","stream":true,"messages":[{"role":"user","content":"Tell me about northern lights"}]}'

node -e "import('openai').then(async ({ OpenAI }) => { const ai = new OpenAI({ baseURL: '${origin}/v1', apiKey: '${key}' }); for await (const c of await ai.chat.completions.create({ model: 'demo-chat', stream: true, messages: [{ role: 'user', content: 'Hello' }] })) process.stdout.write(c.choices[0]?.delta?.content ?? '') })"
`
  );
}

function box(lines: readonly string[]): string {
  const width = Math.max(...lines.map((line) => line.length));
  const edge = '─'.repeat(width + 2);
  return ['', `┌${edge}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${edge}┘`].join('\n');
}
