import type { GatewayStatus } from '../status.js';
import type { HistoryRecord } from './history.js';
import { compact, duration, percent, sum, usd } from './markup.js';
import { bars } from './pictures/bars.js';
import { ring } from './pictures/ring.js';
import { reach, timeAxis } from './time-axis.js';

/** Requests, tokens and cost over time, and what the cache found. */
export function figures(status: GatewayStatus, history: HistoryRecord): string {
  return `<section class="amounts">
${requestsFigure(history)}
${tokensFigure(history)}
${costFigure(history)}
${cacheFigure(status, history)}
</section>`;
}

function requestsFigure(history: HistoryRecord): string {
  const perMinute = 60_000 / history.intervalMs;
  const errors = history.errors.map((count) => perMinute * (count || 0));
  const fine = history.requests.map((count, index) => perMinute * (count || 0) - errors[index]!);
  const summary = `${compact(sum(history.requests))} in ${reach(history)}`;
  const label = `${summary}, ${compact(sum(history.errors))} with an error.`;
  const picture = bars({ fine, error: errors }, label, (index) => {
    const failed = errors[index]! > 0 ? `, ${compact(errors[index]!)} of them with an error` : '';
    return `${compact(fine[index]! + errors[index]!)} requests per minute${failed}, ${agoOf(history, index)}`;
  });
  const names = { fine: 'succeeded', error: 'ended in an error' };
  return figure('Requests per minute', history, { ...picture, write: compact }, summary, legend(names));
}

function tokensFigure(history: HistoryRecord): string {
  const prompt = perMinuteOf(history, ({ promptTokens }) => promptTokens);
  const completion = perMinuteOf(history, ({ completionTokens }) => completionTokens);
  const summary = `${compact(amountOf(history, prompt) + amountOf(history, completion))} in ${reach(history)}`;
  const tip = (index: number): string =>
    `${compact(Math.round(prompt[index]!))} prompt and ${compact(Math.round(completion[index]!))} completion tokens per minute, ${agoOf(history, index)}`;
  const picture = bars({ prompt, completion }, `${summary}.`, tip);
  return figure(
    'Tokens per minute',
    history,
    { ...picture, write: compact },
    summary,
    legend({ prompt: 'prompt', completion: 'completion' }),
  );
}

function costFigure(history: HistoryRecord): string {
  const cost = perMinuteOf(history, ({ costUsd }) => costUsd);
  const summary = `${usd(amountOf(history, cost))} in ${reach(history)}`;
  const picture = bars({ cost }, `${summary}.`, (index) => `${usd(cost[index]!)} per minute, ${agoOf(history, index)}`);
  return figure('Cost per minute', history, { ...picture, write: usd }, summary, '');
}

/** How long ago the interval at `index` ended. */
function agoOf({ intervalMs, requests }: HistoryRecord, index: number): string {
  const seconds = ((requests.length - 1 - index) * intervalMs) / 1_000;
  return seconds === 0 ? 'now' : `${duration(seconds)} ago`;
}

/** An amount of all endpoints together, per minute, for each interval. */
function perMinuteOf(
  { intervalMs, requests, endpoints }: HistoryRecord,
  pick: (endpoint: HistoryRecord['endpoints'][number]) => readonly number[],
): number[] {
  return requests.map(
    (_, index) => (60_000 / intervalMs) * endpoints.reduce((total, one) => total + (pick(one)[index] || 0), 0),
  );
}

/** The whole of what was worked out per minute. */
function amountOf({ intervalMs }: HistoryRecord, perMinute: readonly number[]): number {
  return (sum(perMinute) * intervalMs) / 60_000;
}

interface Picture {
  readonly svg: string;
  readonly top: number;
  readonly write: (amount: number) => string;
}

function figure(
  title: string,
  history: HistoryRecord,
  { svg, top, write }: Picture,
  summary: string,
  keys: string,
): string {
  const scale = top === 0 ? '' : write(top);
  return `<figure class="card"><figcaption><h2>${title}</h2><p class="summary">${summary}</p></figcaption>
<p class="top">${scale}</p>${svg}${timeAxis(history)}${keys}</figure>`;
}

function legend(kinds: Readonly<Record<string, string>>): string {
  const entry = ([kind, name]: [string, string]): string => `<span class="key ${kind}">${name}</span>`;
  return `<p class="legend">${Object.entries(kinds).map(entry).join(' ')}</p>`;
}

function cacheFigure({ cache }: GatewayStatus, history: HistoryRecord): string {
  if (cache === undefined) {
    return '<figure class="card"><figcaption><h2>Cache</h2></figcaption><p class="empty">This gateway has no cache.</p></figure>';
  }
  const hits = sum(history.cacheHits);
  const lookups = hits + sum(history.cacheMisses);
  const share = lookups === 0 ? 0 : hits / lookups;
  const label = lookups === 0 ? 'Nothing was looked up.' : `${percent(share)} of the look-ups were hits.`;
  const facts = [
    `${compact(hits)} of ${compact(lookups)} found`,
    ...(cache.entries === undefined ? [] : [`${compact(cache.entries)} responses stored`]),
    ...(cache.coalesced === 0 ? [] : [`${compact(cache.coalesced)} shared a call`]),
    ...(cache.storeFaults === 0 ? [] : [`${compact(cache.storeFaults)} faults of the store`]),
  ];
  return `<figure class="card"><figcaption><h2>Cache</h2><p class="summary">hits in ${reach(history)}</p></figcaption><div class="cache">
<div class="gauge">${ring(share, label)}<p>${lookups === 0 ? '–' : percent(share)}</p></div>
<ul>${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul></div></figure>`;
}
