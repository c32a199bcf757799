import type { RequestContext, Stage } from './context.js';

/** By what a request shows that it has passed a stage. A host's own middleware may have written it as well. */
const PASSED = {
  authenticate: ({ authenticated, caller }: RequestContext) => authenticated || caller !== undefined,
  validate: ({ request, body }: RequestContext) => request !== undefined && body !== undefined,
  route: ({ route }: RequestContext) => route !== undefined,
};

/** Stands behind `authenticate`: where nobody says who asks, there is no caller by which later stages could know. */
export const markAuthenticated: Stage = (context) => {
  context.authenticated = true;
  return 'next';
};

/**
 * Refuses requests that have not passed the `earlier` stages: a forgotten `authenticate` must not let everybody in.
 * The client is told of an error of ours, and the host once by a warning: a stage has no logger.
 */
export function behind(stage: string, ...earlier: readonly (keyof typeof PASSED)[]): Stage {
  let isTold = false;
  return (context) => {
    const missing = earlier.find((name) => !PASSED[name](context));
    if (missing === undefined) return 'next';
    const open = missing === 'authenticate' ? ' (authenticate({ keys: false }) where the host lets callers in)' : '';
    const error = new TypeError(`${stage}: this request has not passed ${missing}. Mount ${missing} before it${open}.`);
    if (!isTold) process.emitWarning(error.message, { code: 'NORDLYS_STAGE_ORDER' });
    isTold = true;
    throw error;
  };
}
