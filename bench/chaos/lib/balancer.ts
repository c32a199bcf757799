import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One gateway process among those that share the load. */
export interface Backend {
  readonly name: string;
  readonly port: number;
}

/** One client's way to its gateway. */
interface Way {
  readonly backend: string;
  readonly client: Socket;
  readonly server: Socket;
}

/** Splits connections over backends, byte by byte, and remembers who got which. */
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

  /** New connections go to these from now on; open ones stay where they are. */
  use(backends: readonly Backend[]): void {
    this.#backends = backends;
  }

  /** Who served the connection that came from `localPort` last. */
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

/** Something went out. What Node only holds, for want of a connection or of room, it counts as written, too. */
function hasSpoken({ server }: Way): boolean {
  return !server.connecting && server.bytesWritten > server.writableLength;
}

/** What comes from one goes to the other; so do its end and its breaking. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
  from.once('close', () => {
    if (!from.readableEnded) to.destroy();
  });
}
