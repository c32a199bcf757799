import http from 'node:http';
import net, { type LookupFunction } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { UpstreamProxy } from '../contracts/network.js';
import type { UpstreamUrl } from '../contracts/transport.js';
import { ProxyError } from './proxy-error.js';
import { whenOpen, type Opened } from './when-open.js';

export interface TunnelOptions {
  readonly url: UpstreamUrl;
  readonly proxy: UpstreamProxy;
  /** Looks up the proxy's name. The upstream's name is looked up by the proxy. */
  readonly lookup: LookupFunction;
  /** Starts TLS to the upstream through the open tunnel. */
  secure(socket: net.Socket): TLSSocket;
}

/**
 * Opens a connection through an HTTP proxy with `CONNECT` (RFC 9110, 9.3.6), for `http:` upstreams as well. The proxy
 * sees host and port, and neither keys nor prompts of `https:` upstreams.
 *
 * @returns the connection to the proxy: destroying it ends the tunnel and TLS as well
 */
export function openTunnel({ url, proxy, lookup, secure }: TunnelOptions, opened: Opened): net.Socket {
  const socket = connectToProxy(proxy, lookup);
  const fail = (error: Error): void => {
    socket.destroy();
    opened(error, null);
  };
  whenOpen(socket, (error) => {
    if (error !== undefined) return fail(unreachable(proxy, error));
    requestTunnel(socket, url, proxy, (refusal) => {
      if (refusal !== undefined) return fail(refusal);
      if (url.protocol === 'http:') return opened(null, socket);
      const upstream = secure(socket);
      whenOpen(upstream, (error) => (error === undefined ? opened(null, upstream) : fail(error)));
    });
  });
  return socket;
}

function connectToProxy({ hostname, port, secure, secureContext }: UpstreamProxy, lookup: LookupFunction): net.Socket {
  const address = { host: hostname, port, lookup, autoSelectFamily: true };
  if (!secure) return net.connect(address);
  return tls.connect({
    ...address,
    servername: net.isIP(hostname) === 0 ? hostname : '',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    ...(secureContext !== undefined && { secureContext }),
  });
}

/** Sends `CONNECT` over an open connection. `done` is called once. */
function requestTunnel(
  socket: net.Socket,
  url: UpstreamUrl,
  proxy: UpstreamProxy,
  done: (refusal?: ProxyError) => void,
): void {
  const authority = `${net.isIPv6(url.hostname) ? `[${url.hostname}]` : url.hostname}:${url.port}`;
  const authorization = proxy.authorization();
  const headers = { host: authority, ...(authorization !== undefined && { 'proxy-authorization': authorization }) };
  const request = http.request({ method: 'CONNECT', path: authority, headers, createConnection: () => socket });
  // Node would send `connection: close`, but the connection becomes the tunnel.
  request.removeHeader('connection');
  let isSettled = false;
  const settle = (refusal?: ProxyError): void => {
    if (isSettled) return;
    isSettled = true;
    done(refusal);
  };
  const what = `The proxy ${proxy.origin}, asked to CONNECT ${authority},`;
  request.once('connect', ({ statusCode = 0 }, _socket, head) => {
    if (statusCode < 200 || statusCode > 299) settle(refused(what, statusCode));
    // In TLS and HTTP the client sends first, so these bytes are not the upstream's, but would be read as its response.
    else if (head.length > 0) settle(invalid(`${what} sent data of its own into the tunnel.`));
    else settle();
  });
  // A proxy that treats CONNECT like any other request does not support it.
  request.once('response', () => settle(invalid(`${what} did not open a tunnel.`)));
  request.on('error', (error) => settle(invalid(`${what} sent no valid response (${codeOf(error)}).`, error)));
  request.once('close', () => settle(invalid(`${what} closed the connection.`)));
  request.end();
}

function unreachable({ origin }: UpstreamProxy, cause: Error): ProxyError {
  const message = `The proxy ${origin} could not be connected to (${codeOf(cause)}).`;
  return new ProxyError('ERR_NORDLYS_PROXY_UNREACHABLE', message, { cause });
}

function refused(what: string, status: number): ProxyError {
  if (status !== 407) return new ProxyError('ERR_NORDLYS_PROXY_REFUSED', `${what} responded ${status}.`, { status });
  const message = `${what} responded 407: the proxy's URL holds no credentials, or wrong ones.`;
  return new ProxyError('ERR_NORDLYS_PROXY_AUTH', message, { status });
}

function invalid(message: string, cause?: unknown): ProxyError {
  return new ProxyError('ERR_NORDLYS_PROXY_INVALID', message, { cause });
}

/** The code of an error, and not its message, which may quote received bytes. */
function codeOf({ code, name }: NodeJS.ErrnoException): string {
  return code ?? name;
}
