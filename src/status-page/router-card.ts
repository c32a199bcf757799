import type { RouterStatus } from '../contracts/router.js';
import { compact, escapeText, percent } from './markup.js';
import { meter } from './pictures/meter.js';

/** What a router has chosen, by model, and why it abstained. Empty where there is no router. */
export function routerCard(status: RouterStatus | undefined): string {
  if (status === undefined) return '';
  const { mode, decisions, models, abstained, sticky } = status;
  const row = (name: string, count: number): string => {
    const share = count / Math.max(1, decisions);
    const label = `${escapeText(name)}: ${compact(count)} (${percent(share)})`;
    return `<li><p>${label}</p>${meter(share, `${name}: ${percent(share)} of the decisions`)}</li>`;
  };
  const chosen = Object.entries(models)
    .sort(([, a], [, b]) => b - a)
    .map(([model, count]) => row(model, count));
  const others = [
    ...(sticky === 0 ? [] : [row('kept for a conversation', sticky)]),
    ...Object.entries(abstained).map(([reason, count]) => row(`abstained, ${reason.replaceAll('_', ' ')}`, count)),
  ];
  const title = mode === 'shadow' ? 'Router (shadow: changes nothing)' : 'Router';
  const body =
    decisions === 0
      ? '<p class="empty">Nothing was left to it yet.</p>'
      : `<ul class="shares">${[...chosen, ...others].join('')}</ul>`;
  return `<figure class="card"><figcaption><h2>${title}</h2><p class="summary">${compact(decisions)} ${decisions === 1 ? 'decision' : 'decisions'} since the start</p></figcaption>${body}</figure>`;
}
