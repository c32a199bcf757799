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

/** A body as bytes, or as the value that the host's own parser returned. */
export type Received =
  | { readonly bytes: Buffer; readonly value?: never }
  | { readonly bytes?: undefined; readonly value: unknown };

export interface ReadLimits {
  readonly bodyLimit: number;
  readonly bodyTimeoutMs: number;
  readonly clock: Clock;
}

/** Minimum upload rate in bytes per second. */
const SLOWEST = 1_024;
/** Grace period before the minimum upload rate is enforced. */
const FIRST_LOOK_MS = 5_000;
const LOOK_MS = 1_000;

/**
 * The body of `req`: as `express.json()`, `raw()` or `text()` has parsed it, else read from the connection.
 * @throws GatewayError for a body that is too large, too slow, incomplete, or has another content type
 */
export async function readBody(
  req: IncomingMessage,
  limits: ReadLimits,
  cancelSignal: CancelSignal,
): Promise<Received> {
  refuseAmbiguousFraming(req);
  if (req.readableEnded) return leftByHost(req, limits.bodyLimit);
  const length = announcedLength(req);
  // A missing body is reported as such, whatever its content type.
  if (announcesBody(req)) refuseOtherContent(req);
  if (length !== undefined && length > limits.bodyLimit) {
    drainRequestBody(req, limits.clock);
    throw tooLarge(limits.bodyLimit);
  }
  // A small body usually arrives in one packet with the head: after this turn it is buffered, and needs no timer.
  // A stream that flows already has a listener in front of the gateway: chunks that are not caught now would be lost.
  if (req.readableFlowing !== true) await undefined;
  // A closed request emits no further `close`.
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
  // The host may parse forms, which any site can post: they must not pass as requests. The content encoding is not
  // checked, as the host's parser has decompressed the body.
  refuseOtherType(req);
  return bytes === undefined ? { value: body } : { bytes };
}

/** The body, where all of it is in the buffer of `req` already. */
function arrived(req: IncomingMessage, length: number | undefined): Buffer | undefined {
  if (length === undefined || length === 0 || req.readableLength !== length) return undefined;
  const chunk: string | Buffer | null = req.read();
  // Only a flowing stream ends, and only then is the connection free for the next request.
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
      // Node does not end a body early: a middleware in front has read the missing bytes.
      if (announced !== undefined && size < announced) reject(readByOthers());
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    };
    const leave = (): void => fail(clientGone());
    const fail = (error: GatewayError): void => {
      letGo();
      reject(error);
    };
    // After a stall of the event loop, bytes may be in the socket: they are read before the rate is checked.
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
    // No listener for `error`: Node emits the error of an aborted request only where there is one, and `close` follows.
    req.on('data', take).on('end', finish).on('close', leave);
    // A middleware in front may have paused the stream, which a `data` listener alone does not resume.
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
  // The rest of the body has not arrived, so the connection cannot be used for another request.
  return new GatewayError('request_timeout', message, { headers: { connection: 'close' } });
}

function clientGone(): GatewayError {
  return new GatewayError('client_closed_request', 'The client closed the connection before the request was complete.');
}
