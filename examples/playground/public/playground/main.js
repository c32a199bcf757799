// The left side: what is asked, and the answer as it comes.
import * as api from './api.js';
import { clearDecision, element, say, showDetails, showPlan, showPlanError } from './decision.js';

const byId = (id) => document.getElementById(id);
const [form, answer, prompt, model] = ['ask', 'answer', 'prompt', 'model'].map(byId);
const POLL_MS = 200;
let running;

let kinds = [];

async function open(candidate) {
  api.useKey(candidate);
  try {
    const ids = await api.models();
    // `auto` is no model: it leaves the choice to the router.
    model.replaceChildren(...[...ids, 'auto'].map((id) => new Option(id, id)));
  } catch (error) {
    return askForKey(error.status === 401 ? 'The gateway does not know this key.' : error.message);
  }
  byId('key-form').hidden = true;
  byId('to-status').href = `status#key=${encodeURIComponent(api.currentKey())}`;
  await showUpstreams();
  await preview();
}

function askForKey(why) {
  byId('key-refused').textContent = why;
  byId('key-form').hidden = false;
  byId('key').focus();
}

function body() {
  const cap = byId('cap').value;
  return {
    model: model.value,
    messages: [{ role: 'user', content: prompt.value }],
    ...(byId('stream').checked ? { stream: true } : {}),
    ...(byId('sort').value === '' ? {} : { provider_sort: byId('sort').value }),
    ...(cap === '' ? {} : { provider_max_prompt_price: Number(cap) }),
    ...(byId('zdr').checked ? { provider_zdr: true } : {}),
    ...(byId('fallbacks').checked ? {} : { provider_allow_fallbacks: false }),
  };
}

/** What would happen: asked anew with every change, by a dry run. */
async function preview() {
  showCurl();
  if (running !== undefined) return;
  clearDecision();
  try {
    showPlan(await api.plan(body()));
    say('', 'not asked yet');
  } catch (error) {
    showPlanError(error);
    say('bad', 'nobody could answer this');
  }
}

async function send() {
  running?.abort();
  const asking = new AbortController();
  running = asking;
  await previewOf(asking);
  byId('stop').hidden = false;
  answer.setAttribute('aria-busy', 'true');
  const text = element('p', { className: 'text' });
  answer.replaceChildren(text);
  const id = `playground-${crypto.randomUUID()}`;
  const watching = watch(id, asking);
  try {
    await show(await api.complete(body(), { id, cache: byId('cache').checked, signal: asking.signal }), text);
  } catch (error) {
    if (asking.signal.aborted) text.append(element('em', { text: ' (stopped)' }));
    else answer.append(element('p', { className: 'error', text: error.message }));
  }
  await watching.end();
  answer.setAttribute('aria-busy', 'false');
  if (running !== asking) return;
  running = undefined;
  byId('stop').hidden = true;
}

async function previewOf(asking) {
  clearDecision();
  say('busy', 'asking');
  await api.plan(body()).then(showPlan, showPlanError);
  return asking;
}

async function show(response, text) {
  if (!response.ok) throw new Error((await response.json()).error?.message ?? `HTTP ${response.status}`);
  if (!response.headers.get('content-type').includes('event-stream')) {
    const { choices } = await response.json();
    text.textContent = choices[0].message.content ?? JSON.stringify(choices[0].message.tool_calls);
    return;
  }
  for await (const payload of api.eventsOf(response)) {
    if (payload === '[DONE]') return;
    const chunk = JSON.parse(payload);
    if (chunk.error !== undefined) throw new Error(chunk.error.message);
    text.append(chunk.choices[0]?.delta?.content ?? '');
  }
}

/** Looks what has become of a request until it has ended: attempts are seen as they fail. */
function watch(id, asking) {
  let isOver = false;
  const look = async () => {
    const found = await api.details(id).catch(() => null);
    if (found !== null && running === asking) showDetails(found);
    return found;
  };
  const loop = (async () => {
    while (!isOver) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  })();
  return {
    async end() {
      isOver = true;
      await loop;
      // The last facts are told just after the last byte.
      for (let tries = 0; tries < 5; tries++) {
        const found = await look();
        if (found?.answer !== undefined || found?.error !== undefined) break;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      await showUpstreams();
    },
  };
}

async function showUpstreams() {
  const shown = await api.upstreams();
  const known = new Map([...byId('upstreams').children].map((child) => [child.dataset.slug, child]));
  for (const upstream of shown) {
    const row = known.get(upstream.slug) ?? byId('upstreams').appendChild(upstreamRow(upstream));
    row.querySelector('select').value = upstream.broken ?? '';
    row.classList.toggle('broken', upstream.broken !== null);
    row.querySelector('.asked').textContent = `asked ${upstream.requests}×`;
  }
}

const WORDS = {
  down: 'down (503)',
  'rate-limit': 'rate limited (429)',
  reset: 'resets connections',
  hang: 'says nothing',
  cut: 'breaks off midway',
  slow: 'ten times slower',
};

function upstreamRow({ slug, name, pricing, zdr }) {
  const select = element(
    'select',
    {},
    new Option('works', ''),
    ...kinds.map((kind) => new Option(WORDS[kind] ?? kind, kind)),
  );
  select.setAttribute('aria-label', `State of ${name}`);
  select.addEventListener('change', async () => {
    await api.breakUpstream(slug, select.value === '' ? null : select.value);
    await showUpstreams();
  });
  const price = `$${pricing.prompt} / $${pricing.completion} per M${zdr ? ', keeps nothing' : ''}`;
  const row = element(
    'div',
    { className: 'upstream' },
    element('p', {}, element('b', { text: slug }), element('small', { text: price })),
    select,
    element('small', { className: 'asked' }),
  );
  row.dataset.slug = slug;
  return row;
}

function showCurl() {
  const quoted = JSON.stringify(body()).replaceAll("'", "'\\''");
  byId('curl').textContent = `curl -N ${location.origin}/v1/chat/completions \\
  -H 'authorization: Bearer ${api.currentKey()}' \\
  -H 'content-type: application/json' \\${byId('cache').checked ? '' : "\n  -H 'cache-control: no-store' \\"}
  -d '${quoted}'`;
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void open(byId('key').value.trim());
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});
form.addEventListener('input', () => void preview());
prompt.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
byId('stop').addEventListener('click', () => running?.abort());
const found = await api.findKey();
kinds = found.kinds;
if (found.key === null) askForKey('');
else await open(found.key);
