import net, { type LookupFunction } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { UpstreamNetwork } from '../contracts/network.js';
import type { UpstreamUrl } from '../contracts/transport.js';
import { openTunnel } from './proxy-tunnel.js';
import { whenOpen, type Opened } from './when-open.js';

/**
 * Opens a connection to `url` with the network settings of its provider: directly, over a unix socket, or through a
 * proxy. `opened` is called once, never synchronously; TLS is then established and the certificate verified.
 *
 * @returns the socket to destroy if the connection is not wanted any more before it is open
 */
export function openConnection(
  url: UpstreamUrl,
  network: UpstreamNetwork,
  lookup: LookupFunction,
  opened: Opened,
): net.Socket {
  const { proxy, socketPath } = network;
  if (proxy !== undefined) {
    return openTunnel({ url, proxy, lookup, secure: (socket) => secured(url, network, { socket }) }, opened);
  }
  const address =
    socketPath === undefined
      ? { host: url.hostname, port: Number(url.port), lookup, autoSelectFamily: true }
      : { path: socketPath };
  const socket = url.protocol === 'https:' ? secured(url, network, address) : net.connect(address);
  whenOpen(socket, (error) => (error === undefined ? opened(null, socket) : opened(error, null)));
  return socket;
}

/** TLS to the upstream, over `connection`. Certificates are always verified. */
function secured(
  { hostname }: UpstreamUrl,
  { secureContext, servername }: UpstreamNetwork,
  connection: tls.ConnectionOptions,
): TLSSocket {
  const name = servername ?? hostname;
  return tls.connect({
    ...connection,
    // Without a server name, as for IP addresses, the certificate is verified against the host.
    host: hostname,
    servername: net.isIP(name) === 0 ? name : '',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    ...(secureContext !== undefined && { secureContext }),
  });
}
