import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isGatewayError } from '../../src/errors/gateway-error.js';
import type { RouteOptions } from '../../src/options/types.js';
import { plannerFor } from './planner.js';

const guide = readFileSync(new URL('../../docs/routing.md', import.meta.url), 'utf8');
const [, examples = ''] = guide.split('## Worked examples');
const providers = JSON.parse(/```json\n([\s\S]*?)```/.exec(examples)?.[1] ?? '') as RouteOptions['providers'];
const rows = [...examples.matchAll(/^\| `(\{.*\})` \| (.*) \|$/gm)].map(([, request = '', outcome = '']) => ({
  request,
  outcome,
}));

describe('the worked examples of the routing guide', () => {
  const planner = plannerFor({ providers });

  test.each(rows)('$request: $outcome', ({ request, outcome }) => {
    expect(outcomeOf(JSON.parse(request) as Record<string, unknown>)).toBe(outcome);
  });

  test('are there', () => expect(rows.length).toBeGreaterThan(15));

  /** Slugs in order, with the model where it is not the first one's; or status and code. */
  function outcomeOf(request: Record<string, unknown>): string {
    try {
      const { candidates } = planner.run(request);
      return candidates.map(({ endpoint: { slug, model } }) => (model === 'mini' ? `${slug} mini` : slug)).join(', ');
    } catch (error) {
      if (isGatewayError(error)) return `${error.status} ${error.code}`;
      throw error;
    }
  }
});
