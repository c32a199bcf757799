import { gzipSync } from 'node:zlib';
import { BODY, chunked, framed, row, withHeaders, withStatusLine, type HostileHead } from './hostile-head.js';

const SIZE = BODY.length;
const HEX = SIZE.toString(16);
const SOUND = withStatusLine('HTTP/1.1 200 OK');
const LAST = '0\r\n\r\n';

const LENGTHS: readonly HostileHead[] = [
  row('error', 'two-lengths-that-differ', framed(`content-length: ${SIZE}\r\ncontent-length: 5\r\n`, BODY)),
  row('either', 'two-lengths-that-agree', withHeaders(`content-length: ${SIZE}\r\n`)),
  row('either', 'length-as-a-list', framed(`content-length: ${SIZE}, ${SIZE}\r\n`, BODY)),
  row('error', 'length-negative', framed(`content-length: -${SIZE}\r\n`, BODY)),
  row('error', 'length-in-letters', framed('content-length: all of it\r\n', BODY)),
  row('either', 'length-with-a-sign', framed(`content-length: +${SIZE}\r\n`, BODY)),
  row('error', 'length-beyond-numbers', framed(`content-length: ${'9'.repeat(30)}\r\n`, BODY)),
  row('error', 'length-too-short', framed(`content-length: ${SIZE - 1}\r\n`, BODY)),
  row('error', 'length-too-long', framed(`content-length: ${SIZE + 1}\r\n`, BODY)),
  row('error', 'length-too-long-and-reset', framed(`content-length: ${SIZE + 1}\r\n`, BODY), { end: 'reset' }),
  row('error', 'length-zero', framed('content-length: 0\r\n', '')),
  row(
    'either',
    'length-beside-chunked',
    framed(`content-length: ${SIZE}\r\ntransfer-encoding: chunked\r\n`, `${HEX}\r\n${BODY}\r\n${LAST}`),
  ),
  row('response', 'no-length-until-close', framed('connection: close\r\n', BODY)),
  row('response', 'http-1.0', `HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${BODY}`),
  row('error', 'half-a-body-until-close', framed('connection: close\r\n', BODY.slice(0, 40))),
];

const CHUNKS: readonly HostileHead[] = [
  row('either', 'unknown-transfer-encoding', framed('transfer-encoding: xchunked\r\n', BODY)),
  row('either', 'chunked-then-gzip', framed('transfer-encoding: chunked, gzip\r\n', `${HEX}\r\n${BODY}\r\n${LAST}`)),
  row('error', 'chunk-size-in-letters', chunked(`xyz\r\n${BODY}\r\n${LAST}`)),
  row('error', 'chunk-size-negative', chunked(`-5\r\n${BODY}\r\n${LAST}`)),
  row('error', 'chunk-size-beyond-numbers', chunked(`${'F'.repeat(20)}\r\n${BODY}\r\n${LAST}`)),
  row('error', 'chunk-longer-than-its-size', chunked(`5\r\n${BODY}\r\n${LAST}`)),
  row('error', 'chunk-cut-short', chunked(`${HEX}\r\n${BODY.slice(0, 40)}`)),
  row('error', 'chunk-cut-short-and-reset', chunked(`${HEX}\r\n${BODY.slice(0, 40)}`), { end: 'reset' }),
  row('error', 'no-last-chunk', chunked(`${HEX}\r\n${BODY}\r\n`)),
  row('error', 'no-chunk-at-all', chunked('')),
  row('either', 'chunk-extension-of-20-kb', chunked(`${HEX};${'x'.repeat(20_000)}\r\n${BODY}\r\n${LAST}`)),
  row('response', 'chunk-with-extension', chunked(`${HEX};name=value\r\n${BODY}\r\n${LAST}`)),
  row('response', 'one-byte-chunks', chunked(`${[...BODY].map((byte) => `1\r\n${byte}\r\n`).join('')}${LAST}`)),
  row('response', 'trailers', chunked(`${HEX}\r\n${BODY}\r\n0\r\nx-checksum: 1\r\n\r\n`)),
  row('either', 'hostile-trailers', chunked(`${HEX}\r\n${BODY}\r\n0\r\ncontent-length: 5\r\nset-cookie: a=1\r\n\r\n`)),
];

const CODINGS: readonly HostileHead[] = [
  row('either', 'gzip', [
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n`,
    gzipSync(BODY),
  ]),
  row('error', 'gzip-in-name-only', withHeaders('content-encoding: gzip\r\n')),
  row('error', 'unknown-coding', withHeaders('content-encoding: rot13\r\n')),
  row('response', 'identity-coding', withHeaders('content-encoding: identity\r\n')),
  row('error', 'bytes-that-are-no-utf8', [
    framed('connection: close\r\n', BODY.slice(0, -1)),
    Buffer.from([0xff, 0xfe]),
  ]),
  row('error', 'nested-brackets', framed('connection: close\r\n', '['.repeat(100_000))),
  row('error', 'html-page', 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<h1>Hello.</h1>'),
];

const STATUSES: readonly HostileHead[] = [
  ...[300, 301, 302, 303, 307, 308].map((status) => row('error', `redirect-${status}`, redirect(status))),
  row('error', 'no-content', 'HTTP/1.1 204 No Content\r\n\r\n', { end: 'keep' }),
  row('error', 'reset-content', 'HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n', { end: 'keep' }),
  row('error', 'not-modified', 'HTTP/1.1 304 Not Modified\r\netag: "1"\r\n\r\n', { end: 'keep' }),
  row('error', 'no-content-with-a-body', withStatusLine('HTTP/1.1 204 No Content')),
  row('response', 'junk-after-the-response', `${SOUND}junk`),
  row('response', 'unrequested-second-response', `${SOUND}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"no"`, {
    end: 'keep',
  }),
];

function redirect(status: number): string {
  return `HTTP/1.1 ${status} Elsewhere\r\nlocation: http://127.0.0.1:9/v1/chat/completions\r\ncontent-length: 0\r\n\r\n`;
}

/** @internal The part of the corpus with a valid head and a body that contradicts it. */
export const HOSTILE_BODIES: readonly HostileHead[] = [...LENGTHS, ...CHUNKS, ...CODINGS, ...STATUSES];
