// Four upstreams in this process, each with a character of its own: enough to see a gateway choose, fail over and explain.
import type { Personality } from './personality.ts';
import { startSimulator, type Simulator } from './simulator.ts';

export type { BreakKind } from './personality.ts';
export type { Simulator } from './simulator.ts';

export interface Simulators extends AsyncDisposable {
  /** Quick and cheap, and not deep. */
  readonly fastCheap: Simulator;
  /** Dear, slow and thorough. */
  readonly slowSmart: Simulator;
  /** The cheapest of all; answers 503 to every third request. */
  readonly flaky: Simulator;
  /** Keeps nothing. */
  readonly strictZdr: Simulator;
  close(): Promise<void>;
}

export interface SimulatorsOptions {
  /** 1: as fast as real models; 0: without any delay, for tests. @defaultValue `1` */
  readonly timeScale?: number;
}

/** The model that all four serve; each has one more of its own. */
const SHARED_MODEL = 'demo-chat';

const PERSONALITIES = {
  fastCheap: {
    slug: 'fast-cheap',
    name: 'Fast & Cheap',
    models: [SHARED_MODEL, 'demo-small'],
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
} as const satisfies Record<string, Personality>;

/** Starts all four on free ports of loopback. */
export async function startSimulators({ timeScale = 1 }: SimulatorsOptions = {}): Promise<Simulators> {
  const start = (personality: Personality): Promise<Simulator> => startSimulator(personality, timeScale);
  const [fastCheap, slowSmart, flaky, strictZdr] = await Promise.all([
    start(PERSONALITIES.fastCheap),
    start(PERSONALITIES.slowSmart),
    start(PERSONALITIES.flaky),
    start(PERSONALITIES.strictZdr),
  ]);
  const close = async (): Promise<void> => {
    await Promise.all([fastCheap, slowSmart, flaky, strictZdr].map((simulator) => simulator.close()));
  };
  return { fastCheap, slowSmart, flaky, strictZdr, close, [Symbol.asyncDispose]: close };
}
