// The usual set-up of hosts that need the body: parsed by Express, serialised again by `fixRequestBody`.
import express from 'express';
import { createProxyMiddleware, fixRequestBody } from 'http-proxy-middleware';
import { setup } from '../lib/channel.ts';
import { keepAliveAgent, listen, type ServerSetup } from './listen.ts';

const { upstreams } = setup<ServerSetup>();
const app = express();
app.use(express.json({ limit: '20mb' }));
app.use(
  createProxyMiddleware({
    target: `http://127.0.0.1:${upstreams[0]}`,
    pathFilter: '/v1',
    changeOrigin: true,
    agent: keepAliveAgent(),
    on: { proxyReq: fixRequestBody },
  }),
);
listen(app);
