import type { StageName, StagesSetup } from '../servers/stages.ts';
import { KEY } from './bodies.ts';
import { Child } from './child.ts';
import { asServer, type MeasuredServer, type StartOptions } from './measured-server.ts';
import { findNginx, startNginx } from './nginx.ts';
import { findPortkey, startPortkey } from './portkey.ts';

/** One kind of proxy between clients and upstream. */
export interface Variant {
  readonly id: string;
  readonly title: string;
  /** Headers that clients must send to it, besides those of every request. */
  headers(upstreams: readonly number[]): Readonly<Record<string, string>>;
  start(options: StartOptions): Promise<MeasuredServer>;
  /** Why it cannot run here; `undefined` where it can. */
  missing(): string | undefined;
}

/** Sent to every variant, so that all parse the same headers. */
const BEARER = { Authorization: `Bearer ${KEY}` };

/** Each row but the first is compared with an earlier one without its stage. */
const STAGE_ROWS: readonly (readonly [id: string, title: string, stages: readonly StageName[]])[] = [
  ['stages-0', 'Express route, fixed bytes', []],
  ['stages-1', '+ authenticate', ['authenticate']],
  ['stages-2', '+ validate', ['authenticate', 'validate']],
  ['stages-3', '+ route', ['authenticate', 'validate', 'route']],
  ['stages-4', '+ cache (a miss; nothing kept)', ['authenticate', 'validate', 'route', 'cache']],
  ['stages-5', '+ proxy, without cache', ['authenticate', 'validate', 'route', 'proxy']],
];

/** Every variant, in the order in which tables show them. */
const VARIANTS: readonly Variant[] = [
  own('bare', 'bare node:http pass-through', import.meta.resolve('../servers/bare.ts')),
  own('hpm', 'Express + http-proxy-middleware', import.meta.resolve('../servers/express-hpm.ts')),
  own('json-hpm', 'Express + express.json + fixRequestBody', import.meta.resolve('../servers/express-json-hpm.ts')),
  own('gateway', '**nordlys-proxy, everything on**', import.meta.resolve('../servers/gateway.ts')),
  own('gateway-undici', 'nordlys-proxy through undici', import.meta.resolve('../servers/gateway-undici.ts')),
  own('gateway-http', 'nordlys-proxy on bare node:http', import.meta.resolve('../servers/gateway-http.ts')),
  {
    id: 'portkey',
    title: 'Portkey 1.15.2',
    headers: (upstreams) => ({
      ...BEARER,
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreams[0]}/v1`,
    }),
    start: startPortkey,
    missing: () => (findPortkey() === undefined ? 'not installed; --portkey installs it' : undefined),
  },
  {
    id: 'nginx',
    title: 'nginx, one worker',
    headers: () => BEARER,
    start: startNginx,
    missing: () => (findNginx() ? undefined : 'no nginx on the PATH'),
  },
  own('static', 'Express route, same bytes', import.meta.resolve('../servers/static.ts')),
  own('gateway-cache', '**nordlys-proxy, cache hit**', import.meta.resolve('../servers/gateway-cache.ts')),
  ...STAGE_ROWS.map(([id, title, stages]) => own(id, title, import.meta.resolve('../servers/stages.ts'), stages)),
];

export function variant(id: string): Variant {
  const found = VARIANTS.find((each) => each.id === id);
  if (found === undefined) {
    throw new Error(`Unknown variant "${id}". Known: ${VARIANTS.map((each) => each.id).join(', ')}.`);
  }
  return found;
}

/** Starts a program of the benchmark's own. */
function own(id: string, title: string, program: string, stages: readonly StageName[] = []): Variant {
  return {
    id,
    title,
    headers: () => BEARER,
    missing: () => undefined,
    async start({ core, upstreams, answerBytes }) {
      const child = await Child.start(program, {
        core,
        setup: { upstreams, answerBytes, stages } satisfies StagesSetup,
      });
      return asServer(child, child.ports[0]!);
    },
  };
}
