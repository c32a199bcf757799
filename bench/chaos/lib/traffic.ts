import { send, type SentRequest, type ClientRecord, type Question } from './client.ts';
import { hashOf, randomOf, shuffled } from './random.ts';
import { sleep } from './time.ts';

const TICK_MS = 20;
const MAX_OPEN = 200;
/** Requests that are repeated, for the cache. */
const COMMON_QUESTIONS = 40;
const COMMON_SHARE = 0.15;
const LEAVING_SHARE = 0.02;
const ORDERED_SHARE = 0.8;

interface TrafficOptions {
  readonly port: number;
  /** The gateway that serves the connection from this port. */
  readonly gatewayOf?: (localPort: number) => string | undefined;
  readonly providers: readonly string[];
  readonly seed: number;
  readonly requests: number;
  readonly perSecond: number;
  /** Whether records are kept; otherwise requests are only counted. @defaultValue true */
  readonly keepRecords?: boolean;
}

/** Clients that send requests at a steady rate, half of them for streams. */
export class Traffic {
  readonly records: ClientRecord[] = [];
  ended = 0;
  /** Neither complete nor aborted on purpose. */
  failed = 0;
  readonly #open = new Set<SentRequest>();
  readonly #options: TrafficOptions;
  readonly #random: () => number;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#random = randomOf(options.seed);
  }

  /** Resolves when the last request has ended. */
  async run(): Promise<void> {
    const { requests, perSecond } = this.#options;
    const startedAt = performance.now();
    for (let sent = 0; sent < requests; await sleep(TICK_MS)) {
      const due = Math.min(requests, ((performance.now() - startedAt) / 1_000) * perSecond);
      while (sent < due && this.#open.size < MAX_OPEN) this.#send(sent++);
    }
    await Promise.all([...this.#open].map(({ finished }) => finished));
  }

  /** Many clients disconnect at once. */
  abortStorm(share: number): void {
    for (const request of this.#open) if (this.#random() < share) request.abort();
  }

  #send(number: number): void {
    const request = send(this.#options.port, this.#question(number));
    this.#open.add(request);
    void request.finished.then((record) => {
      this.#open.delete(request);
      record.gateway = this.#options.gatewayOf?.(record.localPort) ?? '';
      this.#count(record);
    });
    if (this.#random() < LEAVING_SHARE) setTimeout(request.abort, this.#random() * 200);
  }

  #count(record: ClientRecord): void {
    this.ended++;
    if (!record.aborted && (!record.done || record.error !== undefined)) this.failed++;
    if (this.#options.keepRecords !== false) this.records.push(record);
  }

  #question(number: number): Question {
    const id = `chaos-${this.#options.seed}-${number}`;
    const common = this.#random() < COMMON_SHARE;
    const question = common ? `What is ${Math.floor(this.#random() * COMMON_QUESTIONS)}?` : id;
    const parts = { id, question, stream: this.#random() < 0.5 };
    // Without a fixed order the gateway would soon avoid failing providers, and hardly any request would meet a fault.
    const own = randomOf(hashOf(question));
    return own() < ORDERED_SHARE ? { ...parts, order: shuffled(this.#options.providers, own) } : parts;
  }
}
