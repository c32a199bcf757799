import dns from 'node:dns';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { addressAllowed } from './address-policy.js';

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** The operator's list of origins names `host` literally as an IP address: the operator's own choice. */
  readonly isListedAddress: boolean;
}

/**
 * Opens a connection to an address that a caller chose from the operator's list of origins. The list is matched on the
 * text; this is the guard against what names turn out to mean, in the one place that opens sockets: every answer of
 * the name service must be public, only checked answers are dialled, and the peer is looked at once more before a byte
 * is written.
 */
export function connectGuarded({ host, port, secure, isListedAddress }: ConnectionTarget): Duplex {
  const name = withoutBrackets(host);
  const mayDial = (address: string): boolean => (isListedAddress && address === name) || addressAllowed(address);
  // Node looks literals up nowhere, so they are checked here.
  if (net.isIP(name) !== 0 && !mayDial(name)) return refusedSocket();

  const socket = net.connect({ host: name, port, autoSelectFamily: true, lookup: checkedLookup(mayDial) });
  socket.once('connect', () => {
    // 0.0.0.0 is dialled as 127.0.0.1: what counts is where the connection ended up.
    if (socket.remoteAddress === undefined || !mayDial(socket.remoteAddress)) socket.destroy(blocked());
  });
  return secure
    ? tls.connect({ socket, servername: net.isIP(name) === 0 ? name : '', rejectUnauthorized: true })
    : socket;
}

/** `dns.lookup` that gives no answer at all when one of them is not public: mixed answers are how a name is rebound. */
function checkedLookup(mayDial: (address: string) => boolean): net.LookupFunction {
  return function lookup(hostname, options, done) {
    dns.lookup(hostname, { ...options, all: true, verbatim: true }, (error, answers) => {
      if (error !== null) return done(error, []);
      const [first] = answers;
      if (first === undefined || !answers.every(({ address }) => mayDial(address))) return done(blocked(), []);
      if (options.all === true) done(null, answers);
      else done(null, first.address, first.family);
    });
  };
}

function refusedSocket(): net.Socket {
  const socket = new net.Socket();
  process.nextTick(() => socket.destroy(blocked()));
  return socket;
}

/** A URL writes IPv6 addresses in brackets, sockets do not. */
function withoutBrackets(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

function blocked(): NodeJS.ErrnoException {
  return Object.assign(new Error('This address must not be connected to.'), { code: 'ERR_NORDLYS_ADDRESS_BLOCKED' });
}
