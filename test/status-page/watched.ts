import type { RequestListener } from 'node:http';
import express from 'express';
import type { Gateway, GatewayOptions } from '../../src/index.js';
import { statusPage, type StatusPageOptions } from '../../src/status-page/index.js';
import type { FakeUpstream } from '../../src/testing/index.js';
import { gatewayOver } from '../path/fixtures.js';
import { FakeClock } from '../support/fake-clock.js';

export interface Watched {
  readonly clock: FakeClock;
  readonly gateway: Gateway;
  readonly origin: string;
  post(body: object): Promise<Response>;
  get(path: string, key?: string): Promise<Response>;
  /** The frames of the stream of events, as they come. */
  frames(): Promise<AsyncIterator<string>>;
}

/** A gateway with a status page beside it, and a clock that the test moves on. */
export async function watched(
  upstreams: readonly FakeUpstream[],
  {
    page,
    mount,
    ...options
  }: Partial<GatewayOptions> & {
    page?: StatusPageOptions;
    mount?: (gateway: Gateway, page: ReturnType<typeof statusPage>) => RequestListener;
  } = {},
): Promise<Watched> {
  const clock = new FakeClock();
  const wrap = mount ?? ((gateway, pages) => express().use(pages, gateway));
  const { gateway, baseUrl, post } = await gatewayOver(
    upstreams,
    { clock, ...options } as Partial<GatewayOptions>,
    (made) => wrap(made, statusPage(made, page)),
  );
  const origin = baseUrl.replace('/v1', '');
  const get = (path: string, key = 'demo-key'): Promise<Response> =>
    fetch(origin + path, { headers: { 'x-api-key': key } });
  return { clock, gateway, origin, post, get, frames: async () => framesOf(await get('/status/events')) };
}

async function* framesOf(response: Response): AsyncGenerator<string> {
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      yield JSON.parse(/^data: (.*)$/m.exec(text.slice(0, end))![1]!) as string;
      text = text.slice(end + 2);
    }
  }
}

/** What the tests read of status.json. */
export interface Numbers {
  inFlight: number;
  history: {
    intervalMs: number;
    requests: (number | null)[];
    errors: (number | null)[];
    cacheHits: (number | null)[];
    cacheMisses: (number | null)[];
    endpoints: Record<string, (number | null)[]>[];
  };
}
