// This package with everything on and a cache: every response after the first is a hit.
import express from 'express';
import { setup } from '../lib/channel.ts';
import { createGateway } from '../lib/package.ts';
import { gatewayOptions } from './gateway-options.ts';
import { listen, type ServerSetup } from './listen.ts';

const { upstreams } = setup<ServerSetup>();
const app = express();
app.use(
  '/v1/chat/completions',
  createGateway({ ...gatewayOptions(upstreams), cache: { maxEntries: 1_000, ttlMs: 3_600_000 } }),
);
listen(app);
