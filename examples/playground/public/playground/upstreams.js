// The providers, and the switches that break them.
import * as api from './api.js';
import { byId, element } from './dom.js';

const STATES = {
  down: 'down (503)',
  'rate-limit': 'rate limited',
  reset: 'resets',
  hang: 'hangs',
  cut: 'breaks off',
  slow: '10× slower',
};

const known = new Map();

/** What is known of a provider by its slug, with or without a tag. */
export function upstreamOf(slug) {
  return known.get(slug?.split('/')[0]);
}

/** @param kinds - the ways to break a provider */
export async function showUpstreams(kinds) {
  const list = byId('upstreams');
  const rows = new Map([...list.children].map((child) => [child.dataset.slug, child]));
  for (const upstream of await api.upstreams()) {
    known.set(upstream.slug, upstream);
    const row = rows.get(upstream.slug) ?? list.appendChild(upstreamRow(upstream, kinds));
    row.querySelector('select').value = upstream.broken ?? '';
    row.classList.toggle('broken', upstream.broken !== null);
    row.querySelector('.calls').textContent = upstream.requests === 1 ? '1 call' : `${upstream.requests} calls`;
  }
}

function upstreamRow({ slug, name, format, pricing, zdr }, kinds) {
  const options = kinds.map((kind) => new Option(STATES[kind] ?? kind, kind));
  const select = element('select', {}, new Option('works', ''), ...options);
  select.setAttribute('aria-label', `State of ${name}`);
  select.addEventListener('change', async () => {
    byId('upstreams-error').textContent = '';
    try {
      await api.breakUpstream(slug, select.value === '' ? null : select.value);
      await showUpstreams(kinds);
    } catch (error) {
      select.value = known.get(slug).broken ?? '';
      byId('upstreams-error').textContent = error.message;
    }
  });
  const price = `$${pricing.prompt} / $${pricing.completion} per M`;
  const retention = zdr ? [', ', abbreviation('ZDR', 'zero data retention')] : [];
  const row = element(
    'div',
    { className: 'upstream' },
    element('p', {}, element('b', { text: slug }), element('span', { className: 'chip', text: format })),
    element('small', { className: 'price' }, price, ...retention),
    select,
    element('small', { className: 'calls' }),
  );
  row.dataset.slug = slug;
  return row;
}

function abbreviation(text, meaning) {
  const made = element('abbr', { text });
  made.title = meaning;
  return made;
}
