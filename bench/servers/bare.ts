// The baseline: a minimal proxy on node:http, without authentication, validation or retries.
import { request } from 'node:http';
import { setup } from '../lib/channel.ts';
import { keepAliveAgent, listen, type ServerSetup } from './listen.ts';

const { upstreams } = setup<ServerSetup>();
const agent = keepAliveAgent();

listen((req, res) => {
  const upstream = request(
    { host: '127.0.0.1', port: upstreams[0], method: req.method, path: req.url, headers: req.headers, agent },
    (response) => {
      res.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(res);
    },
  );
  upstream.on('error', () => res.destroy());
  res.on('close', () => upstream.destroy());
  req.pipe(upstream);
});
