import type { Socket } from 'node:net';
import type { Clock, Timer } from '../contracts/clock.js';
import { NOTHING_RECEIVED, type Entry } from './request-log.js';
import { play } from './run-script.js';
import type { RequestHead } from './request-head.js';
import { RequestParser } from './request-parser.js';
import type { Script } from './script.js';
import { SocketLine } from './socket-line.js';

/** @internal What a connection asks of the upstream it belongs to. */
export interface ConnectionHost {
  readonly clock: Clock;
  /** Idle connections are closed after this; `undefined`: never. */
  readonly idleTimeoutMs: number | undefined;
  /** The script for a connection that was just accepted, where one waits for it. */
  takeConnectScript(): Script | undefined;
  openEntry(head: RequestHead, connection: number, reused: boolean): Entry;
  /** The script for `entry`: chosen at its head, made once the request is whole. */
  takeScript(entry: Entry): Script | (() => Script);
  /** The request of `entry` is whole. */
  received(entry: Entry): void;
  violation(what: string): void;
  /** The client has left; the socket may still be open. */
  left(): void;
  closed(connection: UpstreamConnection): void;
}

/** @internal One connection: reads requests, and plays the scripts that answer them one after the other. */
export class UpstreamConnection {
  readonly number: number;
  readonly line: SocketLine;
  #socket: Socket;
  #host: ConnectionHost;
  #entries: Entry[] = [];
  #parser: RequestParser;
  /** The request that is being read, and what to do when it is whole. */
  #reading: { readonly entry: Entry; readonly whole: () => void } | undefined = undefined;
  /** Settles when everything that came so far has been answered. */
  #turn: Promise<void> = Promise.resolve();
  #unanswered = 0;
  #idle: Timer | undefined = undefined;
  #ignoresAbort = false;

  constructor(socket: Socket, number: number, host: ConnectionHost) {
    this.number = number;
    this.line = new SocketLine(socket, host.clock);
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
    if (script !== undefined) this.#playUnasked(script);
  }

  #take(bytes: Buffer): void {
    if (this.line.spent) {
      this.line.reset();
      return;
    }
    this.#idle?.cancel();
    this.#parser.feed(bytes);
  }

  #begin(head: RequestHead): void {
    const entry = this.#host.openEntry(head, this.number, this.#entries.length > 0);
    this.#entries.push(entry);
    this.#unanswered += 1;
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
      await this.line.write(Buffer.from('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'));
      this.line.fin();
    });
  }

  #serve(entry: Entry, chosen: Script | (() => Script)): void {
    this.#inTurn(async () => {
      const script = typeof chosen === 'function' ? chosen() : chosen;
      entry.script = script.name;
      this.#ignoresAbort = script.ignoresAbort === true;
      entry.completed = await play(script.steps(entry), this.line, (bytes) => (entry.bytesSent += bytes));
      this.#unanswered -= 1;
      if (this.line.gone) return;
      if (!entry.keepAlive) this.line.fin();
      else if (this.#unanswered === 0) this.#watchIdle();
    });
  }

  /** Plays a script before any request was read; what comes meanwhile is not read as requests. */
  #playUnasked(script: Script): void {
    this.#parser.ignore();
    this.#ignoresAbort = script.ignoresAbort === true;
    this.#inTurn(async () => {
      await play(script.steps(NOTHING_RECEIVED), this.line, nothing);
    });
  }

  /** Answers go out in the order of the requests, also when several came at once. */
  #inTurn(act: () => Promise<void>): void {
    this.#turn = this.#turn.then(act).catch((thrown: unknown) => {
      // A script of the user's own threw: leave its words where a test finds them, and no client waiting.
      this.#host.violation(`a script threw: ${String(thrown)}`);
      this.line.destroy();
    });
  }

  #watchIdle(): void {
    const { clock, idleTimeoutMs } = this.#host;
    if (idleTimeoutMs === undefined) return;
    this.#idle?.cancel();
    this.#idle = clock.setTimer(() => this.line.fin(), idleTimeoutMs);
  }

  #clientLeft(): void {
    this.line.closedBy ??= 'client';
    this.#stamp();
    this.#host.left();
    // What ignores the client's leaving stops when the kernel refuses to send.
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
      entry.closedBy ??= this.line.closedBy;
    }
  }
}

function nothing(): void {}
