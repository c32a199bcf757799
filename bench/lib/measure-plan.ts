import type { PlanMethods, PlanRequest } from '../processes/plan.ts';
import { Child } from './child.ts';
import type { PlanReport } from './report.ts';
import type { Rig } from './rig.ts';
import type { Settings } from './settings.ts';

const SIZES = [10, 100, 1_000];
const REQUESTS: readonly PlanRequest[] = ['plain', 'preferences'];

/** `plan()` over tables of three sizes, for a request without preferences and for one with many. */
export async function measurePlan({ windowMs }: Settings, rig: Rig): Promise<readonly PlanReport[]> {
  await using planner = await Child.start<PlanMethods>(import.meta.resolve('../processes/plan.ts'), {
    core: rig.cores?.measured,
  });
  const reports: PlanReport[] = [];
  for (const endpoints of SIZES) {
    for (const request of REQUESTS) {
      const micros = await planner.call('measure', { endpoints, request, durationMs: windowMs / 2 });
      reports.push({ endpoints, request, micros });
    }
  }
  return reports;
}
