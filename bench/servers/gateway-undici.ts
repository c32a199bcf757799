// This package with everything on, as gateway.ts, and undici for its upstream calls.
import express from 'express';
import { setup } from '../lib/channel.ts';
import { createGateway, undiciTransport } from '../lib/package.ts';
import { gatewayOptions } from './gateway-options.ts';
import { listen, type ServerSetup } from './listen.ts';

const transport = await undiciTransport();
const app = express();
app.use('/v1/chat/completions', createGateway({ ...gatewayOptions(setup<ServerSetup>().upstreams), transport }));
listen(app);
