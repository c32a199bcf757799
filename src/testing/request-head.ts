/** The head of a request, with the framing of its body. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** Neither the version nor `connection: close` ends the connection after this request. */
  readonly keepAlive: boolean;
  /** Bytes of the body, or `chunked`. */
  readonly body: number | 'chunked';
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Printable characters, spaces, tabs, and bytes above ASCII.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.([01])$/;

/**
 * Parses a request head strictly by RFC 9112: two lenient parsers may disagree on a request (request smuggling).
 * @returns the head, or what is wrong with it
 */
export function readRequestHead(text: string): RequestHead | string {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const parts = REQUEST_LINE.exec(requestLine);
  if (parts === null) return `request line ${JSON.stringify(requestLine.slice(0, 80))}`;

  const rawHeaders: [string, string][] = [];
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) return `header line ${JSON.stringify(line.slice(0, 80))}`;
    rawHeaders.push([name, value]);
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }

  const body = readBodyLength(headers);
  if (typeof body === 'object') return body.violation;
  if (parts[3] === '1' && rawHeaders.filter(([name]) => name.toLowerCase() === 'host').length !== 1) {
    return 'not exactly one host header';
  }
  return {
    method: parts[1] ?? '',
    path: parts[2] ?? '',
    rawHeaders,
    headers,
    keepAlive: parts[3] === '1' && !/\bclose\b/i.test(headers['connection'] ?? ''),
    body,
  };
}

function readBodyLength(headers: Readonly<Record<string, string>>): number | 'chunked' | { violation: string } {
  const length = headers['content-length'];
  const coding = headers['transfer-encoding'];
  if (length !== undefined && coding !== undefined) return { violation: 'content-length beside transfer-encoding' };
  if (coding !== undefined) {
    return coding.toLowerCase() === 'chunked' ? 'chunked' : { violation: `transfer-encoding ${coding.slice(0, 80)}` };
  }
  if (length === undefined) return 0;
  return /^\d{1,15}$/.test(length) ? Number(length) : { violation: `content-length ${length.slice(0, 80)}` };
}
