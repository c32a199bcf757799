import type { RequestContext, Stage } from './context.js';

/** How a stage recognises that an earlier one has run. A host's own middleware may have written these members instead. */
const PASSED = {
  validate: ({ request, body }: RequestContext) => request !== undefined && body !== undefined,
  route: ({ route }: RequestContext) => route !== undefined,
};

/** Runs after `authenticate`. */
export const markAuthenticated: Stage = (context) => {
  context.authenticated = true;
  return 'next';
};

/**
 * Refuses requests that have not passed the `earlier` stages. The client gets a 500; the host gets one process warning,
 * as a stage has no logger.
 */
export function requireStages(stage: string, ...earlier: readonly (keyof typeof PASSED)[]): Stage {
  const warn = once();
  return (context) => {
    const missing = earlier.find((name) => !PASSED[name](context));
    if (missing === undefined) return 'next';
    const error = new TypeError(`${stage}: this request has not passed ${missing}. Mount ${missing} before it.`);
    warn(error.message);
    throw error;
  };
}

/** Warns once about a request without a caller and passes it on: the host may have authenticated by itself. */
export function warnIfUnauthenticated(stage: string): Stage {
  const warn = once();
  return (context) => {
    if (!context.authenticated && context.caller === undefined) {
      warn(
        `${stage}: this request has not passed authenticate, so every client gets a response. Mount authenticate before it; use authenticate({ keys: false }) if the host has authenticated the client.`,
      );
    }
    return 'next';
  };
}

function once(): (message: string) => void {
  let isReported = false;
  return (message) => {
    if (!isReported) process.emitWarning(message, { code: 'NORDLYS_STAGE_ORDER' });
    isReported = true;
  };
}
