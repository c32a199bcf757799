import type { Diagnostics } from '../observe/diagnostics.js';
import type { HookRunner } from '../request/hooks.js';
import type { Router } from '../route/route.js';

/**
 * Reports the models of the routing hook that no provider serves, each list once. Called at start-up and after each
 * update.
 */
export function reportUnserved(router: Router, { hooks }: HookRunner, diagnostics: Diagnostics): void {
  const known = router.models().data.map(({ id }) => id);
  const models = hooks.selectCandidates?.unserved?.(known) ?? [];
  if (models.length === 0) return;
  diagnostics.report('NORDLYS_ROUTER_MODEL_UNSERVED', { models }, `Not served: ${models.join(', ')}.`);
}
