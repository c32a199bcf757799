// The same as gateway.ts, in front of an upstream with another API.
import express from 'express';
import { setup } from '../lib/channel.ts';
import type { NativeFormat } from '../lib/native-responses.ts';
import { createGateway } from '../lib/package.ts';
import { gatewayOptions } from './gateway-options.ts';
import { listen, type ServerSetup } from './listen.ts';

const { upstreams, format } = setup<ServerSetup & { readonly format: NativeFormat }>();
const app = express();
app.use('/v1/chat/completions', createGateway(gatewayOptions(upstreams, format)));
listen(app);
