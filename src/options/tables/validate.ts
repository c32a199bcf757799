import { defineOptions, type RowsFor } from '../group.js';
import { choice, count, milliseconds } from '../rows.js';
import type { ValidateOptions } from '../types.js';

const PASS_OR_REJECT = ['pass', 'reject'] as const;

export const VALIDATE = defineOptions({
  path: 'validate',
  prefix: '',
  rows: {
    bodyLimit: count('bytes', 'The largest request body that is accepted.').or(10_485_760, '`10_485_760` (10 MiB)'),
    bodyTimeoutMs: milliseconds('The time in which a request body must have arrived.').or(30_000),
    unknownFields: choice(
      PASS_OR_REJECT,
      "Request members that OpenAI's schema does not have. A misspelt `provider_…` is rejected in any case.",
    ).or('pass'),
    unknownContentParts: choice(
      PASS_OR_REJECT,
      'Content parts of a type that OpenAI does not have: `video_url` and others.',
    ).or('reject'),
    unknownTools: choice(
      PASS_OR_REJECT,
      'Tools of a type that chat completions do not have, such as `web_search` and `mcp`.',
    ).or('reject'),
  } satisfies RowsFor<ValidateOptions>,
});
