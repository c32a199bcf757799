import type { WireFormat } from '../../contracts/wire-format.js';
import { defineOptions, type RowsFor } from '../../options/group.js';
import { matching } from '../../options/rows.js';
import { ownFormat } from '../own-formats.js';
import { pathSegment } from '../shared/path-segment.js';
import { azureChunkDecoder } from './chunks.js';
import { decodeAzureError } from './errors.js';

/** Options of the format `azure`. */
export interface AzureOptions {
  /**
   * Version of the API, sent as `api-version`. It decides which members Azure supports: `2024-10-21` supports
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

export const AZURE = defineOptions({
  path: 'azure()',
  rows: {
    apiVersion: matching(
      /^\d{4}-\d{2}-\d{2}(-preview)?$/,
      'a version such as "2024-10-21" or "2025-04-01-preview"',
      'Version of the API, sent as `api-version`.',
    ).or('2024-10-21'),
    resource: matching(
      /^[a-zA-Z0-9](-?[a-zA-Z0-9])*$/,
      'the name of a resource: letters, digits and hyphens',
      'Name of the resource. Gives the provider the base URL `https://{resource}.openai.azure.com`.',
    ),
  } satisfies RowsFor<AzureOptions>,
});

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
  const { apiVersion, resource } = AZURE.parse(options);
  const query = `?api-version=${apiVersion}`;
  return ownFormat({
    name: 'azure',
    path: DEPLOYMENTS,
    ...(resource === undefined ? {} : { defaultBaseUrl: `https://${resource}.openai.azure.com` }),
    auth: 'api-key',
    pathFor: ({ upstreamModel }) => `${DEPLOYMENTS}/${pathSegment(upstreamModel)}/chat/completions${query}`,
    createChunkDecoder: azureChunkDecoder,
    decodeError: decodeAzureError,
  });
}
