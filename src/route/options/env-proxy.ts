import net from 'node:net';
import type { UpstreamUrl } from '../../contracts/transport.js';
import { bareHost } from '../../util/bare-host.js';

/** The settings of the process that decide about proxies: `process.env` and `process.execArgv`. */
export interface ProcessSettings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execArgv: readonly string[];
}

/** A proxy set by an environment variable. */
export interface EnvProxy {
  /** Name of the variable, for messages. */
  readonly variable: string;
  readonly address: string;
}

const FLAG = '--use-env-proxy';

/** Whether this process uses the proxies of its environment, as Node's own `fetch` then does. */
export function usesEnvProxy({ env, execArgv }: ProcessSettings): boolean {
  if (env['NODE_USE_ENV_PROXY'] === '1' || execArgv.includes(FLAG)) return true;
  return (env['NODE_OPTIONS'] ?? '').split(/\s+/).includes(FLAG);
}

/** The proxy that the environment sets for `url`; `undefined` without one, or if `NO_PROXY` excludes the URL. */
export function envProxyFor(url: UpstreamUrl, { env }: ProcessSettings): EnvProxy | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const variable = [name, name.toUpperCase()].find((variable) => isSet(env[variable]));
  if (variable === undefined) return undefined;
  const exceptions = isSet(env['no_proxy']) ? env['no_proxy'] : env['NO_PROXY'];
  if (exceptions !== undefined && isExcluded(url, exceptions)) return undefined;
  return { variable, address: env[variable]!.trim() };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

/**
 * Whether `NO_PROXY` matches the host of `url`. Entries have Node's forms: `host` (exactly), `.domain` (the domain and
 * its subdomains), `*.domain` (subdomains only), each with an optional `:port`, and `*`; in addition IP addresses and
 * networks (`10.0.0.0/8`).
 */
function isExcluded({ hostname, port }: UpstreamUrl, exceptions: string): boolean {
  const entries = exceptions.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, host, entryPort] = ENTRY.exec(entry) ?? [undefined, entry, undefined];
    return (entryPort === undefined || entryPort === port) && matches(bareHost(host!), hostname);
  });
}

/**
 * A host, an IPv6 address in brackets or a network, with an optional port. An IPv6 address without brackets has none.
 */
const ENTRY = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/;

function matches(entry: string, hostname: string): boolean {
  if (entry.startsWith('*.')) return hostname.endsWith(entry.slice(1));
  if (entry.startsWith('.')) return hostname === entry.slice(1) || hostname.endsWith(entry);
  const family = net.isIP(hostname);
  return family === 0 ? hostname === entry : holdsAddress(entry, hostname, family === 4 ? 'ipv4' : 'ipv6');
}

function holdsAddress(entry: string, address: string, family: 'ipv4' | 'ipv6'): boolean {
  const [base = '', prefix] = entry.split('/');
  if (net.isIP(base) !== (family === 'ipv4' ? 4 : 6)) return false;
  const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 'ipv4' ? 32 : 128)) return false;
  const list = new net.BlockList();
  list.addSubnet(base, bits, family);
  return list.check(address, family);
}
