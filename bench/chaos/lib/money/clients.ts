import { send, type SentRequest } from '../client.ts';
import { hashOf, randomOf, shuffled } from '../random.ts';
import { sleep } from '../time.ts';
import { MAX_TOKENS, PRICES } from './set-up.ts';
import type { MoneyWorld } from './world.ts';

const CLIENTS = 200;
const CLIENTS_PER_CALLER = 4;
const PAUSE_MS = 1_200;
const LEAVING_SHARE = 0.05;

/** 200 clients of 50 callers. Every other caller is served by gateways that are never killed. */
export class MoneyClients {
  /** Responses by status; 0 if the connection broke or the client disconnected. */
  readonly statuses = new Map<number, number>();
  readonly #world: MoneyWorld;
  readonly #seed: number;
  readonly #open = new Set<SentRequest>();
  #isOver = false;

  constructor(world: MoneyWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
  }

  static get callers(): readonly string[] {
    return Array.from({ length: CLIENTS / CLIENTS_PER_CALLER }, (_, index) => `caller${index}`);
  }

  static isSafe(caller: string): boolean {
    return Number(caller.slice('caller'.length)) % 2 === 0;
  }

  /** Each client sends one request after the other for `seconds`. */
  async run(seconds: number): Promise<void> {
    const clients = Array.from({ length: CLIENTS }, (_, index) => this.#client(index));
    await sleep(seconds * 1_000);
    this.#isOver = true;
    await Promise.all(clients);
  }

  /** Many clients disconnect at once. */
  leave(share: number): void {
    for (const [index, sent] of [...this.#open].entries()) if ((index % 100) / 100 < share) sent.abort();
  }

  async #client(index: number): Promise<void> {
    const callers = MoneyClients.callers;
    const caller = callers[index % callers.length]!;
    const balancer = MoneyClients.isSafe(caller) ? this.#world.safe : this.#world.risky;
    const random = randomOf(hashOf(`${this.#seed} client ${index}`));
    await sleep(random() * PAUSE_MS);
    for (let turn = 0; !this.#isOver; turn++) {
      const id = `money-${this.#seed}-${caller}-${index}-${turn}`;
      const order = shuffled(Object.keys(PRICES), random);
      const question = { id, question: id, stream: random() < 0.6, order, key: caller, maxTokens: MAX_TOKENS };
      const sent = send(balancer.port, question);
      this.#open.add(sent);
      if (random() < LEAVING_SHARE) setTimeout(sent.abort, random() * 100);
      const { status } = await sent.finished;
      this.#open.delete(sent);
      this.statuses.set(status ?? 0, (this.statuses.get(status ?? 0) ?? 0) + 1);
      await sleep(random() * PAUSE_MS);
    }
  }
}
