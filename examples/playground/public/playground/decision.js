// The right side: what the gateway would do, and what it did.
const byId = (id) => document.getElementById(id);

/** An element with text and children; what comes from elsewhere only ever becomes text. */
export function element(name, { className, text } = {}, ...children) {
  const made = document.createElement(name);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

const REASONS = {
  zdr: 'keeps data',
  max_price: 'too dear',
  ignored_providers: 'ignored',
  allowed_providers: 'not allowed',
};

export function showPlan({ candidates, excluded, router }) {
  showRouter(router);
  byId('plan-error').hidden = true;
  byId('candidates').replaceChildren(...candidates.map(candidateItem));
  const none = element('li', { className: 'empty', text: 'nobody' });
  byId('excluded').replaceChildren(...(excluded.length === 0 ? [none] : excluded.map(excludedItem)));
}

/** What the router made of the prompt, where the request left the model to it. */
function showRouter(router) {
  byId('router-part').hidden = router === undefined;
  if (router === undefined) return;
  const { model, cluster, distance, abstained, reason, ranking, scores, costs } = router;
  const near = cluster === undefined ? '' : `, cluster ${cluster} at distance ${distance.toFixed(2)}`;
  byId('router-says').textContent = abstained
    ? `abstained (${reason})${near}: ${model ?? 'the plan stays'}`
    : `${model ?? 'none'}${near}`;
  const items = ranking.map((name) => {
    const cost = costs[name] === undefined ? '' : `, $${costs[name].toFixed(6)}`;
    const words = `score ${(scores[name] ?? 0).toFixed(2)}${cost}`;
    return element('li', {}, element('b', { text: name }), ' ', element('small', { text: words }));
  });
  byId('router-scores').replaceChildren(...items);
}

/** Where nobody is left, the error counts whom each rule took out. */
export function showPlanError({ message, metadata }) {
  showRouter(undefined);
  const counts = Object.entries(metadata?.counts ?? {});
  const items = counts.map(([reason, count]) => element('li', {}, `${count} × `, element('code', { text: reason })));
  byId('candidates').replaceChildren(element('li', { className: 'empty', text: 'nobody' }));
  byId('excluded').replaceChildren(...items);
  byId('plan-error').textContent = message;
  byId('plan-error').hidden = false;
}

function candidateItem({ slug, model }) {
  const item = element('li', {}, element('b', { text: slug }), ' ', element('small', { text: model }));
  item.dataset.slug = slug;
  return item;
}

function excludedItem({ slug, model, reason }) {
  const words = REASONS[reason] ?? REASONS[reason.split(':').at(-1)];
  return element(
    'li',
    {},
    element('b', { text: slug }),
    ' ',
    element('small', { text: model }),
    element('code', { text: reason }),
    element('small', { text: words === undefined ? '' : words }),
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
}

/** What is known of a request, while it runs and after. */
export function showDetails({ attempts, answer, error }) {
  showAttempts(attempts);
  if (answer !== undefined) showFacts(answer, attempts);
  if (error !== undefined) say('bad', `${error.status} ${error.code}`);
  else if (answer !== undefined) showVerdict(answer, attempts);
}

function showVerdict({ provider, cache, complete }, attempts) {
  if (!complete) say('bad', `${provider ?? 'nobody'} broke off`);
  else if (cache === 'HIT') say('cached', 'from the cache');
  else say('good', attempts.length > 1 ? `${provider}, after ${attempts.length - 1} failed` : `${provider}`);
}

function showAttempts(attempts) {
  byId('attempts-part').hidden = attempts.length === 0;
  const total = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0) || 1;
  let before = 0;
  const items = attempts.map(({ slug, outcome, status, durationMs, firstTokenMs }) => {
    const bar = element('span', { className: outcome === 'ok' ? 'time ok' : 'time failed' });
    bar.style.marginInlineStart = `${(before / total) * 100}%`;
    bar.style.width = `max(3px, ${(durationMs / total) * 100}%)`;
    before += durationMs;
    const told = [status === undefined ? '' : `${status} `, outcome === 'ok' ? '' : outcome].join('');
    const times =
      firstTokenMs === undefined ? ms(durationMs) : `${ms(firstTokenMs)} to the first token, ${ms(durationMs)} in all`;
    return element(
      'li',
      { className: outcome === 'ok' ? 'ok' : 'failed' },
      element(
        'p',
        {},
        element('b', { text: slug }),
        ' ',
        element('code', { text: told.trim() || 'ok' }),
        element('small', { text: times }),
      ),
      element('div', { className: 'track' }, bar),
    );
  });
  byId('attempts').replaceChildren(...items);
  markCandidates(attempts);
}

/** Those who were asked stand first, in the order in which they were: a new draw may differ from the one shown. */
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

function showFacts(
  { firstTokenMs, durationMs, promptTokens, completionTokens, costUsd, cache, finishReason },
  attempts,
) {
  const facts = {
    'first token': firstTokenMs === undefined ? '–' : ms(firstTokenMs),
    'whole answer': ms(durationMs),
    attempts: String(attempts.length),
    cache: cache ?? 'off',
    tokens: promptTokens === undefined ? '–' : `${promptTokens} + ${completionTokens}`,
    cost: costUsd === undefined ? '–' : `$${costUsd.toFixed(6)}`,
    'finish reason': finishReason ?? '–',
  };
  const pairs = Object.entries(facts).map(([name, value]) =>
    element('div', {}, element('dt', { text: name }), element('dd', { text: value })),
  );
  byId('facts').replaceChildren(...pairs);
  byId('facts').hidden = false;
}

function ms(value) {
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(2)} s`;
}
