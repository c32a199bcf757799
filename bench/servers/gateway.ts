// This package with everything on, mounted in an Express 5 app as its README shows it.
import express from 'express';
import { setup } from '../lib/channel.ts';
import { createGateway } from '../lib/package.ts';
import { gatewayOptions } from './gateway-options.ts';
import { listen, type ServerSetup } from './listen.ts';

const app = express();
app.use('/v1/chat/completions', createGateway(gatewayOptions(setup<ServerSetup>().upstreams)));
listen(app);
