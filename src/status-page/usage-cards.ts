import type { RuleUsage, UsageReport } from '../contracts/limits.js';
import { compact, duration, escapeText, largest, usd } from './markup.js';
import { meter } from './pictures/meter.js';

const UNITS = {
  requests: 'requests',
  tokens: 'tokens',
  concurrent: 'requests in flight',
  usd: 'USD',
} as const satisfies Record<RuleUsage['unit'], string>;

/** How far each rule is used up and by whom. Empty where there are no rules. */
export function limitCards(usage: UsageReport | undefined): string {
  if (usage === undefined || usage.rules.length === 0) return '';
  return `<section><h2>Limits</h2><div class="rules">${usage.rules.map(ruleCard).join('\n')}</div></section>`;
}

function ruleCard({ rule, unit, windowMs, keys }: RuleUsage): string {
  const window =
    windowMs === undefined
      ? ''
      : ` per ${windowWords(
          windowMs,
          keys.some(({ resetsAt }) => resetsAt !== undefined),
        )}`;
  const rows = keys.map(({ key, used, limit, resetsAt }) => {
    const share = used / limit;
    const label = `${key} has used ${amount(used, unit)} of ${amount(limit, unit)}.`;
    const reset = resetsAt === undefined ? '' : `<small>resets ${escapeText(clockTime(resetsAt))}</small>`;
    return `<li><p><b>${escapeText(key)}</b><span class="how"><strong>${amount(used, unit)}</strong> of ${amount(limit, unit)}</span></p>${meter(share, label, 'limit')}${reset}</li>`;
  });
  return `<article class="card rule"><header><h3>${escapeText(rule)}</h3><p class="legend">${UNITS[unit]}${window}</p></header><ol>${rows.join('')}</ol></article>`;
}

/** What callers have used, as bars beside each other. Empty where nothing is counted. */
export function callersCard(usage: UsageReport | undefined): string {
  if (usage === undefined || usage.callers.length === 0) return '';
  const { callers } = usage;
  const columns = [
    column(
      callers,
      ({ requests }) => requests,
      (value) => `${compact(value)} ${value === 1 ? 'request' : 'requests'}`,
    ),
    column(
      callers,
      ({ tokens }) => tokens,
      (value) => `${compact(value)} tokens`,
    ),
    column(callers, ({ costUsd }) => costUsd, usd),
  ];
  const rows = callers.map(
    (caller) =>
      `<tr><th scope="row">${escapeText(caller.caller)}</th>${columns.map((cell) => cell(caller)).join('')}</tr>`,
  );
  return `<div class="card callers"><table><caption><h2>Callers</h2> <span class="legend">since the start, highest cost first</span></caption>
<tbody>${rows.join('')}</tbody></table></div>`;
}

type CallerRow = UsageReport['callers'][number];

/** Cells with an amount and its share of the largest one. */
function column(
  callers: readonly CallerRow[],
  pick: (caller: CallerRow) => number,
  write: (value: number) => string,
): (caller: CallerRow) => string {
  const most = largest(callers.map(pick));
  return (caller) => {
    const value = pick(caller);
    const words = write(value);
    return `<td><span>${escapeText(words)}</span>${meter(most === 0 ? 0 : value / most, `${caller.caller}: ${words}`)}</td>`;
  };
}

function amount(value: number, unit: RuleUsage['unit']): string {
  return unit === 'usd' ? usd(value) : compact(Math.round(value));
}

const DAY_MS = 86_400_000;
/** Calendar windows are as long as their month or the change of summer time has it. */
const CALENDAR: readonly (readonly [below: number, name: string])[] = [
  [120_000, 'minute'],
  [DAY_MS / 12, 'hour'],
  [2 * DAY_MS, 'day'],
  [8 * DAY_MS, 'week'],
  [Infinity, 'month'],
];

/** Rolling windows whose length has a name. */
const NAMED: ReadonlyMap<number, string> = new Map([
  [60_000, 'minute'],
  [DAY_MS / 24, 'hour'],
]);

function windowWords(ms: number, isCalendar: boolean): string {
  return isCalendar ? CALENDAR.find(([below]) => ms < below)![1] : (NAMED.get(ms) ?? duration(ms / 1_000));
}

/** `2026-11-28T00:00:00.000Z` → `28 Nov, 00:00 UTC`. */
function clockTime(iso: string): string {
  return `${new Date(iso).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })} UTC`;
}
