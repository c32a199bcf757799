import http from 'node:http';
import {
  createGateway,
  redisStore,
  type Candidate,
  type Caller,
  type GatewayOptions,
  type Hooks,
  type Middleware,
} from 'nordlys-proxy';
import { fakeUpstream, type FakeUpstream } from 'nordlys-proxy/testing';

const hooks: Hooks = {
  selectCandidates: ({ candidates, caller }): readonly Candidate[] =>
    caller?.['plan'] === 'pro' ? candidates : candidates.slice(0, 1),
};
const options: GatewayOptions = {
  verifyKey: async (key): Promise<Caller | undefined> => (key === 'k' ? { id: 'ada', plan: 'pro' } : undefined),
  providers: {
    demo: {
      baseUrl: 'http://127.0.0.1:1/v1',
      auth: { header: 'x-key' },
      models: { m: { pricing: { prompt: 1, completion: 2 } } },
    },
  },
  cache: { ttlMs: 1_000, coalesce: true },
  hooks,
};
const gateway = createGateway(options);
const listener: http.RequestListener = gateway;
const middleware: Middleware = gateway.models;
const upstream: Promise<FakeUpstream> = fakeUpstream();
void upstream.then((fake) => fake.close());

// @ts-expect-error one or the other
createGateway.length > 99 && createGateway({ keys: ['k'], verifyKey: () => undefined, providers: {} });
// @ts-expect-error a provider has models
createGateway.length > 99 && createGateway({ keys: ['k'], providers: { demo: { format: 'anthropic' } } });

const plan = gateway.plan({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }, { random: 0 });
console.log(plan.candidates[0]?.slug, typeof listener, typeof middleware, typeof redisStore);
void gateway.close();
