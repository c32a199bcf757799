import { expect, test } from 'vitest';
import { plannerFor, refusalOf } from './planner.js';
import { idOf, type RoutingCase, routingCases, sampleOptions, sampleSnapshot, slugOf } from './sample-table.js';

const planner = plannerFor(sampleOptions);

test.each(routingCases)('$id: $title', (row) => {
  if ('status' in row.expect) {
    const error = refusalOf(() => planned(row));
    expect(error).toMatchObject({ status: row.expect.status, code: row.expect.code });
    if (row.expect.excluded_by !== undefined) expect(error.metadata?.['excluded_by']).toEqual(row.expect.excluded_by);
    if (row.expect.field !== undefined)
      expect(error.metadata?.['constraint']).toMatchObject({ field: row.expect.field });
    return;
  }
  expect(planned(row)).toEqual(row.expect);
});

function planned({ request, context }: RoutingCase): readonly string[] {
  const provider = context.partition === undefined ? {} : { provider: { sort: { partition: context.partition } } };
  const { candidates } = planner.run(
    { ...request, ...provider },
    {
      snapshot: sampleSnapshot(context.patch),
      ...(context.u === undefined ? {} : { random: context.u }),
      ...(context.prompt_tokens === undefined ? {} : { promptTokens: context.prompt_tokens }),
      ...(context.sticky === undefined ? {} : { sticky: slugOf(context.sticky) }),
    },
  );
  return candidates.map(({ endpoint }) => idOf(endpoint));
}
