// One simulated upstream with a vendor's own API: it responds with the same text at the same pace as an OpenAI-shaped
// one, and can be broken in the same ways. The test kit writes its responses.
import { fakeUpstream, hang, reset, type ReceivedRequest, type Script } from 'nordlys-proxy/testing';
import type { BreakKind, Personality } from './personality.ts';
import { respondTo, type SimulatedResponse } from './simulator-response.ts';
import { Refusal, type SimulatedRequest } from './simulator-request.ts';
import { providerOf, type Simulator, type SimulatorStats } from './simulator.ts';

/** The API of a vendor, as a simulator reads and writes it. */
export interface NativeApi {
  readonly format: 'anthropic' | 'gemini';
  /** The request header that carries the API key. */
  readonly keyHeader: string;
  readRequest(request: ReceivedRequest): SimulatedRequest;
  reply(response: SimulatedResponse, delivery: NativeDelivery): Script;
  error(refusal: Refusal): Script;
}

interface NativeDelivery {
  /** Milliseconds before the response head of a stream. */
  readonly headDelayMs: number;
  /** Milliseconds before each event, or before a response that comes whole. */
  readonly delayMs: number;
  /** Break off in the middle. */
  readonly cut: boolean;
}

/** The kit keeps every request; a simulator that runs for days must not. */
const REMEMBERED_REQUESTS = 1_000;

export async function startNativeSimulator(
  personality: Personality,
  api: NativeApi,
  timeScale: number,
): Promise<Simulator> {
  const stats: SimulatorStats = { requests: 0, failures: 0, aborted: 0, tokens: 0, open: 0 };
  const apiKey = `sim-${personality.slug}-key`;
  let broken: BreakKind | undefined;

  const upstream = await fakeUpstream({ script: scriptFor });

  function scriptFor(request: ReceivedRequest): Script {
    if (upstream.ledger.length >= REMEMBERED_REQUESTS) upstream.forget();
    try {
      const simulated = readRequest(request, api, { apiKey, model: personality.upstreamModel });
      return counted(brokenScript(broken) ?? reply(simulated), stats);
    } catch (error) {
      stats.failures += 1;
      return counted(api.error(error instanceof Refusal ? error : new Refusal(500, 'The simulator failed.')), stats);
    }
  }

  function reply(request: SimulatedRequest): Script {
    const response = respondTo(request, personality);
    const scale = broken === 'slow' ? timeScale * 10 : timeScale;
    const firstMs = personality.firstTokenMs * scale;
    const tokenMs = personality.tokenMs * scale;
    const wholeMs = firstMs + tokenMs * response.usage.completion_tokens;
    const pace = request.stream ? { headDelayMs: firstMs, delayMs: tokenMs } : { headDelayMs: 0, delayMs: wholeMs };
    const script = api.reply(response, { ...pace, cut: broken === 'cut' });
    return broken === 'cut'
      ? script
      : { ...script, steps: (request) => tokensCounted(script.steps(request), response) };
  }

  function* tokensCounted(
    steps: ReturnType<Script['steps']>,
    response: SimulatedResponse,
  ): ReturnType<Script['steps']> {
    yield* steps;
    stats.tokens += response.usage.completion_tokens;
  }

  return {
    name: personality.name,
    baseUrl: upstream.origin,
    apiKey,
    models: personality.models,
    pricing: personality.pricing,
    provider: { ...providerOf(personality, upstream.origin, apiKey), format: api.format },
    stats,
    get broken() {
      return broken;
    },
    break: (kind) => void (broken = kind),
    repair: () => void (broken = undefined),
    close: () => upstream.close(),
  };
}

function readRequest(
  request: ReceivedRequest,
  api: NativeApi,
  expected: { readonly apiKey: string; readonly model: string | undefined },
): SimulatedRequest {
  if (request.headers[api.keyHeader] !== expected.apiKey) throw new Refusal(401, 'Incorrect API key provided.');
  const simulated = api.readRequest(request);
  if (simulated.model !== expected.model) throw new Refusal(404, 'The model does not exist.');
  return simulated;
}

function brokenScript(broken: BreakKind | undefined): Script | undefined {
  if (broken === 'reset') return reset();
  if (broken === 'hang') return hang();
  if (broken === 'down') throw new Refusal(503, 'This upstream is down.');
  if (broken === 'rate-limit') throw new Refusal(429, 'Too many requests.', { 'retry-after': '2' });
  return undefined;
}

/** The same script; `stats` counts the requests in flight, and those whose client disconnected. */
function counted(script: Script, stats: SimulatorStats): Script {
  return {
    ...script,
    *steps(request) {
      stats.requests += 1;
      stats.open += 1;
      let isPlayed = false;
      try {
        yield* script.steps(request);
        isPlayed = true;
      } finally {
        stats.open -= 1;
        if (!isPlayed) stats.aborted += 1;
      }
    },
  };
}
