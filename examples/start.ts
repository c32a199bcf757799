// `npm start`: an Express 5 app with the gateway mounted, in front of four simulated upstreams. No key, no network.
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createGateway } from 'nordlys-proxy';
import { startSimulators } from './support/simulators.ts';

const port = Number(process.env['PORT'] ?? 3000);
const key = process.env['GATEWAY_KEY'] ?? 'demo-key';

const simulators = await startSimulators();
const { fastCheap, slowSmart, flaky, strictZdr } = simulators;

const gateway = createGateway({
  keys: [key],
  providers: {
    'fast-cheap': fastCheap.provider,
    'slow-smart': slowSmart.provider,
    flaky: flaky.provider,
    'strict-zdr': strictZdr.provider,
  },
  cache: { maxEntries: 1_000 },
});

const app = express();
app.get('/healthz', gateway.health);
app.get('/status.json', (_req, res) => void res.json(gateway.status()));
app.use('/v1', gateway);

const server = app.listen(port, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`${welcome(origin)}\nlistening on ${origin}\n`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop());
}

async function stop(): Promise<void> {
  server.close();
  await gateway.drain({ graceMs: 5_000 });
  await gateway.close();
  await simulators.close();
  server.closeAllConnections();
}

function welcome(origin: string): string {
  return (
    box([
      `gateway   ${origin}/v1/chat/completions`,
      `models    ${origin}/v1/models`,
      `status    ${origin}/status.json`,
      `key       ${key}`,
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
