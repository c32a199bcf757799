import type { GatewayStatus } from '../status.js';
import { reach } from './time-axis.js';
import type { HistoryRecord } from './history.js';
import { compact, escapeText, percent, sum } from './markup.js';
import { failureLink } from './failure-list.js';
import type { FailureRecord } from './failures.js';
import { ribbons, type Flow } from './pictures/ribbons.js';

/** Rows of the picture; endpoints with less traffic share the last one. */
const MOST_ROWS = 12;

interface Row {
  readonly name: string;
  readonly model: string;
  succeeded: number;
  failed: number;
  cached: number;
}

/** Which endpoints and the cache responded to requests, and how many attempts failed before: a ribbon each. */
export function traffic(status: GatewayStatus, history: HistoryRecord, failures: readonly FailureRecord[]): string {
  const rows = busiestFirst(rowsOf(status, history).filter((row) => amountOf(row) > 0));
  const title = '<h2>Where requests went</h2>';
  if (rows.length === 0)
    return `<figure class="card"><figcaption>${title}</figcaption><p class="empty">No traffic in the last ${reach(history)}.</p></figure>`;
  const responses = rows.reduce((total, { succeeded, cached }) => total + succeeded + cached, 0);
  const flows = rows.flatMap(({ succeeded, failed, cached }, row): Flow[] => [
    { kind: 'responded', row, amount: succeeded },
    { kind: 'failed', row, amount: failed },
    { kind: 'cached', row, amount: cached },
  ]);
  const share = ({ succeeded, cached }: Row): number => (responses === 0 ? 0 : (succeeded + cached) / responses);
  const label = rows.map((row) => `${row.name} ${percent(share(row))} of the responses`).join(', ');
  const items = rows.map(
    (row) =>
      `<li><span class="who"><b>${escapeText(row.name)}</b> <i>${escapeText(row.model)}</i></span>${numbers(row, share(row), failures)}</li>`,
  );
  return `<figure class="card traffic"><figcaption>${title}<p class="summary">last ${reach(history)}</p></figcaption>
<div class="flow"><p class="source">${compact(sum(history.requests))}<small>requests</small></p>${ribbons(flows, rows.length, label)}<ol>${items.join('')}</ol></div>
<p class="legend"><span class="key responded">responses</span> <span class="key failed">failed attempts, followed by another endpoint</span> <span class="key cached">from the cache</span></p></figure>`;
}

function numbers(row: Row, share: number, failures: readonly FailureRecord[]): string {
  const count = row.succeeded + row.cached;
  return `<span class="how">${failedAttempts(row, failures)}<span>${compact(count)} ${count === 1 ? 'response' : 'responses'}</span><strong>${percent(share)}</strong></span>`;
}

/** How many attempts failed, with a link to the reason. */
function failedAttempts({ name, model, failed }: Row, failures: readonly FailureRecord[]): string {
  if (failed === 0) return '';
  const words = `${compact(failed)} failed ${failed === 1 ? 'attempt' : 'attempts'}`;
  const href = failureLink(failures, `${name} ${model}`);
  return href === undefined
    ? `<span class="bad">${words}</span>`
    : `<a class="bad" href="${escapeText(href)}">${words}</a>`;
}

function amountOf({ succeeded, failed, cached }: Row): number {
  return succeeded + failed + cached;
}

function rowsOf({ endpoints, cache }: GatewayStatus, history: HistoryRecord): Row[] {
  const rows = endpoints.map(({ id, slug, model }): Row => {
    const record = history.endpoints.find((endpoint) => endpoint.id === id);
    const succeeded = sum(record?.succeeded ?? []);
    return { name: slug, model, succeeded, failed: sum(record?.failed ?? []), cached: 0 };
  });
  if (cache === undefined) return rows;
  return [{ name: 'cache', model: '', succeeded: 0, failed: 0, cached: sum(history.cacheHits) }, ...rows];
}

function busiestFirst(rows: readonly Row[]): Row[] {
  if (rows.length <= MOST_ROWS) return [...rows];
  const sorted = rows.toSorted((a, b) => amountOf(b) - amountOf(a));
  const others = sorted.slice(MOST_ROWS - 1);
  const rest: Row = { name: `${others.length} others`, model: '', succeeded: 0, failed: 0, cached: 0 };
  for (const { succeeded, failed, cached } of others) {
    rest.succeeded += succeeded;
    rest.failed += failed;
    rest.cached += cached;
  }
  return [...sorted.slice(0, MOST_ROWS - 1), rest];
}
