import type { Feature } from '../servers/gateway-feature.ts';
import type { StageName } from '../servers/stages.ts';
import { KEY } from './bodies.ts';
import { Child } from './child.ts';
import { asServer, type MeasuredServer, type StartOptions } from './measured-server.ts';
import type { NativeFormat } from './native-responses.ts';
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

/** The gateway with one feature on. */
const FEATURE_ROWS: readonly (readonly [id: Feature, title: string])[] = [
  ['router-named', 'with a router, the request names a model'],
  ['router-auto', 'with a router, `auto`: the vector is cached'],
  ['router-auto-new', 'with a router, `auto`: each text is new'],
  ['guards-empty', '`guards` with empty lists'],
  ['guard-input', 'an input guard, `before`'],
  ['guard-beside', 'an input guard, `beside`'],
  ['guard-hold', 'an output guard, `hold`'],
  ['redact-input', '`redact()` of prompts'],
  ['redact-output', '`redact()` of responses'],
  ['redact-restore', '`redact({ restore: true })`'],
  ['slow-before', 'an input guard that takes 5 ms, `before`'],
  ['slow-beside', 'an input guard that takes 5 ms, `beside`'],
];

/** Names the folder of another build of the package, for the row `gateway-before`. */
const BEFORE = 'NORDLYS_BEFORE';

const FORMAT_ROWS: readonly (readonly [format: NativeFormat, title: string])[] = [
  ['anthropic', "the same to Anthropic's API"],
  ['gemini', "the same to Gemini's API"],
  ['bedrock', "the same to Bedrock's Converse"],
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
  ...FORMAT_ROWS.map(([format, title]) =>
    own(`gateway-${format}`, title, import.meta.resolve('../servers/gateway-format.ts'), { format }),
  ),
  own('static', 'Express route, same bytes', import.meta.resolve('../servers/static.ts')),
  own('gateway-cache', '**nordlys-proxy, cache hit**', import.meta.resolve('../servers/gateway-cache.ts')),
  ...STAGE_ROWS.map(([id, title, stages]) => own(id, title, import.meta.resolve('../servers/stages.ts'), { stages })),
  ...FEATURE_ROWS.map(([id, title]) =>
    own(id, title, import.meta.resolve('../servers/gateway-feature.ts'), { feature: id }),
  ),
  {
    ...own('gateway-before', `the build in ${BEFORE}`, import.meta.resolve('../servers/gateway.ts'), {}, BEFORE),
    missing: () => (process.env[BEFORE] === undefined ? `${BEFORE} names no build` : undefined),
  },
];

export function variant(id: string): Variant {
  const found = VARIANTS.find((each) => each.id === id);
  if (found === undefined) {
    throw new Error(`Unknown variant "${id}". Known: ${VARIANTS.map((each) => each.id).join(', ')}.`);
  }
  return found;
}

/**
 * Starts a program of the benchmark's own.
 * @param extra - its arguments besides the ports of the upstream
 * @param build - name of the environment variable with the build to run
 */
function own(id: string, title: string, program: string, extra: object = {}, build = 'NORDLYS_DIST'): Variant {
  return {
    id,
    title,
    headers: () => BEARER,
    missing: () => undefined,
    async start({ core, upstreams, responseBytes }) {
      const child = await Child.start(program, {
        core,
        setup: { upstreams, responseBytes, ...extra },
        dist: process.env[build],
      });
      return asServer(child, child.ports[0]!);
    },
  };
}
