import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../contracts/clock.js';
import { systemClock } from '../util/clock.js';
import { chat } from './chat-responses.js';
import { ConditionWaiter } from './condition-waiter.js';
import { UpstreamConnection, type ConnectionHost } from './connection.js';
import { Entry, type LedgerEntry } from './request-log.js';
import type { ScriptSource } from './script.js';

/** Options of a fake upstream. */
export interface FakeUpstreamOptions {
  /** Port on 127.0.0.1. @defaultValue `0`: any free port */
  readonly port?: number | undefined;
  /** The script of requests when the queue is empty. @defaultValue `chat('Hello from the fake upstream.')` */
  readonly script?: ScriptSource | undefined;
  /** `false`: one request per connection, with `connection: close`. @defaultValue `true` */
  readonly keepAlive?: boolean | undefined;
  /** Closes connections that have been idle for this time, in milliseconds. @defaultValue never */
  readonly idleTimeoutMs?: number | undefined;
  /** Clock of delays and the idle timeout. @defaultValue real time */
  readonly clock?: Clock | undefined;
}

/** A scripted upstream on loopback that records the requests it receives. */
export interface FakeUpstream extends AsyncDisposable {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `http://127.0.0.1:PORT/v1`: the `baseUrl` of a provider. */
  readonly baseUrl: string;
  /** Every received request, in the order in which their heads arrived. */
  readonly ledger: readonly LedgerEntry[];
  /** Received bytes that are not an HTTP/1.1 request: refused with 400, and not in the ledger. */
  readonly violations: readonly string[];
  /** Connections that are open now. */
  readonly connections: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Scripts for the next requests, one each. */
  enqueue(...scripts: readonly ScriptSource[]): void;
  /** Sets the script of requests when the queue is empty. */
  always(script: ScriptSource): void;
  /**
   * The next request in the order of arrival, a further one with each call, including those that arrived before the call.
   * @param at - `head`: as soon as the head was read; `whole`: with the body
   * @defaultValue `'whole'`
   */
  nextRequest(at?: 'head' | 'whole'): Promise<LedgerEntry>;
  /** Resolves when the connection of `entry` has closed. */
  closed(entry: LedgerEntry): Promise<LedgerEntry>;
  /** Resolves when no connection is open. */
  allClosed(): Promise<void>;
  /** Clears queue and ledger between two tests. Connections and the script of `always` stay. */
  forget(): void;
  /** Starts an outage: open connections are reset, new ones refused. */
  refuse(): Promise<void>;
  /** Ends an outage, on the same port. */
  resume(): Promise<void>;
  /** Closes every connection and stops. Pending `nextRequest` promises reject. */
  close(): Promise<void>;
}

/**
 * Starts an upstream on 127.0.0.1 that runs a script for each request.
 *
 * @example
 * await using upstream = await fakeUpstream();
 * upstream.enqueue(error(503), completion('Second try.'));
 */
export async function fakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  const upstream = new ScriptedUpstream(options);
  await upstream.resume();
  return upstream;
}

/** The listener, the queue of scripts and the log of received requests. */
class ScriptedUpstream implements FakeUpstream {
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
    // Half-open, so that a script may go on sending to a client that has ended its side.
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
    // A test that fails before it awaits this promise must not also report an unhandled rejection.
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
    await this.#stop(({ target }) => target.reset());
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
    await this.#stop(({ target }) => target.destroy());
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
