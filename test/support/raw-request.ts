import { connect } from 'node:net';
import { readResponses, type RawResponse } from './raw-response.js';

export interface RawExchange {
  /** The complete responses, in order. */
  readonly responses: readonly RawResponse[];
  /** All received bytes, as latin1. */
  readonly received: string;
  /**
   * How it ended: `done`: all expected responses arrived, and the connection was still open; `fin`, `reset`: the server
   * closed it; `limit`: the server sent more than 2 MiB; `timeout`: none of these.
   */
  readonly ended: 'done' | 'fin' | 'reset' | 'limit' | 'timeout';
}

export interface RawRequestOptions {
  /** Ends after this many complete responses. @defaultValue `1`; `Infinity` waits for the server to close */
  readonly responses?: number;
  /** @defaultValue `2_000` */
  readonly timeoutMs?: number;
  /** Ends the client's side of the connection after the last byte. */
  readonly fin?: boolean;
  /** Called with each received chunk. */
  readonly onData?: (receivedSoFar: string) => void;
}

const MAX_RECEIVED = 2 * 1024 * 1024;

/** Bytes to write, or a number: milliseconds to wait before the next. */
export type RawPiece = string | Uint8Array | number;

/** Writes raw bytes to a server and returns what came back. */
export async function rawRequest(
  port: number,
  bytes: RawPiece | readonly RawPiece[],
  options: RawRequestOptions = {},
): Promise<RawExchange> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const wanted = options.responses ?? 1;
  let received = '';

  const ended = new Promise<RawExchange['ended']>((resolve) => {
    const timer = setTimeout(resolve, options.timeoutMs ?? 2_000, 'timeout');
    socket.on('data', (piece) => {
      received += piece.toString('latin1');
      options.onData?.(received);
      if (received.length > MAX_RECEIVED) {
        socket.destroy();
        resolve('limit');
      } else if (readResponses(received, false).length >= wanted) resolve('done');
    });
    socket.on('end', () => resolve('fin'));
    socket.on('error', () => resolve('reset'));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve('fin');
    });
  });

  for (const piece of Array.isArray(bytes) ? (bytes as readonly RawPiece[]) : [bytes as RawPiece]) {
    if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece));
    else socket.write(piece);
  }
  if (options.fin === true) socket.end();

  const how = await ended;
  socket.destroy();
  return { responses: readResponses(received, how === 'fin'), received, ended: how };
}

/** A POST with a JSON body as bytes; `headers` are raw lines without their line ends. */
export function rawPost(body: unknown, headers: readonly string[] = [], path = '/v1/chat/completions'): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}
