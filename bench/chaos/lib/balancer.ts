import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One gateway process among those that share the load. */
export interface Backend {
  readonly name: string;
  readonly port: number;
}

/** The connection of one client to its gateway. */
interface Way {
  readonly backend: string;
  readonly client: Socket;
  readonly server: Socket;
}

/** A TCP load balancer that records which backend got which connection. */
export class Balancer {
  readonly #server: Server;
  readonly #ways = new Set<Way>();
  readonly #backendOf = new Map<number, string>();
  #backends: readonly Backend[] = [];
  #turn = 0;

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
    await once(balancer.#server, 'listening');
    return balancer;
  }

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sets the backends of new connections. Open ones keep theirs. */
  use(backends: readonly Backend[]): void {
    this.#backends = backends;
  }

  /** The backend of the latest connection from `localPort`. */
  backendOf(localPort: number): string | undefined {
    return this.#backendOf.get(localPort);
  }

  /** Connections to this backend on which no request has been passed on yet. */
  unsaid(backend: string): number {
    let unsaid = 0;
    for (const way of this.#ways) if (way.backend === backend && !hasSpoken(way)) unsaid++;
    return unsaid;
  }

  close(): void {
    for (const { client, server } of this.#ways) {
      client.destroy();
      server.destroy();
    }
    this.#server.close();
  }

  #accept(client: Socket): void {
    const backend = this.#backends[this.#turn++ % this.#backends.length];
    if (backend === undefined) {
      client.destroy();
      return;
    }
    this.#backendOf.set(client.remotePort!, backend.name);
    const server = connect({ port: backend.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(client, server);
    join(server, client);
    const way: Way = { backend: backend.name, client, server };
    this.#ways.add(way);
    client.once('close', () => this.#ways.delete(way));
  }
}

/** Whether bytes were sent. Node counts bytes as written that it still buffers, which are subtracted here. */
function hasSpoken({ server }: Way): boolean {
  return !server.connecting && server.bytesWritten > server.writableLength;
}

/** Copies one socket to the other, its end and its errors included. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
  from.once('close', () => {
    if (!from.readableEnded) to.destroy();
  });
}
