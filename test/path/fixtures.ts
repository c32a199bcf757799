import http, { type RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/index.js';
import { fakeUpstream, type FakeUpstream, type FakeUpstreamOptions } from '../../src/testing/index.js';
import { listen } from '../support/listen.js';

/** A fake upstream that is closed when the test ends. */
export async function upstreamFor(
  options: FakeUpstreamOptions | NonNullable<FakeUpstreamOptions['script']> = {},
): Promise<FakeUpstream> {
  const upstream = await fakeUpstream(
    typeof options === 'function' || 'steps' in options ? { script: options } : options,
  );
  onTestFinished(() => upstream.close());
  return upstream;
}

export interface Set {
  readonly gateway: Gateway;
  readonly upstreams: readonly FakeUpstream[];
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  post(body: object, init?: RequestInit): Promise<Response>;
}

/** A gateway in front of `upstreams` (p0, p1, …), all serving model `m`, behind whatever the test puts around it. */
export async function gatewayOver(
  upstreams: readonly FakeUpstream[],
  options: Partial<GatewayOptions> = {},
  mount: (gateway: Gateway) => RequestListener = (gateway) => gateway,
): Promise<Set> {
  const providers = Object.fromEntries(
    upstreams.map(({ baseUrl }, index) => [
      `p${index}`,
      { baseUrl, apiKey: `operator-secret-${index}`, models: ['m'] },
    ]),
  );
  // Equal prices and the number 0 make the order that of the table.
  const gateway = createGateway({ keys: ['demo-key'], providers, random: () => 0, ...options } as GatewayOptions);
  const server = await listen(http.createServer(mount(gateway)));
  onTestFinished(async () => {
    await gateway.close();
    await server[Symbol.asyncDispose]();
  });
  const baseUrl = `${server.url}/v1`;
  return {
    gateway,
    upstreams,
    baseUrl,
    post: (body, init = {}) =>
      fetch(`${baseUrl}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
        ...init,
        headers: {
          'content-type': 'application/json',
          authorization: 'Bearer demo-key',
          ...(init.headers as Record<string, string>),
        },
      }),
  };
}
