import type { EndpointStatusReport, GatewayStatus } from '../status.js';
import { READINESS, readinessOf, type EndpointRecord } from './endpoint-history.js';
import { failureLink } from './failure-list.js';
import type { FailureRecord } from './failures.js';
import { timeAxis } from './time-axis.js';
import type { HistoryRecord } from './history.js';
import { compact, duration, escapeText, percent, sum, usd } from './markup.js';
import { latencyBand } from './pictures/latency-band.js';
import { readinessStrip } from './pictures/readiness-strip.js';

/** More cards would make the page unreadable, and rendering slow. */
const MAX_CARDS = 60;

const MAX_IDLE = 100;

/** Older failures explain nothing that is shown. */
const LATELY_MS = 3_600_000;

const STATE_WORDS = {
  ready: 'ready',
  resting: 'cooling down',
  failing: 'failing',
  probing: 'half open',
  open: 'breaker open',
} as const satisfies Record<(typeof READINESS)[number], string>;

const STATE_KEYS = READINESS.map((state) => `<span class="key ${state}">${STATE_WORDS[state]}</span>`).join(' ');

const LEGEND = `<p class="legend">Time to the first token, or to the end of a whole response:
<span class="key p50">p50, half are faster</span> <span class="key p90">p90, nine of ten are faster</span></p>
<p class="legend">Availability: ${STATE_KEYS}</p>`;

/** A card for each endpoint: how fast it responds, how available it was, what it did. */
export function endpointCards(
  status: GatewayStatus,
  history: HistoryRecord,
  failures: readonly FailureRecord[],
): string {
  const records = new Map(history.endpoints.map((record) => [record.id, record]));
  const isBusy = (endpoint: EndpointStatusReport): boolean => hasNews(endpoint, records.get(endpoint.id));
  const busy = status.endpoints.filter(isBusy).slice(0, MAX_CARDS);
  const cards = busy.map((endpoint) =>
    card(endpoint, records.get(endpoint.id), history, failureLink(failures, endpoint.id)),
  );
  const idle = status.endpoints.filter((endpoint) => !busy.includes(endpoint));
  const shown = busy.length === 0 ? '' : `${LEGEND}<div class="endpoints">${cards.join('\n')}</div>`;
  return `<section><h2>Endpoints</h2>${shown}${idleOnes(idle)}</section>`;
}

/** Whether there is anything to show but an empty picture. */
function hasNews(endpoint: EndpointStatusReport, record: EndpointRecord | undefined): boolean {
  const calls = sum(record?.succeeded ?? []) + sum(record?.failed ?? []);
  return calls > 0 || (endpoint.readiness?.inFlight ?? 0) > 0 || readinessOf(endpoint) !== 'ready';
}

function idleOnes(idle: readonly EndpointStatusReport[]): string {
  if (idle.length === 0) return '';
  const names = idle
    .slice(0, MAX_IDLE)
    .map(({ slug, model }) => `<li><b>${escapeText(slug)}</b> ${escapeText(model)}</li>`);
  const more = idle.length > MAX_IDLE ? `<li>and ${idle.length - MAX_IDLE} more, in status.json</li>` : '';
  return `<p class="legend">Ready, and not called lately:</p><ul class="idle">${names.join('')}${more}</ul>`;
}

function card(
  endpoint: EndpointStatusReport,
  record: EndpointRecord | undefined,
  history: HistoryRecord,
  toReason: string | undefined,
): string {
  const state = readinessOf(endpoint);
  const heading = `<h3>${escapeText(endpoint.slug)} <small>${escapeText(endpoint.model)}</small></h3>`;
  const badge = `<p class="badge ${state}">${STATE_WORDS[state]}</p>`;
  const pictures = record === undefined ? '<p class="empty">New.</p>' : picturesOf(record, history);
  return `<article class="card"><header>${heading}${badge}</header>${latencyFacts(endpoint)}${pictures}${facts(endpoint, record)}${lastFailure(endpoint, toReason)}</article>`;
}

function latencyFacts({ latency }: EndpointStatusReport): string {
  const entry = (name: 'p50' | 'p90', seconds: number | undefined): string =>
    `<span class="key ${name}">${name} <strong>${seconds === undefined ? '–' : duration(seconds)}</strong></span>`;
  return `<p class="latency">${entry('p50', latency?.p50)} ${entry('p90', latency?.p90)}</p>`;
}

/** Why the last call failed, with the upstream's message if there is one. */
function lastFailure({ readiness }: EndpointStatusReport, toReason: string | undefined): string {
  const failure = readiness?.lastFailure;
  if (failure === undefined || failure.agoMs > LATELY_MS) return '';
  const { outcome, upstreamError: reported, agoMs } = failure;
  const words = [outcome, reported?.status, reported?.code ?? reported?.type, reported?.message].filter((word) => word);
  const ago = `last failure, ${duration(Math.round(agoMs / 1_000))} ago`;
  const link = toReason === undefined ? ago : `<a href="${escapeText(toReason)}">${ago}</a>`;
  return `<p class="failure">${link}: ${escapeText(words.join(' · '))}</p>`;
}

function picturesOf(record: EndpointRecord, history: HistoryRecord): string {
  const { top, svg } = latencyBand(record.p50, record.p90);
  return `<p class="top">${top === 0 ? '' : duration(top)}</p>${svg}${readinessStrip(record.readiness)}${timeAxis(history)}`;
}

function facts({ throughput, readiness }: EndpointStatusReport, record: EndpointRecord | undefined): string {
  const failed = sum(record?.failed ?? []);
  const attempts = sum(record?.succeeded ?? []) + failed;
  const entries: [string, string][] = [
    ['attempts', compact(attempts)],
    ['failed', failed === 0 ? '0' : `${compact(failed)} (${percent(failed / attempts)})`],
    ['in flight', compact(readiness?.inFlight ?? 0)],
    ['tokens/s', throughput === undefined ? '–' : compact(Math.round(throughput.p50))],
    ['cost', usd(sum(record?.costUsd ?? []))],
  ];
  return `<dl>${entries.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeText(value)}</dd></div>`).join('')}</dl>`;
}
