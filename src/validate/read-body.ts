import type { IncomingMessage } from 'node:http';
import type { Clock } from '../contracts/clock.js';
import { GatewayError } from '../errors/gateway-error.js';
import type { CancelSignal } from '../util/cancellation.js';
import {
  announcedLength,
  announcesBody,
  refuseAmbiguousFraming,
  refuseOtherContent,
  refuseOtherType,
} from './framing.js';
import { drainRequestBody } from './drain-request.js';

/** A body as bytes, or as what the host's own parser has made of them. */
export type Received =
  | { readonly bytes: Buffer; readonly value?: never }
  | { readonly bytes?: undefined; readonly value: unknown };

export interface ReadLimits {
  readonly bodyLimit: number;
  readonly bodyTimeoutMs: number;
  readonly clock: Clock;
}

/** Bytes per second. A client below this holds its place for nothing. */
const SLOWEST = 1_024;
/** Until then nobody is too slow. */
const FIRST_LOOK_MS = 5_000;
const LOOK_MS = 1_000;

/**
 * The body of `req`: what `express.json()`, `raw()` or `text()` has left of it, else read from the connection.
 * @throws GatewayError for a body that is too large, too slow, not JSON by its own account, or cut off.
 */
export async function readBody(
  req: IncomingMessage,
  limits: ReadLimits,
  cancelSignal: CancelSignal,
): Promise<Received> {
  refuseAmbiguousFraming(req);
  if (req.readableEnded) return leftByHost(req, limits.bodyLimit);
  const length = announcedLength(req);
  // What is missing is missing whatever its type.
  if (announcesBody(req)) refuseOtherContent(req);
  if (length !== undefined && length > limits.bodyLimit) {
    drainRequestBody(req, limits.clock);
    throw tooLarge(limits.bodyLimit);
  }
  // A small body usually came in one packet with the head: after this turn it is in the buffer, and costs no timer.
  // Where somebody in front listens it flows already, and what is not caught now is lost.
  if (req.readableFlowing !== true) await undefined;
  // What has closed already will not say so again.
  if (cancelSignal.aborted || req.destroyed) throw clientGone();
  return { bytes: arrived(req, length) ?? (await upload(req, limits, cancelSignal)) };
}

function leftByHost(req: IncomingMessage & { readonly body?: unknown }, bodyLimit: number): Received {
  const { body } = req;
  if (body === undefined) {
    if (announcedLength(req) === 0) return { bytes: Buffer.alloc(0) };
    throw readByOthers();
  }
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? toBuffer(body) : undefined;
  if ((bytes?.length ?? announcedLength(req) ?? 0) > bodyLimit) throw tooLarge(bodyLimit);
  // A form that any site can post must not pass for a request because the host parses forms. How it was compressed is
  // no matter any more: the host's parser has inflated it.
  refuseOtherType(req);
  return bytes === undefined ? { value: body } : { bytes };
}

/** The body where all of it lies in the buffer of `req`. */
function arrived(req: IncomingMessage, length: number | undefined): Buffer | undefined {
  if (length === undefined || length === 0 || req.readableLength !== length) return undefined;
  const chunk: string | Buffer | null = req.read();
  // Only a stream that flows comes to its end, and only then is the connection free for the next request.
  req.resume();
  return chunk === null ? undefined : toBuffer(chunk);
}

function upload(
  req: IncomingMessage,
  { bodyLimit, bodyTimeoutMs, clock }: ReadLimits,
  cancelSignal: CancelSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let over = false;

    const take = (chunk: Buffer | string): void => {
      const bytes = toBuffer(chunk);
      size += bytes.length;
      if (size <= bodyLimit) {
        chunks.push(bytes);
        return;
      }
      fail(tooLarge(bodyLimit));
      drainRequestBody(req, clock);
    };
    const finish = (): void => {
      letGo();
      const announced = announcedLength(req);
      // Node ends no body early: what is missing, somebody in front has read.
      if (announced !== undefined && size < announced) reject(readByOthers());
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    };
    const leave = (): void => fail(clientGone());
    const fail = (error: GatewayError): void => {
      letGo();
      reject(error);
    };
    // After a stall of the loop the bytes may lie unread in the socket: they are read before anybody is judged.
    const look = (): void => void setImmediate(judge);
    const judge = (): void => {
      const elapsedMs = clock.now() - startedAt;
      if (over) return;
      if (elapsedMs >= bodyTimeoutMs) fail(tooLate(bodyTimeoutMs));
      else if (size < (elapsedMs / 1_000) * SLOWEST) fail(tooSlow());
      else timer = clock.setTimer(look, Math.min(LOOK_MS, bodyTimeoutMs - elapsedMs));
    };
    const letGo = (): void => {
      over = true;
      timer.cancel();
      stay();
      req.off('data', take).off('end', finish).off('close', leave);
    };

    const startedAt = clock.now();
    let timer = clock.setTimer(look, Math.min(FIRST_LOOK_MS, bodyTimeoutMs));
    const stay = cancelSignal.onAbort(leave);
    // No listener for `error`: an aborted request throws only where somebody listens, and `close` tells the same.
    req.on('data', take).on('end', finish).on('close', leave);
    // Somebody in front may have paused it, and then listening alone would wait for ever.
    req.resume();
  });
}

/** Bytes of a chunk. It is text where the host has set an encoding. */
function toBuffer(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function tooLarge(bodyLimit: number): GatewayError {
  return new GatewayError('request_too_large', `The request body is larger than ${bodyLimit} bytes.`);
}

function readByOthers(): GatewayError {
  return new GatewayError(
    'internal_error',
    'Something before the gateway has read the request body and left nothing of it in req.body.',
  );
}

function tooLate(bodyTimeoutMs: number): GatewayError {
  return timeout(`The request body did not arrive within ${bodyTimeoutMs} ms.`);
}

function tooSlow(): GatewayError {
  return timeout(`The request body came more slowly than ${SLOWEST} bytes per second.`);
}

function timeout(message: string): GatewayError {
  // The rest of the body is still to come, so the connection cannot be used for anything else.
  return new GatewayError('request_timeout', message, { headers: { connection: 'close' } });
}

function clientGone(): GatewayError {
  return new GatewayError('client_closed_request', 'The client closed the connection before the request was complete.');
}
