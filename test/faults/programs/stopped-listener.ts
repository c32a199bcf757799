// Listens with a short queue, and is stopped by its parent before it accepts a connection.
import { createServer, type AddressInfo } from 'node:net';

const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  process.send!((server.address() as AddressInfo).port);
});
