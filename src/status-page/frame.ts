import type { GatewayStatus } from '../status.js';
import { endpointCards } from './endpoint-cards.js';
import type { HistoryRecord } from './history.js';
import { compact, duration, escapeText, percent, sum, usd } from './markup.js';
import { recent } from './recent.js';
import { routerCard } from './router-card.js';
import { reach, timeAxis } from './time-axis.js';
import { bars } from './pictures/bars.js';
import { ring } from './pictures/ring.js';
import { traffic } from './traffic.js';

/** Everything on the page that changes, as HTML without a script, a style or a word that was not escaped. */
export function frame(status: GatewayStatus, whole: HistoryRecord): string {
  const history = recent(whole);
  return [
    tiles(status, history),
    traffic(status, history),
    amounts(status, history),
    routerCard(status.routing),
    endpointCards(status, history),
  ].join('\n');
}

function tiles(status: GatewayStatus, history: HistoryRecord): string {
  const perMinute = 60_000 / history.intervalMs;
  const last = (values: readonly number[]): number => values.at(-1) || 0;
  const requests = sum(history.requests);
  const errors = sum(history.errors);
  const entries: [string, string][] = [
    ['state', stateOf(status)],
    ['at work', compact(status.inFlight)],
    ['requests per minute', compact(last(history.requests) * perMinute)],
    ['responded', requests === 0 ? '–' : percent(1 - errors / requests)],
    ['up for', duration(status.uptimeSeconds)],
  ];
  const tile = ([name, value]: [string, string]): string => `<div><dt>${name}</dt><dd>${escapeText(value)}</dd></div>`;
  return `<dl class="tiles">${entries.map(tile).join('')}</dl>`;
}

const STATES = { normal: 'taking requests', elevated: 'elevated load', overloaded: 'overloaded' } as const;

function stateOf({ draining, load }: GatewayStatus): string {
  return draining ? 'draining' : STATES[load];
}

function amounts(status: GatewayStatus, history: HistoryRecord): string {
  const perMinute = 60_000 / history.intervalMs;
  const over = (pick: (endpoint: HistoryRecord['endpoints'][number]) => readonly number[]): number[] =>
    history.requests.map(
      (_, index) => perMinute * history.endpoints.reduce((total, endpoint) => total + (pick(endpoint)[index] || 0), 0),
    );
  const prompt = over(({ promptTokens }) => promptTokens);
  const completion = over(({ completionTokens }) => completionTokens);
  const cost = over(({ costUsd }) => costUsd);
  const tokens = bars({ prompt, completion }, `${compact((sum(prompt) + sum(completion)) / perMinute)} tokens in all.`);
  const costs = bars({ cost }, `${usd(sum(cost) / perMinute)} in all.`);
  const axis = timeAxis(history);
  return `<section class="amounts">
${figure('Tokens per minute', tokens.top === 0 ? '' : compact(tokens.top), tokens.svg + axis, legend({ prompt: 'prompt', completion: 'completion' }))}
${figure('Cost per minute', costs.top === 0 ? '' : usd(costs.top), costs.svg + axis, `<p class="legend">${usd(sum(cost) / perMinute)} in ${reach(history)}</p>`)}
${cacheFigure(status, history)}
</section>`;
}

function figure(title: string, top: string, picture: string, words: string): string {
  return `<figure class="card"><figcaption><h2>${title}</h2>${words}</figcaption><p class="top">${top}</p>${picture}</figure>`;
}

function legend(kinds: Readonly<Record<string, string>>): string {
  const entry = ([kind, name]: [string, string]): string => `<span class="key ${kind}">${name}</span>`;
  return `<p class="legend">${Object.entries(kinds).map(entry).join(' ')}</p>`;
}

function cacheFigure({ cache }: GatewayStatus, history: HistoryRecord): string {
  if (cache === undefined) {
    return '<figure class="card"><figcaption><h2>Cache</h2></figcaption><p class="empty">There is none.</p></figure>';
  }
  const hits = sum(history.cacheHits);
  const asked = hits + sum(history.cacheMisses);
  const share = asked === 0 ? 0 : hits / asked;
  const says = asked === 0 ? 'Nothing was looked up.' : `${percent(share)} of the look-ups were hits.`;
  const facts = [
    `${compact(hits)} of ${compact(asked)} found`,
    ...(cache.entries === undefined ? [] : [`${compact(cache.entries)} answers kept`]),
    ...(cache.coalesced === 0 ? [] : [`${compact(cache.coalesced)} shared a call`]),
    ...(cache.storeFaults === 0 ? [] : [`${compact(cache.storeFaults)} faults of the store`]),
  ];
  return `<figure class="card"><figcaption><h2>Cache</h2></figcaption><div class="cache">
<div class="gauge">${ring(share, says)}<p>${asked === 0 ? '–' : percent(share)}</p></div>
<ul>${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul></div></figure>`;
}
