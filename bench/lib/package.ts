import { pathToFileURL } from 'node:url';

/**
 * The package that is measured: the built one of this repository, or the folder that `NORDLYS_DIST` names (another
 * build, to compare the two).
 */
const folder = process.env['NORDLYS_DIST'];
const loaded: typeof import('nordlys-proxy') =
  folder === undefined ? await import('nordlys-proxy') : await import(within(folder, 'index.js'));

export const { authenticate, cache, createGateway, errorHandler, proxy, redact, route, validate } = loaded;

/** The test kit of the same build. */
export const testKit: typeof import('nordlys-proxy/testing') =
  folder === undefined ? await import('nordlys-proxy/testing') : await import(within(folder, 'testing/index.js'));

/** The transport over undici, loaded only where it is measured. */
export async function undiciTransport(): Promise<ReturnType<typeof import('nordlys-proxy/undici').undiciTransport>> {
  const { undiciTransport: make }: typeof import('nordlys-proxy/undici') =
    folder === undefined ? await import('nordlys-proxy/undici') : await import(within(folder, 'undici/index.js'));
  return make();
}

/** The router, loaded only where it is measured. */
export async function loadRouter(): Promise<typeof import('nordlys-proxy/router')> {
  return folder === undefined ? import('nordlys-proxy/router') : import(within(folder, 'router/index.js'));
}

function within(dist: string, file: string): string {
  return new URL(file, pathToFileURL(`${dist}/`)).href;
}
