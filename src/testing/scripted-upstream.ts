import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { chat } from './chat-answers.js';
import { UpstreamConnection, type ConnectionHost } from './connection.js';
import type { FakeUpstream, FakeUpstreamOptions } from './fake-upstream.js';
import { Entry, type LedgerEntry } from './request-log.js';
import type { ScriptSource } from './script.js';
import { systemClock } from '../util/clock.js';
import { ConditionWaiter } from './condition-waiter.js';

/** @internal What `fakeUpstream` makes: the listener, the queue of scripts and the ledger. */
export class ScriptedUpstream implements FakeUpstream {
  readonly ledger: Entry[] = [];
  readonly violations: string[] = [];
  accepted = 0;
  port: number;
  #server: Server;
  #open = new Set<UpstreamConnection>();
  #queue: ScriptSource[] = [];
  #fallback: ScriptSource;
  #given = 0;
  #waiter = new ConditionWaiter();
  #host: ConnectionHost;

  constructor(options: FakeUpstreamOptions) {
    this.port = options.port ?? 0;
    this.#fallback = options.script ?? chat('Hello from the fake upstream.');
    this.#host = this.#hostOfConnections(options);
    // Half-open, so that a script may go on sending to a client that has left.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  get connections(): number {
    return this.#open.size;
  }

  enqueue(...scripts: readonly ScriptSource[]): void {
    this.#queue.push(...scripts);
  }

  always(script: ScriptSource): void {
    this.#fallback = script;
  }

  nextRequest(at: 'head' | 'whole' = 'whole'): Promise<LedgerEntry> {
    const request = this.#request(this.#given++, at);
    // A test that fails before it awaits this must not be blamed for an unhandled rejection on top.
    request.catch(nothing);
    return request;
  }

  async #request(index: number, at: 'head' | 'whole'): Promise<LedgerEntry> {
    let entry: Entry | undefined;
    await this.#waiter.until(() => {
      entry = this.ledger[index];
      return entry !== undefined && (at === 'head' || entry.receivedAt !== undefined);
    });
    return entry as Entry;
  }

  async closed(entry: LedgerEntry): Promise<LedgerEntry> {
    await this.#waiter.until(() => entry.closedAt !== undefined);
    return entry;
  }

  allClosed(): Promise<void> {
    return this.#waiter.until(() => this.#open.size === 0);
  }

  forget(): void {
    this.#queue = [];
    this.ledger.length = 0;
    this.violations.length = 0;
    this.#given = 0;
  }

  async refuse(): Promise<void> {
    await this.#stop(({ line }) => line.reset());
  }

  async resume(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.#stop(({ line }) => line.destroy());
    this.#waiter.end(new Error('The fake upstream was closed.'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Resolves when the listener and every connection have closed. */
  async #stop(drop: (connection: UpstreamConnection) => void): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#open) drop(connection);
    await closed;
  }

  #accept(socket: Socket): void {
    this.accepted += 1;
    this.#open.add(new UpstreamConnection(socket, this.accepted, this.#host));
  }

  #hostOfConnections({ clock = systemClock, idleTimeoutMs, keepAlive = true }: FakeUpstreamOptions): ConnectionHost {
    return {
      clock,
      idleTimeoutMs,
      takeConnectScript: () => {
        const next = this.#queue[0] ?? this.#fallback;
        if (typeof next === 'function' || next.starts !== 'connect') return undefined;
        this.#queue.shift();
        return next;
      },
      takeScript: (entry) => {
        const next = this.#queue.shift() ?? this.#fallback;
        return typeof next === 'function' ? () => next(entry) : next;
      },
      openEntry: (head, connection, reused) => {
        const entry = new Entry(head, { index: this.ledger.length, connection, reused, keepAlive });
        this.ledger.push(entry);
        this.#waiter.check();
        return entry;
      },
      received: (entry) => {
        entry.receivedAt = performance.now();
        this.#waiter.check();
      },
      violation: (what) => this.violations.push(what),
      left: () => this.#waiter.check(),
      closed: (connection) => {
        this.#open.delete(connection);
        this.#waiter.check();
      },
    };
  }
}

function nothing(): void {}
