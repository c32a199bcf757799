import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, untilListening } from '../../../lib/ports.ts';
import { Balancer } from '../balancer.ts';
import { Program } from '../program.ts';
import { sleep } from '../time.ts';
import { GATEWAYS, type MoneyGatewaySetup, type MoneyUpstreamSetup, PRICES } from './set-up.ts';

const UPSTREAM = import.meta.resolve('../../processes/money-upstream.ts');
const GATEWAY = import.meta.resolve('../../processes/money-gateway.ts');
/** The first two gateways are never killed: the usage of their callers is known to the nano-dollar. */
const SAFE = 2;
const FAULT_SHARE = 0.2;
const QUIET_MS = 20_000;
const STOP_MS = 20_000;

/** What Redis holds of one caller's budget, in nano-USD. */
export interface Counted {
  readonly settled: number;
  readonly held: number;
}

/** Four gateways over one Redis that keeps its data, and three upstreams that bill. */
export class MoneyWorld {
  /** Killed gateways, and when: records that they had not written are lost. */
  readonly killed = new Map<string, number>();
  /** Of the gateways that run to the end, and of all of them. */
  readonly safe: Balancer;
  readonly risky: Balancer;
  readonly #seed: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nordlys-money-'));
  readonly #redisPort: number;
  readonly #gateways: Program[] = [];
  readonly #upstreams: Program[] = [];
  #redis: Program | undefined;
  #lives = 0;

  static async start(seed: number): Promise<MoneyWorld> {
    const world = new MoneyWorld(seed, await freePort(), await Balancer.start(), await Balancer.start());
    await world.startRedis();
    for (const name of Object.keys(PRICES)) world.#upstreams.push(await world.#startUpstream(name));
    world.#gateways.push(...(await Promise.all(Array.from({ length: GATEWAYS }, () => world.#startGateway()))));
    world.#direct();
    return world;
  }

  private constructor(seed: number, redisPort: number, safe: Balancer, risky: Balancer) {
    this.#seed = seed;
    this.#redisPort = redisPort;
    this.safe = safe;
    this.risky = risky;
  }

  get ledger(): string {
    return join(this.#folder, 'ledger.jsonl');
  }

  get journal(): string {
    return join(this.#folder, 'journal.jsonl');
  }

  get bills(): readonly string[] {
    return Object.keys(PRICES).map((name) => this.#billsOf(name));
  }

  /** Every write reaches the system before its reply, so a kill of the process loses none. */
  async startRedis(): Promise<void> {
    const port = this.#redisPort;
    const settings = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no', '--dir', this.#folder];
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--loglevel', 'warning', ...settings];
    this.#redis = Program.foreign('redis', 'redis-server', args, port);
    await untilListening(port);
  }

  async killRedis(forMs: number): Promise<void> {
    await this.#redis!.kill();
    await sleep(forMs);
    await this.startRedis();
  }

  async stopRedis(forMs: number): Promise<void> {
    this.#redis!.signal('SIGSTOP');
    await sleep(forMs);
    this.#redis!.signal('SIGCONT');
  }

  /** Kills a gateway with SIGKILL under load; another one replaces it. */
  async killGateway(turn: number): Promise<void> {
    const place = SAFE + (turn % (GATEWAYS - SAFE));
    const old = this.#gateways[place]!;
    const next = await this.#startGateway();
    this.killed.set(old.name, performance.now());
    await old.kill();
    this.#gateways[place] = next;
    this.#direct();
  }

  /** True when no gateway has anything left to settle. */
  async quiet(): Promise<boolean> {
    for (const until = performance.now() + QUIET_MS; performance.now() < until; await sleep(200)) {
      if ((await this.#counted('nordlys_limit_debts')) === 0) return true;
    }
    return false;
  }

  /** Calls of the running gateways without a reply of Redis in time. */
  storeFaults(): Promise<number> {
    return this.#counted('nordlys_limit_store_faults_total');
  }

  /** Ends the gateways, which settle and write everything first. False if one did not exit. */
  async stopGateways(): Promise<boolean> {
    const ended = await Promise.all(this.#gateways.map((gateway) => gateway.stop(STOP_MS)));
    return ended.every(Boolean);
  }

  /** What Redis holds of each caller's budget. */
  async counted(callers: readonly string[]): Promise<ReadonlyMap<string, Counted>> {
    const redis = new Redis(this.#redisPort, '127.0.0.1');
    const counted = new Map<string, Counted>();
    for (const caller of callers) {
      const state = await redis.hgetall(`nordlys:{tenant%2F${caller}}:limits`);
      const [, line = ''] = Object.entries(state).find(([field]) => field.startsWith('Cbudget:')) ?? [];
      const [, , , settled = 0, held = 0] = line.split(' ').map(Number);
      counted.set(caller, { settled, held });
    }
    redis.disconnect();
    return counted;
  }

  async end(): Promise<void> {
    this.safe.close();
    this.risky.close();
    await Promise.all([...this.#upstreams, this.#redis!].map((each) => each.kill()));
  }

  /** After the files have been read. */
  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A metric, of all gateways together. */
  async #counted(metric: string): Promise<number> {
    let sum = 0;
    const headers = { authorization: 'Bearer caller0' };
    for (const { port } of this.#gateways) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
      sum += Number(new RegExp(`^${metric} (\\d+)`, 'm').exec(text)?.[1]);
    }
    return sum;
  }

  #startUpstream(name: string): Promise<Program> {
    const setup: MoneyUpstreamSetup = {
      name,
      seed: this.#seed,
      faultShare: FAULT_SHARE,
      bills: this.#billsOf(name),
    };
    return Program.node(`upstream ${name}`, UPSTREAM, setup);
  }

  #startGateway(): Promise<Program> {
    const name = `gateway ${++this.#lives}`;
    const upstreams = Object.keys(PRICES).map((each, place) => ({ name: each, port: this.#upstreams[place]!.port }));
    const setup: MoneyGatewaySetup = {
      name,
      upstreams,
      redisPort: this.#redisPort,
      ledger: this.ledger,
      journal: this.journal,
      seed: this.#seed,
    };
    return Program.node(name, GATEWAY, setup);
  }

  #direct(): void {
    this.safe.use(this.#gateways.slice(0, SAFE));
    this.risky.use(this.#gateways);
  }

  #billsOf(name: string): string {
    return join(this.#folder, `bills-${name}.jsonl`);
  }
}
