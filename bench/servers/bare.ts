// The baseline: the least that a proxy on node:http can do. It knows no keys, looks at nothing and never asks twice.
import { request } from 'node:http';
import { setup } from '../lib/channel.ts';
import { keepAliveAgent, listen, type ServerSetup } from './listen.ts';

const { upstreams } = setup<ServerSetup>();
const agent = keepAliveAgent();

listen((req, res) => {
  const upstream = request(
    { host: '127.0.0.1', port: upstreams[0], method: req.method, path: req.url, headers: req.headers, agent },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    },
  );
  upstream.on('error', () => res.destroy());
  res.on('close', () => upstream.destroy());
  req.pipe(upstream);
});
