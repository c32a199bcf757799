import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/gateway-error.js';

/** The end of an ambiguously framed request is unknown, so its connection cannot be used again. */
const CLOSE = { connection: 'close' };

/**
 * Refuses a request that a proxy in front may frame differently (request smuggling). Node refuses most of them itself,
 * but not unusual transfer encodings and repeated `Host` headers.
 */
export function refuseAmbiguousFraming(req: IncomingMessage): void {
  const encoding = req.headers['transfer-encoding'];
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked') throw ambiguous("'Transfer-Encoding' must be 'chunked' or absent.");
    if (req.headers['content-length'] !== undefined) {
      throw ambiguous("'Transfer-Encoding' and 'Content-Length' exclude each other.");
    }
  }
  if (countHosts(req.rawHeaders) > 1) throw ambiguous("More than one 'Host' header.");
}

/** Refuses a body whose headers announce anything but plain JSON in UTF-8. */
export function refuseOtherContent(req: IncomingMessage): void {
  refuseCompressed(req);
  refuseOtherType(req);
}

function refuseCompressed(req: IncomingMessage): void {
  const coding = req.headers['content-encoding'];
  if (coding !== undefined && coding !== '' && coding.toLowerCase() !== 'identity') {
    throw unsupported('Compressed bodies are not supported: send the JSON as it is.');
  }
}

/** Whether the headers announce a body. */
export function announcesBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || (announcedLength(req) ?? 0) > 0;
}

/** `Content-Length`, or `undefined` for a chunked body. */
export function announcedLength(req: IncomingMessage): number | undefined {
  const length = req.headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/**
 * Refuses a body without a JSON content type. A page of any site can send other types with the user's cookies, without a
 * CORS preflight; a body without a type can be sent in the same way.
 */
export function refuseOtherType(req: IncomingMessage): void {
  const header = req.headers['content-type'] ?? '';
  if (header === 'application/json') return;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  if (!isJsonType(type.trim())) throw unsupported("The body must be JSON: send 'Content-Type: application/json'.");
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim() === 'charset' && !isUtf8Name(value.trim())) throw unsupported('The body must be encoded in UTF-8.');
  }
}

/** `application/json`, or a type whose syntax is JSON: `application/vnd.api+json`. */
function isJsonType(type: string): boolean {
  return type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'));
}

function isUtf8Name(charset: string): boolean {
  const name = charset.replaceAll('"', '');
  return name === 'utf-8' || name === 'utf8';
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

function ambiguous(message: string): GatewayError {
  return new GatewayError('ambiguous_request', message, { headers: CLOSE });
}

function unsupported(message: string): GatewayError {
  return new GatewayError('unsupported_content_type', message);
}
