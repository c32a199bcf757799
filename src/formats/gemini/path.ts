import type { GeminiDoor } from './wire.js';

/** Where requests go: fixed by the options of the format. */
export interface Location {
  readonly door: GeminiDoor;
  /** `v1beta`; `''` where `baseUrl` ends in it already. */
  readonly apiVersion: string;
  /** Vertex: `projects/{project}/locations/{location}`, or `''` for express mode. */
  readonly parent: string;
}

/** Collections that a model's name may choose itself, each with the one segment behind it. */
const COLLECTIONS: Readonly<Record<GeminiDoor, readonly string[]>> = {
  aistudio: ['models', 'tunedModels'],
  vertex: ['publishers/google/models', 'endpoints'],
};

/** The model's name without the collection that it may be written with. */
export function bareName(model: string): string {
  return model.replace(/^(?:publishers\/google\/)?models\//, '');
}

/** What every path begins with, for checks of `baseUrl`. */
export function pathPrefix({ apiVersion, parent }: Location): string {
  return [apiVersion, parent]
    .filter((part) => part !== '')
    .map((part) => `/${part}`)
    .join('');
}

/** Path and query of one request. The model's name is encoded whole, so it never chooses the path. */
export function requestPath(location: Location, model: string, stream: boolean): string {
  const verb = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return `${pathPrefix(location)}/${resourceOf(location.door, model)}:${verb}`;
}

function resourceOf(door: GeminiDoor, model: string): string {
  const [standard, other] = COLLECTIONS[door] as [string, string];
  const named = model.startsWith(`${other}/`) ? model.slice(other.length + 1) : undefined;
  if (named !== undefined && !named.includes('/')) return `${other}/${encodeURIComponent(named)}`;
  return `${standard}/${encodeURIComponent(bareName(model))}`;
}
