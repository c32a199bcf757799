import { trace } from '@opentelemetry/api';
import type { Hooks } from '../../../src/index.js';

/** Langfuse and Phoenix group traces by these two attributes. `beforeRoute` runs within the request's span. */
export const userAndSession: Hooks = {
  beforeRoute({ caller, req }) {
    const session = req.headers['x-session-id'];
    trace.getActiveSpan()?.setAttributes({
      ...(caller === undefined ? {} : { 'user.id': caller.id }),
      ...(typeof session === 'string' ? { 'session.id': session } : {}),
    });
  },
};
