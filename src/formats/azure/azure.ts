import type { WireFormat } from '../../contracts/wire-format.js';
import { knownMembers, optionError } from '../../options/checks.js';
import { ownFormat } from '../own-formats.js';
import { pathSegment } from '../shared/path-segment.js';
import { azureChunkDecoder } from './chunks.js';
import { decodeAzureError } from './errors.js';

/** Options of the format `azure`. */
export interface AzureOptions {
  /**
   * Version of the API, sent as `api-version`. It decides which members Azure knows: `2024-10-21` knows
   * `stream_options`, which the gateway sends with every stream, and `max_completion_tokens`.
   * @defaultValue `'2024-10-21'`
   */
  readonly apiVersion?: string | undefined;
  /**
   * Name of the resource. Gives the format the base URL `https://{resource}.openai.azure.com`.
   * @defaultValue none; `baseUrl` must then be set
   */
  readonly resource?: string | undefined;
}

const DEFAULT_API_VERSION = '2024-10-21';
const DEPLOYMENTS = '/openai/deployments';

/**
 * The format of Azure OpenAI's deployments: OpenAI's own bodies under a path that names the deployment, which is the
 * endpoint's `upstreamModel`. The key is sent as `api-key`; for a token of Entra set `auth: 'bearer'`.
 * Resources with the path `/openai/v1/` need no format of their own: use `openai` there.
 *
 * @throws TypeError when an option is unknown or wrong.
 * @example
 * const providers = { azure: { format: azure({ resource: 'my-resource' }), apiKey: process.env.AZURE_OPENAI_API_KEY } };
 */
export function azure(options: AzureOptions = {}): WireFormat {
  const { apiVersion = DEFAULT_API_VERSION, resource } = knownMembers('azure()', options, ['apiVersion', 'resource']);
  const query = `?api-version=${versionOf(apiVersion ?? DEFAULT_API_VERSION)}`;
  return ownFormat({
    name: 'azure',
    path: DEPLOYMENTS,
    ...(resource === undefined || resource === null ? {} : { defaultBaseUrl: baseUrlOf(resource) }),
    auth: 'api-key',
    pathFor: ({ upstreamModel }) => `${DEPLOYMENTS}/${pathSegment(upstreamModel)}/chat/completions${query}`,
    createChunkDecoder: azureChunkDecoder,
    decodeError: decodeAzureError,
  });
}

function versionOf(version: unknown): string {
  if (typeof version !== 'string' || !/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)) {
    throw optionError('azure().apiVersion', 'must be a version such as "2024-10-21" or "2025-04-01-preview"', version);
  }
  return version;
}

function baseUrlOf(resource: unknown): string {
  if (typeof resource !== 'string' || !/^[a-zA-Z0-9](-?[a-zA-Z0-9])*$/.test(resource)) {
    throw optionError('azure().resource', 'must be the name of a resource: letters, digits and hyphens', resource);
  }
  return `https://${resource}.openai.azure.com`;
}
