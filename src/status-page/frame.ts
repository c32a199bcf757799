import type { UsageReport } from '../contracts/limits.js';
import type { GatewayStatus } from '../status.js';
import { endpointCards } from './endpoint-cards.js';
import { failureList } from './failure-list.js';
import type { FailureRecord } from './failures.js';
import { figures } from './figures.js';
import type { HistoryRecord } from './history.js';
import { compact, duration, escapeText, percent, sum } from './markup.js';
import { recent } from './recent.js';
import { routerCard } from './router-card.js';
import { traffic } from './traffic.js';
import { callersCard, limitCards } from './usage-cards.js';

/** What the page shows. */
export interface PageData {
  readonly status: GatewayStatus;
  readonly history: HistoryRecord;
  readonly failures: readonly FailureRecord[];
  /** `undefined` where nothing is limited or accounted. */
  readonly usage: UsageReport | undefined;
}

/** Everything on the page that changes, as HTML without a script, a style or a word that was not escaped. */
export function frame({ status, history: whole, failures, usage }: PageData): string {
  const history = recent(whole);
  return [
    tiles(status, history),
    traffic(status, history, failures),
    figures(status, history),
    limitCards(usage),
    `<div class="pair">${callersCard(usage)}${routerCard(status.routing)}</div>`,
    endpointCards(status, history, failures),
    failureList(failures),
  ].join('\n');
}

function tiles(status: GatewayStatus, history: HistoryRecord): string {
  const perMinute = 60_000 / history.intervalMs;
  const requests = sum(history.requests);
  const errors = sum(history.errors);
  const entries: [string, string][] = [
    ['state', stateOf(status)],
    ['in flight', compact(status.inFlight)],
    ['requests per minute', compact((history.requests.at(-1) || 0) * perMinute)],
    ['success rate', requests === 0 ? '–' : percent(1 - errors / requests)],
    ['uptime', duration(status.uptimeSeconds)],
  ];
  const tile = ([name, value]: [string, string]): string => `<div><dt>${name}</dt><dd>${escapeText(value)}</dd></div>`;
  return `<dl class="tiles">${entries.map(tile).join('')}</dl>`;
}

const STATES = { normal: 'taking requests', elevated: 'elevated load', overloaded: 'overloaded' } as const;

function stateOf({ draining, load }: GatewayStatus): string {
  return draining ? 'draining' : STATES[load];
}
