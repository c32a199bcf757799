import type { HistoryRecord } from './history.js';
import { duration } from './markup.js';

/** How long the pictures reach back. */
export function reach({ intervalMs, requests }: HistoryRecord): string {
  return duration((intervalMs * requests.length) / 1_000);
}

/** The ends of a time axis. */
export function timeAxis(history: HistoryRecord): string {
  return `<p class="axis"><span>${reach(history)} ago</span><span>now</span></p>`;
}
