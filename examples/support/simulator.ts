// One simulated upstream: a server that checks the key, reads the request and responds as OpenAI does.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deliver } from './simulator-delivery.ts';
import { readRequest, Refusal } from './simulator-request.ts';
import type { BreakKind, Personality } from './personality.ts';

export interface SimulatorStats {
  requests: number;
  /** Requests that got an error. */
  failures: number;
  /** Requests whose client disconnected before the end. */
  aborted: number;
  /** Completion tokens that were sent. */
  tokens: number;
  /** Requests in flight. */
  open: number;
}

export interface Simulator {
  readonly name: string;
  /** `http://127.0.0.1:PORT/v1`; without the path for other formats than OpenAI's. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly models: readonly string[];
  readonly pricing: { readonly prompt: number; readonly completion: number };
  /** Its provider options for `createGateway`. */
  readonly provider: SimulatorProvider;
  readonly stats: Readonly<SimulatorStats>;
  readonly broken: BreakKind | undefined;
  break(kind: BreakKind): void;
  repair(): void;
  close(): Promise<void>;
}

interface SimulatorProvider {
  readonly name: string;
  readonly format?: 'anthropic' | 'gemini';
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly zdr: boolean;
  readonly dataCollection: 'allow' | 'deny';
  readonly models: Readonly<
    Record<
      string,
      { readonly pricing: Personality['pricing']; readonly contextLength: number; readonly upstreamModel: string }
    >
  >;
}

export async function startSimulator(personality: Personality, timeScale: number): Promise<Simulator> {
  const stats: SimulatorStats = { requests: 0, failures: 0, aborted: 0, tokens: 0, open: 0 };
  const apiKey = `sim-${personality.slug}-key`;
  let broken: BreakKind | undefined;

  const server = createServer((req, res) => {
    res.setHeader('x-request-id', `req_${personality.slug}_${stats.requests}`);
    stats.requests += 1;
    stats.open += 1;
    const disconnect = new AbortController();
    res.once('close', () => {
      stats.open -= 1;
      if (!res.writableFinished) {
        stats.aborted += 1;
        disconnect.abort();
      }
    });
    respond(req, res, disconnect.signal).catch((error: unknown) => {
      if (disconnect.signal.aborted) return;
      stats.failures += 1;
      refuse(res, error instanceof Refusal ? error : new Refusal(500, 'The simulator failed.'));
    });
  });

  async function respond(req: IncomingMessage, res: ServerResponse, signal: AbortSignal): Promise<void> {
    if (req.method === 'GET' && req.url === '/v1/models') return sendModels(res, personality);
    const request = await readRequest(req, { apiKey, models: personality.models });
    if (broken === 'reset') return void req.socket.resetAndDestroy();
    if (broken === 'hang') return;
    if (broken === 'down') throw new Refusal(503, 'This upstream is down.');
    if (broken === 'rate-limit') throw new Refusal(429, 'Too many requests.', { 'retry-after': '2' });
    if (personality.failEvery !== undefined && stats.requests % personality.failEvery === 0) {
      throw new Refusal(503, 'This upstream has one of its moments.');
    }
    const scale = broken === 'slow' ? timeScale * 10 : timeScale;
    stats.tokens += await deliver(request, res, { personality, scale, cut: broken === 'cut', signal });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    name: personality.name,
    baseUrl,
    apiKey,
    models: personality.models,
    pricing: personality.pricing,
    provider: providerOf(personality, baseUrl, apiKey),
    stats,
    get broken() {
      return broken;
    },
    break: (kind) => void (broken = kind),
    repair: () => void (broken = undefined),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function providerOf(personality: Personality, baseUrl: string, apiKey: string): SimulatorProvider {
  const { name, pricing, contextLength, upstreamModel, zdr = false } = personality;
  const models = Object.fromEntries(
    personality.models.map((model) => [model, { pricing, contextLength, upstreamModel: upstreamModel ?? model }]),
  );
  return { name, baseUrl, apiKey, zdr, dataCollection: zdr ? 'deny' : 'allow', models };
}

function sendModels(res: ServerResponse, { models, slug }: Personality): void {
  const data = models.map((id) => ({ id, object: 'model', created: 1_750_000_000, owned_by: slug }));
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data }));
}

function refuse(res: ServerResponse, { status, message, code, headers }: Refusal): void {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify({ error: { message, type, param: null, code } }));
}
