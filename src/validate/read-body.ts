import type { IncomingMessage } from 'node:http';
import type { Clock } from '../contracts/clock.js';
import { GatewayError } from '../errors.js';
import type { Lifeline } from '../http/presence.js';
import { announcedLength, refuseAmbiguousFraming, refuseOtherContent } from './framing.js';
import { linger } from './linger.js';

/** A body as bytes, or as what the host's own parser has made of them. */
export type Received =
  | { readonly bytes: Buffer; readonly value?: never }
  | { readonly bytes?: undefined; readonly value: unknown };

export interface ReadLimits {
  readonly bodyLimit: number;
  readonly bodyTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * The body of `req`: what `express.json()`, `raw()` or `text()` has left of it, else read from the connection.
 * @throws GatewayError for a body that is too large, too slow, not JSON by its own account, or cut off.
 */
export async function readBody(req: IncomingMessage, limits: ReadLimits, lifeline: Lifeline): Promise<Received> {
  refuseAmbiguousFraming(req);
  if (req.readableEnded) return leftByHost(req, limits.bodyLimit);
  refuseOtherContent(req);
  const length = announcedLength(req);
  if (length !== undefined && length > limits.bodyLimit) {
    linger(req, limits.clock);
    throw tooLarge(limits.bodyLimit);
  }
  // A small body usually came in one packet with the head: after this turn it is in the buffer, and costs no timer.
  await undefined;
  // What has closed already will not say so again.
  if (lifeline.gone || req.destroyed) throw clientGone();
  return { bytes: arrived(req, length) ?? (await upload(req, limits, lifeline)) };
}

function leftByHost(req: IncomingMessage & { readonly body?: unknown }, bodyLimit: number): Received {
  const { body } = req;
  if (body === undefined) {
    if (announcedLength(req) === 0) return { bytes: Buffer.alloc(0) };
    throw new GatewayError(
      'internal_error',
      'Something before the gateway has read the request body and left nothing of it in req.body.',
    );
  }
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? toBuffer(body) : undefined;
  if ((bytes?.length ?? announcedLength(req) ?? 0) > bodyLimit) throw tooLarge(bodyLimit);
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
  lifeline: Lifeline,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;

    const take = (chunk: Buffer | string): void => {
      const bytes = toBuffer(chunk);
      size += bytes.length;
      if (size <= bodyLimit) {
        chunks.push(bytes);
        return;
      }
      fail(tooLarge(bodyLimit));
      linger(req, clock);
    };
    const finish = (): void => {
      letGo();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    };
    const leave = (): void => fail(clientGone());
    const fail = (error: GatewayError): void => {
      letGo();
      reject(error);
    };
    const letGo = (): void => {
      timer.cancel();
      stay();
      req.off('data', take).off('end', finish).off('close', leave);
    };

    const timer = clock.setTimer(() => fail(tooSlow(bodyTimeoutMs)), bodyTimeoutMs);
    const stay = lifeline.onGone(leave);
    // No listener for `error`: an aborted request throws only where somebody listens, and `close` tells the same.
    req.on('data', take).on('end', finish).on('close', leave);
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

function tooSlow(bodyTimeoutMs: number): GatewayError {
  return new GatewayError('request_timeout', `The request body did not arrive within ${bodyTimeoutMs} ms.`, {
    // The rest of the body is still to come, so the connection cannot be used for anything else.
    headers: { connection: 'close' },
  });
}

function clientGone(): GatewayError {
  return new GatewayError('client_closed_request', 'The client closed the connection before the request was complete.');
}
