import { HOSTILE_BODIES } from './hostile-bodies.js';
import { BODY, row, withHeaders, withStatusLine, type HostileHead } from './hostile-head.js';

const INTERIM = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n';
const SOUND = withStatusLine('HTTP/1.1 200 OK');
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

const STATUS_LINES: readonly HostileHead[] = [
  row('either', 'control-character-in-reason', withStatusLine('HTTP/1.1 200 O\u0001K')),
  row('either', 'non-ascii-reason', latin1(withStatusLine('HTTP/1.1 200 D\u00e9j\u00e0 vu'))),
  row('either', 'reason-of-10-kb', withStatusLine(`HTTP/1.1 200 ${'O'.repeat(10_000)}`)),
  row('either', 'no-reason', withStatusLine('HTTP/1.1 200')),
  row('error', 'status-000', withStatusLine('HTTP/1.1 000 Zero')),
  row('error', 'status-099', withStatusLine('HTTP/1.1 099 Low')),
  row('error', 'status-600', withStatusLine('HTTP/1.1 600 High')),
  row('error', 'status-999', withStatusLine('HTTP/1.1 999 Highest')),
  row('error', 'status-1000', withStatusLine('HTTP/1.1 1000 Too long')),
  row('error', 'status-of-two-digits', withStatusLine('HTTP/1.1 20 OK')),
  row('error', 'status-negative', withStatusLine('HTTP/1.1 -200 OK')),
  row('error', 'status-in-letters', withStatusLine('HTTP/1.1 2OO OK')),
  row('either', 'http-2-version', withStatusLine('HTTP/2.0 200 OK')),
  row('error', 'http-9-version', withStatusLine('HTTP/9.9 200 OK')),
  row('error', 'lower-case-protocol', withStatusLine('http/1.1 200 OK')),
  row('error', 'icecast-protocol', withStatusLine('ICY 200 OK')),
  row('error', 'no-space-after-version', withStatusLine('HTTP/1.1200 OK')),
  row('either', 'empty-line-before-head', `\r\n${SOUND}`),
];

const INTERIM_RESPONSES: readonly HostileHead[] = [
  row(
    'error',
    'switching-protocols',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nbytes',
    {
      end: 'hang',
    },
  ),
  row('error', 'switching-protocols-without-upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', { end: 'hang' }),
  row('response', 'one-early-hint', INTERIM + SOUND),
  row('response', 'processing', `HTTP/1.1 102 Processing\r\n\r\n${SOUND}`),
  row('error', 'seven-early-hints', INTERIM.repeat(7) + SOUND),
  row('error', 'endless-continue', Array<string>(500).fill('HTTP/1.1 100 Continue\r\n\r\n'), { end: 'hang' }),
];

const HEADERS: readonly HostileHead[] = [
  row('error', 'header-of-20-kb', withHeaders(`x-long: ${'a'.repeat(20_000)}\r\n`)),
  row('error', 'headers-of-40-kb', withHeaders('x-many: 0123456789\r\n'.repeat(2_000))),
  row('either', 'six-hundred-headers', withHeaders('x: 1\r\n'.repeat(600))),
  row('response', 'header-named-proto', withHeaders('__proto__: polluted\r\nconstructor: polluted\r\n')),
  row(
    'response',
    'hop-by-hop-headers',
    withHeaders('connection: x-secret, authorization\r\nproxy-connection: x\r\nte: gzip\r\n'),
  ),
  row(
    'response',
    'set-cookie-and-friends',
    withHeaders(
      'set-cookie: a=1\r\nset-cookie: b=2\r\naccess-control-allow-origin: *\r\nclear-site-data: "*"\r\nalt-svc: h3=":443"\r\n' +
        'strict-transport-security: max-age=1\r\nserver: hostile\r\nwww-authenticate: Basic\r\nlocation: http://127.0.0.1:9/\r\n',
    ),
  ),
  row('response', 'keep-alive-of-no-time', withHeaders('keep-alive: timeout=0, max=-1\r\n')),
  row('either', 'trailer-with-content-length', withHeaders('trailer: x-checksum\r\n')),
  row('either', 'carriage-return-in-value', withHeaders('x-a: 1\rx-injected: 1\r\n')),
  row('either', 'line-feed-in-value', withHeaders('x-a: 1\nx-injected: 1\r\n')),
  row('either', 'nul-in-value', withHeaders('x-a: 1\u00002\r\n')),
  row('either', 'folded-header', withHeaders('x-a: 1\r\n  2\r\n')),
  row('either', 'space-in-name', withHeaders('x a: 1\r\n')),
  row('either', 'space-before-colon', withHeaders('x-a : 1\r\n')),
  row('either', 'no-colon', withHeaders('x-a\r\n')),
  row('either', 'no-name', withHeaders(': 1\r\n')),
  row('either', 'utf8-in-value', withHeaders('x-a: \u2603\r\n')),
  row('either', 'bare-line-feeds', SOUND.replaceAll('\r\n', '\n')),
  row('either', 'bare-carriage-returns', SOUND.replaceAll('\r\n', '\r')),
  row('either', 'response-before-the-request', SOUND, { unrequested: true }),
];

const NO_HEAD: readonly HostileHead[] = [
  row('error', 'no-head', []),
  row('error', 'no-head-and-reset', [], { end: 'reset' }),
  row('error', 'no-head-for-ever', [], { end: 'hang' }),
  row('error', 'half-a-head', 'HTTP/1.1 200 OK\r\ncontent-type: appl'),
  row('error', 'half-a-head-and-reset', 'HTTP/1.1 200 OK\r\ncontent-type: appl', { end: 'reset' }),
  row('error', 'half-a-head-for-ever', 'HTTP/1.1 200 OK\r\ncontent-type: appl', { end: 'hang' }),
  row('error', 'http-0.9', BODY),
  row('error', 'http-2-preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  row('error', 'http-2-settings', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])),
  row('error', 'tls-alert', Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46])),
  row('error', 'ssh-banner', 'SSH-2.0-OpenSSH_9.2\r\n'),
  row('error', 'a-request', 'GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'),
];

/**
 * A hundred responses of a hostile upstream. A client must neither crash nor hang on any of them, and must get the
 * result that `expect` allows.
 */
export const hostileHeads: readonly HostileHead[] = [
  ...STATUS_LINES,
  ...INTERIM_RESPONSES,
  ...HEADERS,
  ...NO_HEAD,
  ...HOSTILE_BODIES,
];
