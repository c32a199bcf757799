import type { Diagnostics } from '../observe/diagnostics.js';
import type { HookRunner } from '../request/hooks.js';
import type { Router } from '../route/route.js';

/** `router`, reporting once which models of the routing hook no provider serves, at start-up and after each update. */
export function reportingUnserved(router: Router, { hooks }: HookRunner, diagnostics: Diagnostics): Router {
  const report = (): void => {
    const known = router.models().data.map(({ id }) => id);
    const models = hooks.selectCandidates?.unserved?.(known) ?? [];
    if (models.length === 0) return;
    diagnostics.report('NORDLYS_ROUTER_MODEL_UNSERVED', { models }, `Not served: ${models.join(', ')}.`);
  };
  report();
  return {
    ...router,
    update(providers) {
      router.update(providers);
      report();
    },
  };
}
