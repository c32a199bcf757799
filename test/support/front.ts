import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net, { type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';

/** A file of `test/fixtures/tls/network`. */
export function certificate(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/tls/network/${name}`, import.meta.url));
}

/** The certificate of llm.test and 127.0.0.1. */
export const SERVER = { cert: certificate('server.pem'), key: certificate('server.key') };

export interface TlsFront {
  readonly port: number;
  /** Of each connection: its SNI name, and the subject of the client certificate. */
  readonly handshakes: readonly { readonly servername: string | false; readonly client: string | undefined }[];
}

/** TLS in front of the plain server at `port`, until the test is over. */
export async function tlsFront(port: number, options: tls.TlsOptions = {}): Promise<TlsFront> {
  const handshakes: { servername: string | false; client: string | undefined }[] = [];
  const server = tls.createServer({ ...SERVER, ...options }, (socket) => {
    const client = socket.getPeerCertificate().subject?.CN;
    handshakes.push({ servername: socket.servername || false, client: Array.isArray(client) ? client[0] : client });
    passOn(socket, port);
  });
  server.on('tlsClientError', () => {});
  await listening(server, () => server.listen(0, '127.0.0.1'));
  return { port: (server.address() as AddressInfo).port, handshakes };
}

/** A unix socket in front of the server at `port`, until the test is over. Its path. */
export async function unixFront(port: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nordlys-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'llm.sock');
  const server = net.createServer((socket) => passOn(socket, port));
  await listening(server, () => server.listen(path));
  return path;
}

async function listening(server: net.Server, listen: () => void): Promise<void> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket.on('close', () => open.delete(socket))));
  await new Promise<void>((resolve) => {
    server.once('listening', resolve);
    listen();
  });
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
}

function passOn(client: Socket, port: number): void {
  const upstream = net.connect(port, '127.0.0.1');
  client.pipe(upstream).pipe(client);
  client.on('error', () => client.destroy()).on('close', () => upstream.destroy());
  upstream.on('error', () => upstream.destroy()).on('close', () => client.destroy());
}
