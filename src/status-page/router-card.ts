import type { RouterStatus } from '../contracts/router.js';
import { compact, escapeText, percent } from './markup.js';

/** What a router has chosen, by model, and why it abstained. Empty where there is no router. */
export function routerCard(status: RouterStatus | undefined): string {
  if (status === undefined) return '';
  const { mode, decisions, models, abstained, sticky } = status;
  const share = (count: number): string => `${compact(count)} (${percent(count / Math.max(1, decisions))})`;
  const chosen = Object.entries(models)
    .sort(([, a], [, b]) => b - a)
    .map(([model, count]) => `${escapeText(model)}: ${share(count)}`);
  const others = [
    ...(sticky === 0 ? [] : [`kept for a conversation: ${share(sticky)}`]),
    ...Object.entries(abstained).map(([reason, count]) => `abstained, ${escapeText(reason)}: ${share(count)}`),
  ];
  const facts = [...chosen, ...others].map((fact) => `<li>${fact}</li>`).join('');
  const title = mode === 'shadow' ? 'Router (shadow: changes nothing)' : 'Router';
  const body = decisions === 0 ? '<p class="empty">Nothing was left to it yet.</p>' : `<ul>${facts}</ul>`;
  return `<section class="amounts"><figure class="card"><figcaption><h2>${title}</h2><p class="legend">${compact(decisions)} decisions</p></figcaption>${body}</figure></section>`;
}
