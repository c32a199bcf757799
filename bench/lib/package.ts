import { pathToFileURL } from 'node:url';

/**
 * The package that is measured: the built one of this repository, or the folder that `NORDLYS_DIST` names (another
 * build, to compare the two).
 */
const folder = process.env['NORDLYS_DIST'];
const loaded: typeof import('nordlys-proxy') =
  folder === undefined
    ? await import('nordlys-proxy')
    : await import(new URL('index.js', pathToFileURL(`${folder}/`)).href);

export const { authenticate, cache, createGateway, errorHandler, proxy, route, validate } = loaded;
