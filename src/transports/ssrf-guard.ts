import dns from 'node:dns';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { UpstreamUrl } from '../contracts/transport.js';
import { bareHost } from '../util/bare-host.js';
import { addressAllowed } from './address-policy.js';

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** `host` is an IP address that the operator's `allowedOrigins` names literally, so it need not be public. */
  readonly isListedAddress: boolean;
}

/** Where the origin of `url` is connected to. */
export function targetOf({ protocol, hostname, port, isListedAddress }: UpstreamUrl): ConnectionTarget {
  const secure = protocol === 'https:';
  return {
    host: bareHost(hostname),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    secure,
    isListedAddress: isListedAddress === true,
  };
}

/**
 * Opens a connection to an origin that a caller chose from the operator's `allowedOrigins`. That list is matched by
 * name; this guard checks the addresses behind the name, in the one place that opens sockets: every address that the
 * lookup returns must be public, only checked addresses are connected to, and the peer is checked once more before
 * anything is written.
 */
export function connectGuarded({ host, port, secure, isListedAddress }: ConnectionTarget): Duplex {
  const name = bareHost(host);
  const isAllowed = (address: string): boolean => (isListedAddress && address === name) || addressAllowed(address);
  // Node does not look up literal addresses, so they are checked here.
  if (net.isIP(name) !== 0 && !isAllowed(name)) return refusedSocket();

  const socket = net.connect({ host: name, port, autoSelectFamily: true, lookup: checkedLookup(isAllowed) });
  socket.once('connect', () => {
    // A connection to 0.0.0.0 reaches 127.0.0.1, so the peer is what counts.
    if (socket.remoteAddress === undefined || !isAllowed(socket.remoteAddress)) socket.destroy(blocked());
  });
  return secure
    ? tls.connect({ socket, servername: net.isIP(name) === 0 ? name : '', rejectUnauthorized: true })
    : socket;
}

/** `dns.lookup` that fails if any of the addresses is not public: DNS rebinding mixes public and private ones. */
function checkedLookup(isAllowed: (address: string) => boolean): net.LookupFunction {
  return function lookup(hostname, options, done) {
    dns.lookup(hostname, { ...options, all: true, verbatim: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) return done(blocked(), []);
      if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

function refusedSocket(): net.Socket {
  const socket = new net.Socket();
  process.nextTick(() => socket.destroy(blocked()));
  return socket;
}

function blocked(): NodeJS.ErrnoException {
  return Object.assign(new Error('The address is not public: base_url may name public addresses only.'), {
    code: 'ERR_NORDLYS_ADDRESS_BLOCKED',
  });
}
