import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilListening } from '../../lib/ports.ts';
import { Balancer } from './balancer.ts';
import { Program } from './program.ts';
import type { GatewaySetup, UpstreamSetup, WireName } from './set-up.ts';
import { now, sleep, until } from './time.ts';

const UPSTREAM = import.meta.resolve('../processes/upstream.ts');
const GATEWAY = import.meta.resolve('../processes/gateway.ts');

/** Time in which requests arrive that were in flight when the balancer changed its backends. */
const SWITCH_MS = 200;
const MOST_SWITCH_MS = 3_000;
const DRAIN_MS = 20_000;

/** The time in which an upstream was disturbed. */
export interface Disturbance {
  readonly upstream: string;
  readonly from: number;
  to: number;
}

/** The last message of a gateway. */
export interface LastWords {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly left: readonly string[];
  /** Longest stall of its event loop. */
  readonly longestStallMs: number;
}

/** Properties of an upstream. */
export interface UpstreamTraits {
  /** Share of its requests with a fault. */
  readonly faultShare: number;
  /** @defaultValue `'openai'` */
  readonly wire?: WireName;
}

interface WorldOptions {
  readonly seed: number;
  /** By name. */
  readonly upstreams: Readonly<Record<string, UpstreamTraits>>;
  readonly gateways: number;
  readonly redis: boolean;
  readonly gatewayFlags?: readonly string[];
  readonly roomy?: boolean;
}

/** The processes of an experiment, and the disturbances that they undergo. */
export class World {
  readonly disturbances: Disturbance[] = [];
  /** Gateways that were killed: the loss of their requests is intended. */
  readonly killed = new Set<string>();
  readonly farewells: LastWords[] = [];
  /** Gateways that did not exit on SIGTERM. */
  readonly stuck: string[] = [];
  readonly gateways: Program[] = [];
  readonly upstreams = new Map<string, Program>();
  readonly balancer: Balancer;
  redis: Program | undefined;
  readonly #options: WorldOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nordlys-chaos-'));
  readonly #lives = new Map<string, number>();

  static async start(options: WorldOptions): Promise<World> {
    const world = new World(options, await Balancer.start());
    if (options.redis && spawnSync('redis-server', ['--version']).status === 0)
      await world.startRedis(await freePort());
    await Promise.all(Object.keys(options.upstreams).map((name) => world.startUpstream(name)));
    for (let place = 0; place < options.gateways; place++) world.gateways.push(await world.#startGateway());
    world.#direct();
    return world;
  }

  private constructor(options: WorldOptions, balancer: Balancer) {
    this.#options = options;
    this.balancer = balancer;
  }

  get ledgers(): readonly string[] {
    return Object.keys(this.#options.upstreams).map((name) => this.#ledgerOf(name));
  }

  async startUpstream(name: string): Promise<void> {
    const setup: UpstreamSetup = {
      name,
      life: this.#nextLife(name),
      port: this.upstreams.get(name)?.port ?? 0,
      seed: this.#options.seed,
      faultShare: this.#options.upstreams[name]?.faultShare ?? 0,
      wire: this.#wireOf(name),
      ledger: this.#ledgerOf(name),
    };
    this.upstreams.set(name, await Program.node(`upstream ${name}${setup.life}`, UPSTREAM, setup));
  }

  async startRedis(port: number): Promise<void> {
    const quiet = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--loglevel', 'warning'];
    this.redis = Program.foreign('redis', 'redis-server', ['--port', String(port), ...quiet], port);
    await untilListening(port);
  }

  /** Records that an upstream is disturbed while `act` runs. */
  async disturb(upstream: string, act: () => Promise<void>): Promise<void> {
    const disturbance: Disturbance = { upstream, from: now(), to: Infinity };
    this.disturbances.push(disturbance);
    await act();
    disturbance.to = now();
  }

  /** Another gateway takes over, then `place` is drained. */
  async rollGateway(place: number): Promise<void> {
    const old = await this.#replace(place);
    await sleep(SWITCH_MS);
    await until(() => this.balancer.unsaid(old.name) === 0, MOST_SWITCH_MS);
    await sleep(SWITCH_MS);
    await this.#retire(old);
  }

  /** Another gateway takes over, and `place` is killed with all its requests. */
  async killGateway(place: number): Promise<void> {
    const old = await this.#replace(place);
    this.killed.add(old.name);
    await old.kill();
  }

  /** Ends all processes: gateways by SIGTERM, the others by SIGKILL. */
  async end(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => this.#retire(gateway)));
    this.balancer.close();
    await Promise.all(
      [...this.upstreams.values(), ...(this.redis === undefined ? [] : [this.redis])].map((each) => each.kill()),
    );
  }

  /** After the ledgers have been read. */
  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #replace(place: number): Promise<Program> {
    const old = this.gateways[place]!;
    this.gateways[place] = await this.#startGateway();
    this.#direct();
    return old;
  }

  async #retire(gateway: Program): Promise<void> {
    if (!(await gateway.stop(DRAIN_MS))) this.stuck.push(gateway.name);
    if (gateway.lastWords !== undefined) this.farewells.push(gateway.lastWords as LastWords);
  }

  #startGateway(): Promise<Program> {
    const setup: GatewaySetup = {
      upstreams: [...this.upstreams].map(([name, { port }]) => ({ name, port, wire: this.#wireOf(name) })),
      redisPort: this.redis?.port,
      roomy: this.#options.roomy ?? false,
    };
    return Program.node(`gateway ${this.#nextLife('gateway')}`, GATEWAY, setup, this.#options.gatewayFlags);
  }

  #direct(): void {
    this.balancer.use(this.gateways.map(({ name, port }) => ({ name, port })));
  }

  #nextLife(name: string): number {
    const life = (this.#lives.get(name) ?? 0) + 1;
    this.#lives.set(name, life);
    return life;
  }

  #wireOf(name: string): WireName {
    return this.#options.upstreams[name]?.wire ?? 'openai';
  }

  #ledgerOf(name: string): string {
    return join(this.#folder, `${name}.jsonl`);
  }
}
