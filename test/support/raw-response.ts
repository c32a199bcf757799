/** A response as it was on the wire. */
export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  readonly rawHeaders: readonly (readonly [string, string])[];
  /** By lower-case name; several values joined with `', '`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly text: string;
  readonly json: unknown;
  /** False: the connection closed within the body. Only the last response can be incomplete. */
  readonly complete: boolean;
}

/**
 * Parses responses strictly; interim ones (1xx) are included.
 * @param closed - the connection has ended, so a body has no further bytes
 */
export function readResponses(received: string, closed: boolean): RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = received;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) break;
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const rawHeaders = lines.map(splitHeader);
    const headers: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [name, value] of rawHeaders) {
      const key = name.toLowerCase();
      headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
    }
    const [, status = '', reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine) ?? [];
    const body = readBody(rest.slice(end + 4), Number(status), headers, closed);
    if (body === undefined) break;
    responses.push(describe(Number(status), reason, rawHeaders, headers, body));
    rest = body.rest;
  }
  return responses;
}

interface Body {
  readonly bytes: string;
  readonly rest: string;
  readonly complete: boolean;
}

function readBody(
  text: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  closed: boolean,
): Body | undefined {
  if (status < 200 || status === 204 || status === 304) return { bytes: '', rest: text, complete: true };
  if (headers['transfer-encoding'] === 'chunked') return readChunks(text, closed);
  const length = headers['content-length'];
  if (length === undefined) return closed ? { bytes: text, rest: '', complete: true } : undefined;
  const complete = text.length >= Number(length);
  if (!complete && !closed) return undefined;
  return { bytes: text.slice(0, Number(length)), rest: text.slice(Number(length)), complete };
}

function readChunks(text: string, closed: boolean): Body | undefined {
  let bytes = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(text.slice(at, lineEnd), 16);
    const chunk = text.slice(lineEnd + 2, lineEnd + 2 + size);
    if (Number.isNaN(size) || chunk.length < size || text.length < lineEnd + 2 + size + 2) {
      return closed ? { bytes, rest: '', complete: false } : undefined;
    }
    at = lineEnd + 2 + size + 2;
    if (size === 0) return { bytes, rest: text.slice(at), complete: true };
    bytes += chunk;
  }
}

function describe(
  status: number,
  reason: string,
  rawHeaders: readonly (readonly [string, string])[],
  headers: Readonly<Record<string, string>>,
  { bytes, complete }: Body,
): RawResponse {
  const body = Buffer.from(bytes, 'latin1');
  return {
    status,
    reason,
    rawHeaders,
    headers,
    body,
    complete,
    text: body.toString('utf8'),
    get json(): unknown {
      return JSON.parse(body.toString('utf8'));
    },
  };
}

function splitHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
