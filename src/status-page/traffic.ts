import type { GatewayStatus } from '../status.js';
import { reach } from './time-axis.js';
import type { HistoryRecord } from './history.js';
import { compact, escapeText, percent, sum } from './markup.js';
import { ribbons, type Flow } from './pictures/ribbons.js';

/** Rows of the picture; endpoints with less traffic share the last one. */
const MOST_ROWS = 12;

interface Row {
  readonly name: string;
  readonly model: string;
  answered: number;
  failed: number;
  cached: number;
}

/** Where requests went: a ribbon to each endpoint, and one to the cache. */
export function traffic(status: GatewayStatus, history: HistoryRecord): string {
  const rows = busiestFirst(rowsOf(status, history).filter((row) => amountOf(row) > 0));
  if (rows.length === 0)
    return `<figure class="card"><figcaption><h2>Share of traffic</h2></figcaption><p class="empty">No traffic in the last ${reach(history)}.</p></figure>`;
  const total = rows.reduce((sumSoFar, row) => sumSoFar + amountOf(row), 0);
  const flows = rows.flatMap(({ answered, failed, cached }, row): Flow[] => [
    { kind: 'responded', row, amount: answered },
    { kind: 'failed', row, amount: failed },
    { kind: 'cached', row, amount: cached },
  ]);
  const share = (row: Row): number => (total === 0 ? 0 : amountOf(row) / total);
  const says = rows.map((row) => `${row.name} ${percent(share(row))}`).join(', ');
  const items = rows.map(
    (row) =>
      `<li><span class="who"><b>${escapeText(row.name)}</b> <i>${escapeText(row.model)}</i></span>${numbers(row, share(row))}</li>`,
  );
  return `<figure class="card traffic"><figcaption><h2>Share of traffic</h2>
<p class="legend"><span class="key answered">answered</span> <span class="key failed">failed over</span> <span class="key cached">from the cache</span> <span>last ${reach(history)}</span></p></figcaption>
<div class="flow"><p class="source">${compact(sum(history.requests))}<small>requests</small></p>${ribbons(flows, rows.length, says)}<ol>${items.join('')}</ol></div></figure>`;
}

function numbers(row: Row, share: number): string {
  const failed = row.failed === 0 ? '' : `<span class="bad">${compact(row.failed)} failed</span>`;
  return `<span class="how">${failed} ${compact(amountOf(row))} · ${percent(share)}</span>`;
}

function amountOf({ answered, failed, cached }: Row): number {
  return answered + failed + cached;
}

function rowsOf({ endpoints, cache }: GatewayStatus, history: HistoryRecord): Row[] {
  const rows = endpoints.map(({ id, slug, model }): Row => {
    const record = history.endpoints.find((endpoint) => endpoint.id === id);
    const answered = sum(record?.succeeded ?? []);
    return { name: slug, model, answered, failed: sum(record?.failed ?? []), cached: 0 };
  });
  if (cache === undefined) return rows;
  return [{ name: 'cache', model: '', answered: 0, failed: 0, cached: sum(history.cacheHits) }, ...rows];
}

function busiestFirst(rows: readonly Row[]): Row[] {
  if (rows.length <= MOST_ROWS) return [...rows];
  const sorted = rows.toSorted((a, b) => amountOf(b) - amountOf(a));
  const others = sorted.slice(MOST_ROWS - 1);
  const rest: Row = { name: `${others.length} others`, model: '', answered: 0, failed: 0, cached: 0 };
  for (const { answered, failed, cached } of others) {
    rest.answered += answered;
    rest.failed += failed;
    rest.cached += cached;
  }
  return [...sorted.slice(0, MOST_ROWS - 1), rest];
}
