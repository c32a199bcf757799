import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';

export interface ConnectProxyOptions {
  /** Clients connect to the proxy over TLS. */
  readonly tls?: tls.TlsOptions;
  /** `user:password` that it requires. */
  readonly credentials?: string;
  /** What it sends in place of a tunnel, and whether it then closes; `'never'`: nothing. */
  readonly responds?: string | 'never';
  /** Bytes that it sends after its 200, before the upstream has sent anything. */
  readonly adds?: string;
  /** Host names that it resolves. */
  readonly hosts?: Readonly<Record<string, string>>;
}

export interface ConnectProxy {
  readonly port: number;
  /** The heads of all requests, as received. */
  readonly requests: readonly string[];
  /** Connections from clients that are open now. */
  readonly connections: number;
  /** Connections from clients so far. */
  readonly accepted: number;
  /** The bytes of all tunnels in both directions, as text. */
  readonly tunnelled: string;
}

/** A small HTTP proxy that opens tunnels, until the test is over. */
export async function connectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const open = new Set<Socket>();
  const seen = { requests: [] as string[], tunnelled: '', accepted: 0 };
  const serve = (client: Socket): void => {
    seen.accepted++;
    open.add(client);
    client.on('error', () => client.destroy()).on('close', () => open.delete(client));
    let head = '';
    const read = (bytes: Buffer): void => {
      head += bytes.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      client.off('data', read);
      seen.requests.push(head);
      respond(client, head, options, (text) => (seen.tunnelled += text));
    };
    client.on('data', read);
  };
  const server = options.tls === undefined ? net.createServer(serve) : tls.createServer(options.tls, serve);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return Object.defineProperties({ port: (server.address() as AddressInfo).port } as ConnectProxy, {
    requests: { get: () => seen.requests },
    tunnelled: { get: () => seen.tunnelled },
    accepted: { get: () => seen.accepted },
    connections: { get: () => open.size },
  });
}

function respond(
  client: Socket,
  head: string,
  { responds, credentials, adds = '', hosts = {} }: ConnectProxyOptions,
  note: (text: string) => void,
): void {
  if (responds === 'never') return;
  if (responds !== undefined) return void client.end(responds);
  const expected = `Basic ${Buffer.from(credentials ?? '').toString('base64')}`;
  const sent = /^proxy-authorization: (.*)\r$/im.exec(head)?.[1];
  if (credentials !== undefined && sent !== expected) {
    return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
  }
  const [, host, port] = /^CONNECT (\S+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
  if (host === undefined) return void client.end('HTTP/1.1 405 Method Not Allowed\r\n\r\n');
  const upstream = net.connect(Number(port), hosts[host] ?? host);
  const noRoute = (): void => void client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 9\r\n\r\nno route.');
  upstream.once('error', noRoute).on('error', () => upstream.destroy());
  upstream.once('connect', () => {
    upstream.off('error', noRoute);
    client.write(`HTTP/1.1 200 Connection established\r\n\r\n${adds}`);
    upstream.pipe(client);
    client.pipe(upstream);
    client.on('data', (bytes: Buffer) => note(bytes.toString('latin1')));
    upstream.on('data', (bytes: Buffer) => note(bytes.toString('latin1')));
    upstream.on('close', () => client.destroy());
  });
  client.on('close', () => upstream.destroy());
}
