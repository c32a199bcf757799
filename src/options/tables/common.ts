import type { Clock } from '../../contracts/clock.js';
import type { Hooks } from '../../contracts/hooks.js';
import { optionError } from '../checks.js';
import { defineOptions, type RowsFor } from '../group.js';
import { custom } from '../row.js';
import { choice, count, func, internal, nested } from '../rows.js';
import type { CommonOptions } from '../types.js';

type Hook<Name extends keyof Hooks> = NonNullable<Hooks[Name]>;

export const HOOKS = defineOptions({
  path: 'hooks',
  member: 'hook',
  renamed: { beforeUpstream: 'beforeAttempt', onAttempt: 'afterAttempt', afterAnswer: 'afterResponse' },
  rows: {
    beforeRoute: func<Hook<'beforeRoute'>>(
      '(state) => request',
      'After validation, before the plan. May return a request to use instead; what it throws refuses the request.',
    ),
    selectCandidates: func<Hook<'selectCandidates'>>(
      '(state) => candidates',
      'Returns the candidates to try, in order. An empty list refuses the request.',
    ),
    beforeAttempt: func<Hook<'beforeAttempt'>>(
      '(state) => change',
      'Before each upstream call. May return headers to add or a request to send instead.',
    ),
    afterAttempt: func<Hook<'afterAttempt'>>('(state) => void', 'After each upstream call, with its outcome.'),
    afterResponse: func<Hook<'afterResponse'>>(
      '(state) => void',
      'After each response that was delivered, complete or in part.',
    ),
    onSpend: func<Hook<'onSpend'>>(
      '(record) => void',
      'After each request, with what it cost. `requestId` is its idempotency key.',
    ),
    captureResponse: custom(
      '`true`, `false`, `(state) => boolean`',
      checkCapture,
      'Which responses `afterResponse` may read with `response()`.',
    ).or(false),
    captureMaxBytes: count('bytes', 'Larger responses are not captured.').or(1_048_576, '`1_048_576` (1 MiB)'),
    onError: func<Hook<'onError'>>('(state) => void', 'For each error that a client gets.'),
    onHookError: func<Hook<'onHookError'>>(
      '(error, hook) => void',
      'Gets what `afterAttempt`, `afterResponse` and `onError` throw, and the name of the hook.',
    ),
  } satisfies RowsFor<Hooks>,
});

/** Options of `createGateway` and of each stage. */
export const COMMON = defineOptions({
  path: 'createGateway and every stage',
  prefix: '',
  renamed: { onError: "errorHandling: 'respond' or 'next'; a function to call for each error is hooks.onError" },
  rows: {
    hooks: nested(HOOKS, 'Functions of the host that are called while a request is handled.'),
    errorHandling: choice(
      ['respond', 'next'],
      "`'respond'` sends errors in OpenAI's format, `'next'` passes them to the host's error handler.",
    ).or('respond'),
    errorFormat: choice(
      ['openai', 'openrouter'],
      "Body of errors: OpenAI's, or OpenRouter's with a numeric `code`.",
    ).or('openai'),
    clock: internal<Clock>(),
    random: internal<() => number>(),
  } satisfies RowsFor<CommonOptions>,
});

function checkCapture(path: string, value: unknown): Hook<'captureResponse'> {
  if (typeof value === 'boolean' || typeof value === 'function') return value as Hook<'captureResponse'>;
  throw optionError(path, 'must be true, false or a function', value);
}
