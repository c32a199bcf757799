// Some stages, then a fixed response: the difference between two such servers is the cost of a stage.
import express, { type RequestHandler } from 'express';
import { completion } from '../lib/bodies.ts';
import { setup } from '../lib/channel.ts';
import { authenticate, cache, errorHandler, proxy, route, validate } from '../lib/package.ts';
import { gatewayOptions } from './gateway-options.ts';
import { listen, type ServerSetup } from './listen.ts';

export type StageName = 'authenticate' | 'validate' | 'route' | 'cache' | 'proxy';

export interface StagesSetup extends ServerSetup {
  readonly stages: readonly StageName[];
}

const { upstreams, responseBytes, stages } = setup<StagesSetup>();
const options = gatewayOptions(upstreams);

const factories: Record<StageName, () => RequestHandler> = {
  authenticate: () => authenticate({ keys: options.keys || [] }),
  validate: () => validate({ bodyLimit: options.bodyLimit }),
  route: () => route({ providers: options.providers }),
  cache: () => cache({ maxEntries: 1_000 }),
  proxy: () => proxy({ maxInFlightPerProvider: options.maxInFlightPerProvider }),
};

const body = completion(responseBytes);
const app = express();
app.post('/v1/chat/completions', ...stages.map((name) => factories[name]()), (_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  res.end(body);
});
app.use(errorHandler());
listen(app);
