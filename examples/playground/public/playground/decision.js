// What the gateway would do with a request, and what it did.
import { showSent } from './response.js';
import { byId, element, ms, usd } from './dom.js';
import { showRouter } from './router-card.js';
import { upstreamOf } from './upstreams.js';

const REASONS = {
  zdr: 'retains data',
  max_price: 'too expensive',
  ignored_providers: 'ignored',
  allowed_providers: 'not allowed',
  selectCandidates: 'not chosen by the router',
  budget: 'more than the budget has left',
};

export function showPlan({ candidates, excluded, router }) {
  showRouter(router);
  byId('plan-error').hidden = true;
  byId('candidates').replaceChildren(...candidates.map(candidateItem));
  const none = element('li', { className: 'empty', text: 'none' });
  byId('excluded').replaceChildren(...(excluded.length === 0 ? [none] : excluded.map(excludedItem)));
}

/** If no endpoint remains, the error counts how many each rule excluded. */
export function showPlanError({ message, metadata }) {
  showRouter(undefined);
  const counts = Object.entries(metadata?.counts ?? {});
  const items = counts.map(([reason, number]) => element('li', {}, `${number} × `, element('code', { text: reason })));
  byId('candidates').replaceChildren(element('li', { className: 'empty', text: 'none' }));
  byId('excluded').replaceChildren(...items);
  byId('plan-error').textContent = message;
  byId('plan-error').hidden = false;
}

function candidateItem({ slug, model }) {
  const item = element(
    'li',
    {},
    element('b', { text: slug }),
    ' ',
    element('small', { text: model }),
    formatChip(slug),
  );
  item.dataset.slug = slug;
  return item;
}

/** The wire format that an endpoint speaks. */
function formatChip(slug) {
  const format = upstreamOf(slug)?.format;
  return format === undefined ? '' : element('span', { className: 'chip', text: format });
}

function excludedItem({ slug, model, reason }) {
  const words = REASONS[reason] ?? REASONS[reason.split(':').at(-1)] ?? '';
  return element(
    'li',
    {},
    element('b', { text: slug }),
    ' ',
    element('small', { text: model }),
    element('code', { text: reason }),
    element('small', { text: words }),
  );
}

export function say(kind, words) {
  byId('verdict').className = kind;
  byId('verdict').textContent = words;
}

export function clearDecision() {
  byId('facts').hidden = true;
  byId('attempts-part').hidden = true;
  byId('attempts').replaceChildren();
  byId('served-by').replaceChildren();
  showSent(undefined);
}

/** What is known of a request, while it runs and after. */
export function showDetails({ attempts, response, error, sent }) {
  showAttempts(attempts);
  showSent(sent);
  if (response !== undefined) showFacts(response, attempts);
  if (error !== undefined) say('bad', `${error.status} ${error.code}`);
  else if (response !== undefined) showVerdict(response, attempts);
}

function showVerdict({ provider, slug, model, cache, complete }, attempts) {
  if (cache === 'HIT') say('cached', 'from the cache');
  else if (!complete) say('bad', `the response of ${provider ?? 'the provider'} is incomplete`);
  else say('good', attempts.length > 1 ? `${provider}, after ${attempts.length - 1} failed` : `${provider}`);
  if (slug === undefined) return;
  const by = cache === 'HIT' ? 'first given by ' : '';
  byId('served-by').replaceChildren(by, element('b', { text: slug }), ` ${model ?? ''} `, formatChip(slug));
}

function showAttempts(attempts) {
  byId('attempts-part').hidden = attempts.length === 0;
  const total = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0) || 1;
  let before = 0;
  const items = attempts.map((attempt) => {
    const item = attemptItem(attempt, before / total, total);
    before += attempt.durationMs;
    return item;
  });
  byId('attempts').replaceChildren(...items);
  markCandidates(attempts);
}

/** @param begin - the share of all attempts' time that had passed before */
function attemptItem(attempt, begin, total) {
  const { slug, outcome, status, durationMs, firstTokenMs } = attempt;
  const kind = outcome === 'ok' ? 'ok' : 'failed';
  const bar = element('span', { className: `time ${kind}` });
  bar.style.marginInlineStart = `${begin * 100}%`;
  bar.style.width = `max(3px, ${(durationMs / total) * 100}%)`;
  const result = [status === undefined ? '' : `${status} `, outcome === 'ok' ? '' : outcome].join('');
  const times =
    firstTokenMs === undefined ? ms(durationMs) : `${ms(firstTokenMs)} to the first token, ${ms(durationMs)} in total`;
  const reason = reasonOf(attempt);
  return element(
    'li',
    { className: kind },
    element(
      'p',
      {},
      element('b', { text: slug }),
      ' ',
      element('code', { text: result.trim() || 'ok' }),
      formatChip(slug),
      element('small', { text: times }),
    ),
    element('div', { className: 'track' }, bar),
    ...(reason === '' ? [] : [element('p', { className: 'reason', text: reason })]),
  );
}

/** Why an attempt failed: the upstream's own error message, if it sent one. */
function reasonOf({ outcome, upstreamError, received }) {
  return outcome === 'ok' ? '' : upstreamError?.message || received || '';
}

/** Endpoints that were called come first, in the order of the calls: a new draw may differ from the one shown. */
function markCandidates(attempts) {
  const list = byId('candidates');
  const tried = [...new Map(attempts.map(({ slug, outcome }) => [slug, outcome]))];
  for (const [slug, outcome] of tried.toReversed()) {
    const item = [...list.children].find((child) => child.dataset.slug === slug);
    if (item === undefined) continue;
    item.className = outcome === 'ok' ? 'chosen' : 'tried';
    list.prepend(item);
  }
}

function showFacts(response, attempts) {
  const { firstTokenMs, durationMs, promptTokens, completionTokens, costUsd, cache, finishReason } = response;
  const facts = {
    'first token': firstTokenMs === undefined ? '–' : ms(firstTokenMs),
    'whole response': ms(durationMs),
    attempts: String(attempts.length),
    cache: cache ?? 'off',
    tokens: promptTokens === undefined ? '–' : `${promptTokens} + ${completionTokens}`,
    cost: costUsd === undefined ? '–' : usd(costUsd),
    'finish reason': finishReason ?? '–',
  };
  const pairs = Object.entries(facts).map(([name, value]) =>
    element('div', {}, element('dt', { text: name }), element('dd', { text: value })),
  );
  byId('facts').replaceChildren(...pairs);
  byId('facts').hidden = false;
}
