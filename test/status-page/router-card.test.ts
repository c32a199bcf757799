import { describe, expect, it } from 'vitest';
import { routerCard } from '../../src/status-page/router-card.js';

describe('the router on the status page', () => {
  it('is absent without a router, and has a text if there is no data', () => {
    expect(routerCard(undefined)).toBe('');
    expect(routerCard({ mode: 'active', decisions: 0, models: {}, abstained: {}, sticky: 0 })).toContain(
      'Nothing was left',
    );
  });

  it('shows what it chose, most first, and why it abstained, escaped', () => {
    const card = routerCard({
      mode: 'shadow',
      decisions: 10,
      models: { small: 3, '<b>': 7 },
      abstained: { far: 2 },
      sticky: 1,
    });
    expect(card).toMatch(/&lt;b&gt;: 7 \(70(\.0)? ?%\).*small: 3.*kept for a conversation: 1.*abstained, far: 2/);
    expect(card).toContain('shadow: changes nothing');
    expect(card).not.toContain('<b>');
  });
});
