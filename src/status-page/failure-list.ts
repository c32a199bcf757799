import type { FailureRecord } from './failures.js';
import { duration, escapeText } from './markup.js';

/** Rows of the list; status.json has all that are remembered. */
const MAX_ROWS = 12;

/** Where a failure of `endpoint` leads to: the newest one that is listed, or the list; `undefined` where it is empty. */
export function failureLink(failures: readonly FailureRecord[], endpoint: string): string | undefined {
  if (failures.length === 0) return undefined;
  const isListed = failures.slice(0, MAX_ROWS).some((failure) => failure.endpoint === endpoint);
  return isListed ? `#${failureId(endpoint)}` : '#failures';
}

function failureId(endpoint: string): string {
  return `failure-${encodeURIComponent(endpoint).replaceAll('%', '.')}`;
}

/** Why attempts failed, newest first. Empty where none has. */
export function failureList(failures: readonly FailureRecord[]): string {
  if (failures.length === 0) return '';
  const linked = new Set<string>();
  const rows = failures.slice(0, MAX_ROWS).map((failure) => {
    const isNewest = !linked.has(failure.endpoint);
    linked.add(failure.endpoint);
    return row(failure, isNewest);
  });
  const more = failures.length > MAX_ROWS ? `, ${failures.length} in status.json` : '';
  return `<section id="failures" aria-labelledby="failures-title"><header><h2 id="failures-title">Why attempts failed</h2>
<p class="legend">the latest ${rows.length}${more}</p></header>
<ol class="card failures">${rows.join('')}</ol></section>`;
}

function row(failure: FailureRecord, isNewest: boolean): string {
  const { agoMs, requestId, endpoint, slug, model, attempt, outcome } = failure;
  const id = isNewest ? ` id="${escapeText(failureId(endpoint))}" tabindex="-1"` : '';
  return `<li${id}><p class="when">${duration(Math.round(agoMs / 1_000))} ago</p>
<p class="who"><b>${escapeText(slug)}</b> <span>${escapeText(model)}</span></p>
<p class="why"><span class="outcome">${escapeText(words(outcome))}</span> ${escapeText(reasonOf(failure))}</p>
<p class="from">attempt ${attempt} of <code>${escapeText(requestId)}</code></p></li>`;
}

/** The upstream's message if there is one, else what was sent and received. */
function reasonOf({ status, upstreamError, sent, received }: Omit<FailureRecord, 'agoMs'>): string {
  const reported = [upstreamError?.code ?? upstreamError?.type, upstreamError?.message].filter((word) => word);
  const httpStatus = upstreamError?.status ?? status;
  if (reported.length > 0)
    return [...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]), ...reported].join(' · ');
  return [sent, received].filter((word) => word).join(' → ') || (httpStatus === undefined ? '' : `HTTP ${httpStatus}`);
}

/** `rate_limited` → `rate limited`. */
function words(outcome: string): string {
  return outcome.replaceAll('_', ' ');
}
