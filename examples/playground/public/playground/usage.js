// What the caller has used of its limits.
import * as api from './api.js';
import { byId, count, element, meter, usd } from './dom.js';

/** From this share on a bar warns. */
const NEAR = 0.8;

export async function showUsage() {
  const { requests, tokens, costUsd, limits } = await api.usage();
  byId('usage').hidden = false;
  byId('usage-total').textContent =
    `${count(requests)} ${requests === 1 ? 'request' : 'requests'}, ${count(tokens)} tokens, ${usd(costUsd)} in total`;
  byId('limits').replaceChildren(...limits.map(limitItem));
}

function limitItem({ rule, unit, limit, used, remaining, resetsAt }) {
  const write = unit === 'usd' ? usd : count;
  const share = used / limit;
  const state = remaining <= 0 ? 'full' : share >= NEAR ? 'near' : 'ok';
  const label = `${rule}: ${write(used)} of ${write(limit)} used`;
  const reset = resetsAt === undefined ? '' : `resets in ${untilWords(Date.parse(resetsAt) - Date.now())}`;
  return element(
    'li',
    {},
    element(
      'p',
      {},
      element('b', { text: rule.replaceAll('-', ' ').replace(/^usd/, 'USD') }),
      element('span', { text: `${write(used)} of ${write(limit)}` }),
    ),
    meter({ share, label, state }),
    element('small', { text: reset }),
  );
}

function untilWords(ms) {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
