import type { Socket } from 'node:net';
import type { Clock, Timer } from '../contracts/clock.js';
import { NOTHING_RECEIVED, type Entry } from './request-log.js';
import { runScript } from './run-script.js';
import type { RequestHead } from './request-head.js';
import { RequestParser } from './request-parser.js';
import type { Script } from './script.js';
import { ScriptSocket } from './script-socket.js';

/** @internal The upstream that a connection belongs to. */
export interface ConnectionHost {
  readonly clock: Clock;
  /** Idle connections are closed after this time; `undefined`: never. */
  readonly idleTimeoutMs: number | undefined;
  /** The script for a connection that was just accepted, where the next one starts at `connect`. */
  takeConnectScript(): Script | undefined;
  openEntry(head: RequestHead, connection: number, reused: boolean): Entry;
  /** The script for `entry`: chosen at its head, created once the request is complete. */
  takeScript(entry: Entry): Script | (() => Script);
  /** The request of `entry` is complete. */
  received(entry: Entry): void;
  violation(what: string): void;
  /** The client has ended its side; the socket may still be open. */
  left(): void;
  closed(connection: UpstreamConnection): void;
}

/** @internal One connection: reads requests and runs their scripts, one after the other. */
export class UpstreamConnection {
  readonly number: number;
  readonly target: ScriptSocket;
  #socket: Socket;
  #host: ConnectionHost;
  #entries: Entry[] = [];
  #parser: RequestParser;
  /** The request that is being read, and what to do when it is complete. */
  #reading: { readonly entry: Entry; readonly whole: () => void } | undefined = undefined;
  /** Settles when all requests so far have got their responses. */
  #turn: Promise<void> = Promise.resolve();
  #pending = 0;
  #idle: Timer | undefined = undefined;
  #ignoresAbort = false;

  constructor(socket: Socket, number: number, host: ConnectionHost) {
    this.number = number;
    this.target = new ScriptSocket(socket, host.clock);
    this.#socket = socket;
    this.#host = host;
    this.#parser = new RequestParser({
      onHead: (head) => this.#begin(head),
      onBody: (bytes) => this.#reading?.entry.append(bytes),
      onEnd: () => this.#end(),
      onViolation: (what) => this.#refuse(what),
    });
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('end', () => this.#clientLeft());
    socket.on('error', () => this.#clientLeft());
    socket.on('close', () => this.#closed());

    const script = host.takeConnectScript();
    if (script !== undefined) this.#runAtConnect(script);
  }

  #take(bytes: Buffer): void {
    if (this.target.resetsOnReuse) {
      this.target.reset();
      return;
    }
    this.#idle?.cancel();
    this.#parser.feed(bytes);
  }

  #begin(head: RequestHead): void {
    const entry = this.#host.openEntry(head, this.number, this.#entries.length > 0);
    this.#entries.push(entry);
    this.#pending += 1;
    const chosen = this.#host.takeScript(entry);
    if (typeof chosen === 'object' && chosen.starts === 'head') {
      this.#reading = { entry, whole: nothing };
      this.#serve(entry, chosen);
      return;
    }
    if (head.headers['expect']?.toLowerCase() === '100-continue') this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    this.#reading = { entry, whole: () => this.#serve(entry, chosen) };
  }

  #end(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    this.#reading = undefined;
    this.#host.received(reading.entry);
    reading.whole();
  }

  #refuse(what: string): void {
    this.#host.violation(what);
    this.#inTurn(async () => {
      await this.target.write(
        Buffer.from('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
      );
      this.target.fin();
    });
  }

  #serve(entry: Entry, chosen: Script | (() => Script)): void {
    this.#inTurn(async () => {
      const script = typeof chosen === 'function' ? chosen() : chosen;
      entry.script = script.name;
      this.#ignoresAbort = script.ignoresAbort === true;
      entry.completed = await runScript(script.steps(entry), this.target, (bytes) => (entry.bytesSent += bytes));
      this.#pending -= 1;
      if (this.target.closed) return;
      if (!entry.keepAlive) this.target.fin();
      else if (this.#pending === 0) this.#watchIdle();
    });
  }

  /** Runs a script before any request was read. Bytes that arrive meanwhile are not parsed. */
  #runAtConnect(script: Script): void {
    this.#parser.ignore();
    this.#ignoresAbort = script.ignoresAbort === true;
    this.#inTurn(async () => {
      await runScript(script.steps(NOTHING_RECEIVED), this.target, nothing);
    });
  }

  /** Sends responses in the order of the requests, pipelined ones too. */
  #inTurn(act: () => Promise<void>): void {
    this.#turn = this.#turn.then(act).catch((thrown: unknown) => {
      // A script of the test threw: record the error, and do not leave the client waiting.
      this.#host.violation(`a script threw: ${String(thrown)}`);
      this.target.destroy();
    });
  }

  #watchIdle(): void {
    const { clock, idleTimeoutMs } = this.#host;
    if (idleTimeoutMs === undefined) return;
    this.#idle?.cancel();
    this.#idle = clock.setTimer(() => this.target.fin(), idleTimeoutMs);
  }

  #clientLeft(): void {
    this.target.closedBy ??= 'client';
    this.#stamp();
    this.#host.left();
    // A script that ignores aborts ends when the kernel refuses to send.
    if (this.#ignoresAbort && this.#socket.errored === null) return;
    this.#socket.destroy();
  }

  #closed(): void {
    this.#stamp();
    this.#idle?.cancel();
    this.#host.closed(this);
  }

  #stamp(): void {
    const now = performance.now();
    for (const entry of this.#entries) {
      entry.closedAt ??= now;
      entry.closedBy ??= this.target.closedBy;
    }
  }
}

function nothing(): void {}
