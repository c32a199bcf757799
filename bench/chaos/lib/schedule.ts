import { between, pickOf, randomOf, shuffled } from './random.ts';
import { sleep } from './time.ts';
import type { Traffic } from './traffic.ts';
import type { World } from './world.ts';

/** Upstreams that may be harmed; the remaining one stays healthy, so that every request can succeed. */
const FRAGILE = ['b', 'c', 'd', 'e'] as const;

interface Stage {
  readonly world: World;
  readonly traffic: Traffic;
  readonly random: () => number;
}

type Act = (stage: Stage) => Promise<void>;

const ACTS: Readonly<Record<string, Act>> = {
  'upstream killed': async ({ world, random }) => {
    const name = pickOf(FRAGILE, random);
    const absence = between(300, 1_500, random);
    await world.disturb(name, async () => {
      await world.upstreams.get(name)!.kill();
      await sleep(absence);
      await world.startUpstream(name);
    });
  },
  'upstream stopped': async ({ world, random }) => {
    const name = pickOf(FRAGILE, random);
    const upstream = world.upstreams.get(name)!;
    const absence = between(200, 3_000, random);
    await world.disturb(name, async () => {
      upstream.signal('SIGSTOP');
      await sleep(absence);
      upstream.signal('SIGCONT');
    });
  },
  'abort storm': async ({ traffic, random }) => {
    traffic.abortStorm(0.3 + random() * 0.7);
  },
  'gateway drained': ({ world, random }) => world.rollGateway(between(0, world.gateways.length - 1, random)),
  'gateway killed': ({ world, random }) => world.killGateway(between(0, world.gateways.length - 1, random)),
};

const REDIS_ACTS: Readonly<Record<string, Act>> = {
  'Redis killed': async ({ world, random }) => {
    const { port } = world.redis!;
    await world.redis!.kill();
    await sleep(between(300, 1_500, random));
    await world.startRedis(port);
  },
  'Redis stopped': async ({ world, random }) => {
    world.redis!.signal('SIGSTOP');
    await sleep(between(200, 2_000, random));
    world.redis!.signal('SIGCONT');
  },
};

/**
 * Runs one disturbance after the other, in an order that the seed decides: each once before any is repeated.
 * Ends, with nothing left broken, when `over` returns true.
 * @returns how often each was run
 */
export async function playSchedule(
  world: World,
  traffic: Traffic,
  seed: number,
  over: () => boolean,
): Promise<Map<string, number>> {
  const random = randomOf(seed);
  const acts = Object.entries(world.redis === undefined ? ACTS : { ...ACTS, ...REDIS_ACTS });
  const done = new Map<string, number>();
  let hand: typeof acts = [];
  while (!over()) {
    if (hand.length === 0) hand = shuffled(acts, random);
    const [name, act] = hand.pop()!;
    await act({ world, traffic, random });
    done.set(name, (done.get(name) ?? 0) + 1);
    await sleep(between(200, 1_000, random));
  }
  return done;
}
