import { pathToFileURL } from 'node:url';

/** The built package of this repository, or the build in the folder that `NORDLYS_DIST` names. */
const folder = process.env['NORDLYS_DIST'];

export const gatewayPackage: typeof import('nordlys-proxy') =
  folder === undefined ? await import('nordlys-proxy') : await import(fileOf(folder, 'index.js'));

export const testKit: typeof import('nordlys-proxy/testing') =
  folder === undefined ? await import('nordlys-proxy/testing') : await import(fileOf(folder, 'testing/index.js'));

function fileOf(folder: string, file: string): string {
  return new URL(file, pathToFileURL(`${folder}/`)).href;
}
