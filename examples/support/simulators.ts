// Six upstreams in this process with different properties: enough to see routing, failover and explanations.
// Four have OpenAI's chat completions, the other two the APIs of Anthropic and Google.
import { ANTHROPIC, GEMINI } from './native-apis.ts';
import { startNativeSimulator } from './native-simulator.ts';
import type { Personality } from './personality.ts';
import { startSimulator, type Simulator } from './simulator.ts';

export type { BreakKind } from './personality.ts';
export type { Simulator } from './simulator.ts';

export interface Simulators extends AsyncDisposable {
  /** Fast and cheap, with short responses. */
  readonly fastCheap: Simulator;
  /** Expensive and slow, with long responses. */
  readonly slowSmart: Simulator;
  /** The cheapest; responds with 503 to every third request. */
  readonly flaky: Simulator;
  /** Zero data retention. */
  readonly strictZdr: Simulator;
  /** Anthropic's Messages API. */
  readonly anthropic: Simulator;
  /** Google's generateContent. */
  readonly gemini: Simulator;
  close(): Promise<void>;
}

export interface SimulatorsOptions {
  /** 1: as fast as real models; 0: without any delay, for tests. @defaultValue `1` */
  readonly timeScale?: number;
}

/** The model that the four OpenAI-shaped ones serve; each simulator has one more of its own. */
const SHARED_MODEL = 'demo-chat';
/** Served through three APIs: when the OpenAI-shaped endpoint fails, a Claude responds, and then a Gemini. */
const MODEL_OF_ALL_FORMATS = 'demo-formats';

const PERSONALITIES = {
  fastCheap: {
    slug: 'fast-cheap',
    name: 'Fast & Cheap',
    models: [SHARED_MODEL, 'demo-small', MODEL_OF_ALL_FORMATS],
    pricing: { prompt: 0.1, completion: 0.4 },
    contextLength: 32_000,
    firstTokenMs: 90,
    tokenMs: 12,
    words: 40,
  },
  slowSmart: {
    slug: 'slow-smart',
    name: 'Slow & Smart',
    models: [SHARED_MODEL, 'demo-large'],
    pricing: { prompt: 3, completion: 15 },
    contextLength: 400_000,
    firstTokenMs: 600,
    tokenMs: 35,
    words: 90,
  },
  flaky: {
    slug: 'flaky',
    name: 'Flaky',
    models: [SHARED_MODEL, 'demo-mini'],
    pricing: { prompt: 0.05, completion: 0.2 },
    contextLength: 16_000,
    firstTokenMs: 120,
    tokenMs: 15,
    words: 40,
    failEvery: 3,
  },
  strictZdr: {
    slug: 'strict-zdr',
    name: 'Strict ZDR',
    models: [SHARED_MODEL, 'demo-private'],
    pricing: { prompt: 1, completion: 4 },
    contextLength: 128_000,
    firstTokenMs: 200,
    tokenMs: 20,
    words: 60,
    zdr: true,
  },
  anthropic: {
    slug: 'anthropic',
    name: 'Simulated Claude',
    models: [MODEL_OF_ALL_FORMATS, 'demo-claude'],
    upstreamModel: 'claude-sonnet-4-5',
    pricing: { prompt: 0.2, completion: 1 },
    contextLength: 200_000,
    firstTokenMs: 150,
    tokenMs: 15,
    words: 60,
  },
  gemini: {
    slug: 'gemini',
    name: 'Simulated Gemini',
    models: [MODEL_OF_ALL_FORMATS, 'demo-gemini'],
    upstreamModel: 'gemini-2.5-flash',
    pricing: { prompt: 0.5, completion: 2.5 },
    contextLength: 1_000_000,
    firstTokenMs: 150,
    tokenMs: 20,
    words: 60,
  },
} as const satisfies Record<string, Personality>;

/** Starts all six on free ports of loopback. */
export async function startSimulators({ timeScale = 1 }: SimulatorsOptions = {}): Promise<Simulators> {
  const start = (personality: Personality): Promise<Simulator> => startSimulator(personality, timeScale);
  const [fastCheap, slowSmart, flaky, strictZdr, anthropic, gemini] = await Promise.all([
    start(PERSONALITIES.fastCheap),
    start(PERSONALITIES.slowSmart),
    start(PERSONALITIES.flaky),
    start(PERSONALITIES.strictZdr),
    startNativeSimulator(PERSONALITIES.anthropic, ANTHROPIC, timeScale),
    startNativeSimulator(PERSONALITIES.gemini, GEMINI, timeScale),
  ]);
  const simulators = { fastCheap, slowSmart, flaky, strictZdr, anthropic, gemini };
  const close = async (): Promise<void> => {
    await Promise.all(Object.values(simulators).map((simulator) => simulator.close()));
  };
  return { ...simulators, close, [Symbol.asyncDispose]: close };
}
