// Express with http-proxy-middleware as its README shows it: bodies are streamed through unparsed.
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { setup } from '../lib/channel.ts';
import { keepAliveAgent, listen, type ServerSetup } from './listen.ts';

const { upstreams } = setup<ServerSetup>();
const app = express();
app.use(
  createProxyMiddleware({
    target: `http://127.0.0.1:${upstreams[0]}`,
    pathFilter: '/v1',
    changeOrigin: true,
    agent: keepAliveAgent(),
  }),
);
listen(app);
