import type { Clock } from '../contracts/clock.js';
import type { LedgerEntry } from './request-log.js';
import type { ScriptSource } from './script.js';
import { ScriptedUpstream } from './scripted-upstream.js';

/** Where a fake upstream listens, and what it does unless it is told otherwise. */
export interface FakeUpstreamOptions {
  /** @defaultValue `0`: any free one */
  readonly port?: number | undefined;
  /** What every request gets that finds the queue empty. @defaultValue `chat('Hello from the fake upstream.')` */
  readonly script?: ScriptSource | undefined;
  /** False: one request a connection, said with `connection: close`. @defaultValue `true` */
  readonly keepAlive?: boolean | undefined;
  /** Closes connections that have been idle for this long. @defaultValue never */
  readonly idleTimeoutMs?: number | undefined;
  /** What delays and the idle timeout are measured with. @defaultValue the machine's time */
  readonly clock?: Clock | undefined;
}

/** An upstream on loopback that does what it is told and remembers what it saw. */
export interface FakeUpstream extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** `http://127.0.0.1:PORT/v1`: the `baseUrl` of a provider. */
  readonly baseUrl: string;
  /** Every request that arrived, by the arrival of its head. */
  readonly ledger: readonly LedgerEntry[];
  /** What came that is no HTTP/1.1 request: answered with 400, in no ledger. */
  readonly violations: readonly string[];
  /** Connections that are open now. */
  readonly connections: number;
  /** Connections that were ever accepted. */
  readonly accepted: number;
  /** Scripts for the next requests, one each. */
  enqueue(...scripts: readonly ScriptSource[]): void;
  /** The script of every request that finds the queue empty. */
  always(script: ScriptSource): void;
  /**
   * The requests in the order of their arrival, a further one with each call, also those that came before the call.
   * @param at `head`: as soon as the head was read; `whole`: with the body
   * @defaultValue `'whole'`
   */
  nextRequest(at?: 'head' | 'whole'): Promise<LedgerEntry>;
  /** Resolves when the connection of `entry` has closed. */
  closed(entry: LedgerEntry): Promise<LedgerEntry>;
  /** Resolves when no connection is open. */
  allClosed(): Promise<void>;
  /** Empties queue and ledger, between two tests. Connections stay, and so does the script of `always`. */
  forget(): void;
  /** An outage: open connections are reset, new ones refused. */
  refuse(): Promise<void>;
  /** Ends an outage, on the same port. */
  resume(): Promise<void>;
  /** Drops every connection and stops. Whoever still waits for a request gets an error. */
  close(): Promise<void>;
}

/**
 * Starts an upstream on 127.0.0.1 that answers each request with a script.
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
