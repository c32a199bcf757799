import type { EndpointStatusReport, GatewayStatus } from '../status.js';
import { READINESS, readinessOf, type EndpointRecord } from './endpoint-history.js';
import { timeAxis } from './time-axis.js';
import type { HistoryRecord } from './history.js';
import { compact, duration, escapeText, sum, usd } from './markup.js';
import { latencyBand } from './pictures/latency-band.js';
import { readinessStrip } from './pictures/readiness-strip.js';

/** More would make a page that nobody reads, and a frame that takes long to make. */
const MOST_CARDS = 60;

const MOST_IDLE = 100;

/** Older failures explain nothing that is shown. */
const LATELY_MS = 3_600_000;

const STATE_WORDS = {
  ready: 'ready',
  resting: 'resting',
  failing: 'failing',
  probing: 'probing',
  open: 'breaker open',
} as const satisfies Record<(typeof READINESS)[number], string>;

const STATE_KEYS = READINESS.map((state) => `<span class="key ${state}">${STATE_WORDS[state]}</span>`).join(' ');

/** A card for each endpoint: how fast it answers, how ready it was, what it did. */
export function endpointCards(status: GatewayStatus, history: HistoryRecord): string {
  const records = new Map(history.endpoints.map((record) => [record.id, record]));
  const isBusy = (endpoint: EndpointStatusReport): boolean => hasNews(endpoint, records.get(endpoint.id));
  const formatValue = status.endpoints.filter(isBusy).slice(0, MOST_CARDS);
  const cards = formatValue.map((endpoint) => card(endpoint, records.get(endpoint.id), history));
  const idle = status.endpoints.filter((endpoint) => !formatValue.includes(endpoint));
  return `<section><h2>Endpoints</h2><p class="legend"><span class="key p50">half of the first tokens within</span> <span class="key p90">nine of ten within</span> ${STATE_KEYS}</p>
<div class="endpoints">${cards.join('\n')}</div>${idleOnes(idle)}</section>`;
}

/** Whether there is anything to show but an empty picture. */
function hasNews(endpoint: EndpointStatusReport, record: EndpointRecord | undefined): boolean {
  const calls = sum(record?.succeeded ?? []) + sum(record?.failed ?? []);
  return calls > 0 || (endpoint.readiness?.inFlight ?? 0) > 0 || readinessOf(endpoint) !== 'ready';
}

function idleOnes(idle: readonly EndpointStatusReport[]): string {
  if (idle.length === 0) return '';
  const names = idle
    .slice(0, MOST_IDLE)
    .map(({ slug, model }) => `<li><b>${escapeText(slug)}</b> ${escapeText(model)}</li>`);
  const more = idle.length > MOST_IDLE ? `<li>and ${idle.length - MOST_IDLE} more, in status.json</li>` : '';
  return `<p class="legend">Not called lately:</p><ul class="idle">${names.join('')}${more}</ul>`;
}

function card(endpoint: EndpointStatusReport, record: EndpointRecord | undefined, history: HistoryRecord): string {
  const state = readinessOf(endpoint);
  const heading = `<h3>${escapeText(endpoint.slug)} <small>${escapeText(endpoint.model)}</small></h3>`;
  const badge = `<p class="badge ${state}">${STATE_WORDS[state]}</p>`;
  const pictures = record === undefined ? '<p class="empty">New.</p>' : picturesOf(record, history);
  return `<article class="card"><header>${heading}${badge}</header>${pictures}${facts(endpoint, record)}${lastFailure(endpoint)}</article>`;
}

/** Why the last call failed, in the upstream's own words where it said any. */
function lastFailure({ readiness }: EndpointStatusReport): string {
  const failure = readiness?.lastFailure;
  if (failure === undefined || failure.agoMs > LATELY_MS) return '';
  const { outcome, upstreamError: said, agoMs } = failure;
  const words = [outcome, said?.status, said?.code ?? said?.type, said?.message].filter((word) => word);
  return `<p class="legend">last failure, ${duration(agoMs / 1_000)} ago: ${escapeText(words.join(' · '))}</p>`;
}

function picturesOf(record: EndpointRecord, history: HistoryRecord): string {
  const { top, svg } = latencyBand(record.p50, record.p90);
  return `<p class="top">${top === 0 ? '' : duration(top)}</p>${svg}${readinessStrip(record.readiness)}${timeAxis(history)}`;
}

function facts({ latency, throughput, readiness }: EndpointStatusReport, record: EndpointRecord | undefined): string {
  const entries: [string, string][] = [
    ['p50', latency === undefined ? '–' : duration(latency.p50)],
    ['p90', latency?.p90 === undefined ? '–' : duration(latency.p90)],
    ['tokens/s', throughput === undefined ? '–' : compact(Math.round(throughput.p50))],
    ['calls', compact(sum(record?.succeeded ?? []) + sum(record?.failed ?? []))],
    ['failed', compact(sum(record?.failed ?? []))],
    ['at work', compact(readiness?.inFlight ?? 0)],
    ['cost', usd(sum(record?.costUsd ?? []))],
  ];
  return `<dl>${entries.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeText(value)}</dd></div>`).join('')}</dl>`;
}
